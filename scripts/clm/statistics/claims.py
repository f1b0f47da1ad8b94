"""The claims of Sagawa and Kojima (arXiv 2602.11618) against the tables of a study; undecided unless a test decides."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from clm.statistics.panels import PRIMARY
from clm.statistics.ranking import CEILING, LOSS, POOLED

ALPHA = 0.05
MIN_TASKS = 6  # fewer tasks give no interval for their median
IMPROVING_SHARE = 0.75
LOW_HETEROGENEITY = 0.5
NOTHING = dict.fromkeys(("effect", "lower", "upper", "p"))


def claim(name: str, text: str, source: str, test: str, tables: Iterable[str], **found: Any) -> dict[str, Any]:
    """Return one claim; without a test it is undecided."""
    told = {"id": name, "claim": text, "source": source, "test": test, "tables": list(tables), "n": 0}
    return told | NOTHING | {"verdict": "undecided", "reason": "no table has what the test needs"} | found


def numbers(row: pd.Series, *names: str) -> dict[str, float | None]:
    """Return the named numbers of a row, None where empty."""
    return {name: None if pd.isna(row[name]) else float(row[name]) for name in names}


def loss_claim(fits: pd.DataFrame, corpus: str, axis: str, what: str, margin: float) -> dict[str, Any]:
    """Judge "pretraining loss falls with ..." by the exponent a of L ~ x^-a.

    supported: its interval lies above 0. contradicted: it contains 0 or less and no gain of `margin` per doubling.
    """
    chosen = (
        (fits["corpus"] == corpus) & (fits["axis"] == axis) & (fits["form"] == "power") & (fits["parameter"] == "a")
    )
    rows = fits[chosen & (fits["status"] == "ok")]
    base = {"name": f"loss_falls.{axis}", "text": f"pretraining loss falls with {what}", "source": "abstract"}
    base |= {"test": "log-log slope of validation loss, trunks as clusters", "tables": ["fits.csv", "runs.csv"]}
    if rows.empty:
        return claim(**base, reason="too few trunks differ along this axis")
    row = rows.iloc[0]
    found = {"n": int(row["n"])} | dict(
        zip(("effect", "lower", "upper"), row[["estimate", "lower", "upper"]], strict=True)
    )
    small = -np.log2(1 - margin)
    if row["lower"] > 0:
        return claim(**base, **found, verdict="supported", reason="the interval of the exponent lies above 0")
    if row["upper"] < small:
        reason = f"no fall, and one of {100 * margin:g} % per doubling is ruled out"
        return claim(**base, **found, verdict="contradicted", reason=reason)
    return claim(**base, **found, reason="the interval of the exponent contains 0 and relevant falls")


def compute_gains(saturation: pd.DataFrame, aggregate: list[str]) -> dict[tuple[str, str], pd.DataFrame]:
    """Return {(mode, split): gains per doubling of compute of the tasks that count and have signal}."""
    kept = (saturation["axis"] == "C") & (saturation["features"] == PRIMARY) & saturation["task"].isin(aggregate)
    rows = saturation[kept & saturation["gain"].notna() & (saturation["verdict"] != "no_signal")]
    return {key: group for key, group in rows.groupby(["mode", "split"], sort=False)}


def median_interval(gains: np.ndarray, errors: np.ndarray, draws: int, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the median: tasks are resampled, then each gain within its own error."""
    random = np.random.default_rng(seed)
    chosen = random.integers(len(gains), size=(draws, len(gains)))
    sample = gains[chosen] + errors[chosen] * random.standard_normal(chosen.shape)
    low, high = np.quantile(np.median(sample, axis=1), [0.025, 0.975])
    return float(low), float(high)


def limited_improvement(
    key: tuple[str, str], gains: pd.DataFrame, margin: float, draws: int, seed: int
) -> dict[str, Any]:
    """Judge "downstream performance shows limited improvement" by the median gain per doubling of compute.

    contradicted: the median exceeds the margin, its interval lies above 0 and 75 % of the tasks gain. supported: the
    whole interval lies below the margin.
    """
    base = {"name": f"limited_improvement.{'.'.join(key)}", "source": "abstract", "tables": ["saturation.csv"]}
    base |= {"text": f"downstream performance improves little with compute ({key[0]}, {key[1]} split)"}
    base |= {"test": "median over tasks of the gain per doubling of compute, tasks resampled", "n": len(gains)}
    if len(gains) < MIN_TASKS:
        return claim(**base, reason=f"{len(gains)} tasks with a gain; at least {MIN_TASKS} are needed")
    values = gains["gain"].to_numpy(dtype=float)
    errors = (gains["upper"] - gains["lower"]).to_numpy(dtype=float) / (2 * stats.norm.ppf(0.975))
    lower, upper = median_interval(values, errors, draws, seed)
    median, share = float(np.median(values)), float(np.mean(values > 0))
    found = {"effect": median, "lower": lower, "upper": upper}
    percent = f"{100 * margin:g} %"
    if upper < margin:
        return claim(**base, **found, verdict="supported", reason=f"the median gain is below {percent} per doubling")
    if median > margin and lower > 0 and share >= IMPROVING_SHARE:
        reason = f"the median gain exceeds {percent} per doubling and {100 * share:.0f} % of the tasks gain"
        return claim(**base, **found, verdict="contradicted", reason=reason)
    return claim(
        **base, **found, reason=f"the interval of the median does not lie on one side of {percent} per doubling"
    )


