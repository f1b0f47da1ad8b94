"""Claims on predictors of transfer, on the review's definition of saturation, and without a test."""

from typing import Any

import pandas as pd
from scipy import stats

from clm.statistics.claims import claim
from clm.statistics.prediction import CEILING, FAILS, PREDICTS
from clm.statistics.predictors import LOSS
from clm.statistics.ranking import MIN_TRUNKS_P
from clm.statistics.verdicts import NOT_SENSITIVE, NOT_TESTABLE, UNDECIDED, UNSEEN
from clm.tables.columns import POOLED, PRIMARY

SHOWN = "shown, not judged"


def numbers(row: pd.Series, *names: str) -> dict[str, float | None]:
    """Return the named numbers of a row, None where empty."""
    return {name: None if pd.isna(row[name]) else float(row[name]) for name in names}


def prediction_claims(correlations: pd.DataFrame, margin: float) -> list[dict[str, Any]]:
    """Judge "... does not predict transfer" for the loss, the Hessian and the landscape, in each mode and split."""
    rows = correlations[(correlations["task"] == POOLED) & (correlations["features"] == PRIMARY)]
    subjects = (
        ("loss_predicts_not", "pretraining loss", (LOSS,)),
        ("hessian_predicts_not", "the trace or the largest eigenvalue of the Hessian", ("trace", "eigenvalue_1")),
        ("landscape_predicts_not", "the sharpness of the loss landscape", ("sharpness_", "landscape_width")),
    )
    claims = []
    for key in list(dict.fromkeys(correlations[["mode", "split"]].itertuples(index=False, name=None))) or [None]:
        here = rows[(rows["mode"] == key[0]) & (rows["split"] == key[1])] if key else rows
        for name, what, starts in subjects:
            chosen = here["predictor"].map(lambda predictor, starts=starts: is_one_of(predictor, starts)).astype(bool)
            claims.append(prediction_claim(name, what, key, here[chosen], margin))
    return claims


def is_one_of(predictor: str, starts: tuple[str, ...]) -> bool:
    """Return whether a predictor is one of the names, or begins with one that ends in an underscore."""
    return any(predictor == name or (name.endswith("_") and predictor.startswith(name)) for name in starts)


def prediction_claim(
    name: str, what: str, key: tuple[str, str] | None, rows: pd.DataFrame, margin: float
) -> dict[str, Any]:
    """Judge one claim from the pooled rows of its predictors, and show the largest correlation that decides.

    The verdict follows from the rows of correlations.csv. contradicted: one of them predicts. supported: all correlate
    by less than the margin.
    """
    where, suffix = (f" ({key[0]}, {key[1]} split)", f".{'.'.join(key)}") if key else ("", "")
    base = {
        "name": name + suffix,
        "text": f"{what} correlates with transfer by less than {margin:g}{where}",
        "source": "abstract",
    }
    part = "" if name.startswith("loss") else "partial_"
    given = " given the loss" if part else ""
    base |= {"test": f"Spearman correlation with the score{given}, Fisher-z mean over tasks, permutation of trunks"}
    base |= {"tables": ["correlations.csv"], "threshold": f"|ρ| of {margin:g}"}
    rho = "partial_loss" if part else "spearman"
    least = f"{MIN_TRUNKS_P + bool(part)} trunks"
    rows = rows[rows[rho].notna() & rows[f"{part}lower"].notna()]
    if rows.empty:
        return claim(**base, reason=f"needs: {what} of {least}, and 2 tasks with signal that share them")
    strongest = strongest_of(rows, rho)
    shown = numbers(strongest, rho, f"{part}lower", f"{part}upper", f"{part}p")
    evidence = dict(zip(("effect", "lower", "upper", "p"), shown.values(), strict=True))
    evidence["n"] = int(strongest["n_trunks"])
    verdict, reason = judged(rows)
    reason = f"{reason}; strongest: {strongest['predictor']}"
    if verdict == "contradicted" and pd.notna(strongest.get("both_verdict")):
        reason += f"; given loss and compute together: {strongest['both_verdict']}"
    return claim(**base, **evidence, verdict=verdict, reason=reason)


def strongest_of(rows: pd.DataFrame, rho: str) -> pd.Series:
    """Return the row with the largest correlation among those that predict; else among those that could be tested."""
    for kept in (rows["verdict"] == PREDICTS, rows["verdict"] != NOT_TESTABLE):
        if kept.any():
            rows = rows[kept]
            break
    return rows.loc[rows[rho].abs().idxmax()]


def judged(rows: pd.DataFrame) -> tuple[str, str]:
    """Return verdict and reason of `prediction_claim` from the verdicts of its predictors in correlations.csv."""
    verdicts = set(rows["verdict"])
    if PREDICTS in verdicts:
        return "contradicted", "it does predict"
    if verdicts == {FAILS}:
        return "supported", "the intervals of |rho| lie below the margin"
    if verdicts == {NOT_SENSITIVE}:
        return NOT_SENSITIVE, f"the intervals of |rho| lie below the margin, {UNSEEN}"
    if verdicts == {NOT_TESTABLE}:
        covariates = 0 if set(rows["predictor"]) == {LOSS} else 1
        needed, count = MIN_TRUNKS_P + covariates, int(rows["n_trunks"].max())
        return NOT_TESTABLE, f"needs: {needed} trunks that may trade places, of the same budgets; has {count} in all"
    if (rows["ceiling"].fillna(0) < CEILING).any():
        return UNDECIDED, "scores are too noisy to show that nothing predicts them"
    return UNDECIDED, "the interval contains both useless and useful correlations"


def review_claims(saturation: pd.DataFrame, aggregate: list[str], margin: float) -> list[dict[str, Any]]:
    """Return the fraction of tasks that saturate by the review's definition: a change below the margin at the end.

    Shown for comparison and not judged: at a gain of zero and 5 % noise, 58 % of tasks pass it.
    """
    kept = (
        (saturation["features"] == PRIMARY) & saturation["task"].isin(aggregate) & saturation["review_verdict"].notna()
    )
    claims = []
    for key, rows in saturation[kept].groupby(["axis", "mode", "split"], sort=False):
        flat = int((rows["review_verdict"] != "improving").sum())
        test = stats.binomtest(flat, len(rows))
        ends = test.proportion_ci(method="wilson")
        agreeing = 100 * rows["agrees"].mean()
        evidence = {"n": len(rows), "effect": flat / len(rows), "lower": ends.low, "upper": ends.high, "p": test.pvalue}
        reason = (
            f"{flat} of {len(rows)} tasks gain less than {100 * margin:g} %; our verdicts agree for {agreeing:.0f} %"
        )
        where = f"along {key[0]} ({key[1]}, {key[2]} split)"
        text = f"share of tasks that saturate or degrade by the review's definition {where}"
        test_name = "share of tasks by the change at the last step, Wilson interval"
        name = f"review_saturation.{'.'.join(key)}"
        evidence |= {"threshold": None, "verdict": SHOWN, "reason": reason}
        claims.append(claim(name, text, "review", test_name, ["saturation.csv"], **evidence))
    return claims


def parameter_space_claim() -> dict[str, Any]:
    """Return the claim about maps of parameter space, which are figures without a test."""
    text = "maps of parameter space show why tasks fail to gain"
    reason = "needs: a number of the maps, named beforehand, that could contradict the claim; they are illustrations"
    return claim("parameter_space", text, "abstract", "none", ["figures"], reason=reason)