def task_dependence(key: tuple[str, str], gains: pd.DataFrame) -> dict[str, Any]:
    """Judge "failure depends on the task" by Cochran's Q of the slopes; the effect is I^2, the share of true variance.

    Interval of I^2: Higgins and Thompson, Stat. Med. 2002, 21, 1539. Standard errors come from 95 % intervals as if
    normal, which makes them too large with few trunks, so Q errs towards no difference.
    """
    base = {"name": f"task_dependence.{'.'.join(key)}", "source": "abstract", "tables": ["saturation.csv"]}
    base |= {"text": f"whether scale helps depends on the task ({key[0]}, {key[1]} split)", "n": len(gains)}
    base |= {"test": "Cochran's Q over slopes of log error per doubling of compute"}
    if len(gains) < MIN_TASKS:
        return claim(**base, reason=f"{len(gains)} tasks with a gain; at least {MIN_TASKS} are needed")
    slopes = np.log1p(-gains["gain"].to_numpy(dtype=float))
    errors = np.log1p(-gains["lower"].to_numpy(dtype=float)) - np.log1p(-gains["upper"].to_numpy(dtype=float))
    weights = np.square(2 * stats.norm.ppf(0.975) / errors)
    q = float(np.sum(weights * np.square(slopes - np.sum(weights * slopes) / weights.sum())))
    p = float(stats.chi2.sf(q, len(slopes) - 1))
    share, lower, upper = heterogeneity(q, len(slopes))
    found = {"effect": share, "lower": lower, "upper": upper, "p": p}
    counts = ", ".join(f"{count} {name}" for name, count in gains["verdict"].value_counts().items())
    if p < ALPHA:
        return claim(**base, **found, verdict="supported", reason=f"slopes differ between tasks: {counts}")
    if upper < LOW_HETEROGENEITY:
        return claim(**base, **found, verdict="contradicted", reason=f"slopes hardly differ between tasks: {counts}")
    return claim(**base, **found, reason=f"differences between tasks are within their errors: {counts}")


def heterogeneity(q: float, count: int) -> tuple[float, float, float]:
    """Return I^2 with its 95 % interval from Cochran's Q of `count` estimates."""
    freedom = count - 1
    ratio = np.sqrt(max(q / freedom, 1.0))
    if q > count:
        error = 0.5 * (np.log(q) - np.log(freedom)) / (np.sqrt(2 * q) - np.sqrt(2 * count - 3))
    else:
        error = np.sqrt(1 / (2 * (count - 2)) * (1 - 1 / (3 * (count - 2) ** 2)))
    ends = [max(1.0, ratio * np.exp(sign * stats.norm.ppf(0.975) * error)) for sign in (-1, 1)]
    return tuple(float(1 - 1 / h**2) for h in (ratio, *ends))


def prediction_claims(correlations: pd.DataFrame, margin: float) -> list[dict[str, Any]]:
    """Judge "... does not predict transfer" for the loss, the Hessian and the landscape, in each mode and split."""
    rows = correlations[(correlations["task"] == POOLED) & (correlations["features"] == PRIMARY)]
    subjects = (
        ("loss_predicts_not", "pretraining loss", (LOSS,)),
        ("hessian_predicts_not", "the trace or the largest eigenvalue of the Hessian", ("trace", "eigenvalue_1")),
        ("landscape_predicts_not", "the sharpness of the loss landscape", ("sharpness_", "landscape_width")),
    )
    found = []
    for key in list(dict.fromkeys(correlations[["mode", "split"]].itertuples(index=False, name=None))) or [None]:
        here = rows[(rows["mode"] == key[0]) & (rows["split"] == key[1])] if key else rows
        for name, what, starts in subjects:
            chosen = here[
                [
                    str(predictor).startswith(starts) and fits_exactly(predictor, starts)
                    for predictor in here["predictor"]
                ]
            ]
            found.append(prediction_claim(name, what, key, chosen, margin))
    return found


def fits_exactly(predictor: str, starts: tuple[str, ...]) -> bool:
    """Whether a predictor is one of the names, or begins with one that ends in an underscore."""
    return any(predictor == name or (name.endswith("_") and predictor.startswith(name)) for name in starts)


def prediction_claim(
    name: str, what: str, key: tuple[str, str] | None, rows: pd.DataFrame, margin: float
) -> dict[str, Any]:
    """Judge one claim from the pooled rows of its predictors; shown is the one with the largest correlation.

    contradicted: one of them predicts (p < .05, Holm-corrected over them, interval without 0, |rho| of at least the
    margin). supported: the intervals of all lie within the margin, and scores are reliable enough to be predicted.
    """
    where, suffix = (f" ({key[0]}, {key[1]} split)", f".{'.'.join(key)}") if key else ("", "")
    base = {"name": name + suffix, "text": f"{what} does not predict transfer{where}", "source": "abstract"}
    part = "" if name.startswith("loss") else "partial_"
    given = " given the loss" if part else ""
    base |= {"test": f"Spearman correlation with the score{given}, Fisher-z mean over tasks, permutation of trunks"}
    base |= {"tables": ["correlations.csv"]}
    rho = "partial_loss" if part else "spearman"
    rows = rows[rows[rho].notna() & rows[f"{part}lower"].notna()]
    if rows.empty:
        return claim(**base, reason="not measured on enough trunks, or on tasks with signal")
    strongest = rows.loc[rows[rho].abs().idxmax()]
    shown = numbers(strongest, rho, f"{part}lower", f"{part}upper", f"{part}p", "ceiling")
    found = dict(zip(("effect", "lower", "upper", "p"), shown.values(), strict=False)) | {
        "n": int(strongest["n_trunks"])
    }
    bounds = rows[[f"{part}lower", f"{part}upper"]].abs().max(axis=1)
    outside = (rows[f"{part}lower"] > 0) | (rows[f"{part}upper"] < 0)
    predicts = (rows[f"{part}p"] * len(rows) < ALPHA) & outside & (rows[rho].abs() >= margin)
    named = f"strongest: {strongest['predictor']}"
    if predicts.any():
        return claim(**base, **found, verdict="contradicted", reason=f"it does predict; {named}")
    if (bounds < margin).all() and (rows["ceiling"] >= CEILING).all():
        reason = f"the interval of |rho| lies below {margin:g}; {named}"
        return claim(**base, **found, verdict="supported", reason=reason)
    if rows[f"{part}p"].isna().all():
        return claim(**base, **found, reason=f"too few trunks for a permutation test; {named}")
    if not (rows["ceiling"] >= CEILING).all():
        return claim(**base, **found, reason=f"scores are too noisy to show that nothing predicts them; {named}")
    return claim(**base, **found, reason=f"the interval contains both useless and useful correlations; {named}")


def review_claims(saturation: pd.DataFrame, aggregate: list[str], margin: float) -> list[dict[str, Any]]:
    """Judge "most tasks saturate" by the definition of the review: a change below the margin at the last doubling."""
    kept = (
        (saturation["features"] == PRIMARY) & saturation["task"].isin(aggregate) & saturation["review_verdict"].notna()
    )
    found = []
    for key, rows in saturation[kept].groupby(["axis", "mode", "split"], sort=False):
        flat = int((rows["review_verdict"] != "improving").sum())
        test = stats.binomtest(flat, len(rows))
        ends = test.proportion_ci(method="wilson")
        agreeing = 100 * rows["agrees"].mean()
        told = {"n": len(rows), "effect": flat / len(rows), "lower": ends.low, "upper": ends.high, "p": test.pvalue}
        verdict = "supported" if ends.low > 0.5 else "contradicted" if ends.high < 0.5 else "undecided"
        reason = (
            f"{flat} of {len(rows)} tasks gain less than {100 * margin:g} %; our verdicts agree for {agreeing:.0f} %"
        )
        text = f"most tasks saturate or degrade along {key[0]} ({key[1]}, {key[2]} split)"
        test_name = "share of tasks by the change at the last step, Wilson interval"
        name = f"review_saturation.{'.'.join(key)}"
        found.append(claim(name, text, "review", test_name, ["saturation.csv"], **told, verdict=verdict, reason=reason))
    return found


def parameter_space_claim() -> dict[str, Any]:
    """Return the claim about maps of parameter space, which are pictures and no test."""
    text = "maps of parameter space show why tasks fail to gain"
    reason = "maps are illustrations: no number in them was named beforehand that could contradict the claim"
    return claim("parameter_space", text, "abstract", "none", ["figures"], reason=reason)
