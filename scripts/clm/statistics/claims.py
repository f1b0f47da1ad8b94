"""Judge the claims of Sagawa and Kojima (arXiv 2602.11618) by a study's tables; undecided unless a test decides."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from clm.statistics.headline import ELASTICITY
from clm.statistics.intervals import NORMAL_REACH, standard_errors
from clm.statistics.verdicts import NO_SIGNAL, NOT_SENSITIVE, NOT_TESTABLE, UNSEEN
from clm.tables.columns import ALPHA, POOLED, PRIMARY

MIN_TASKS = 6  # fewer tasks give no interval for their median
NO_EFFECT = dict.fromkeys(("effect", "lower", "upper", "p"))


def claim(name: str, text: str, source: str, test: str, tables: Iterable[str], **evidence: Any) -> dict[str, Any]:
    """Return one claim; without a test it is not testable here."""
    defaults = {
        "id": name,
        "claim": text,
        "source": source,
        "test": test,
        "tables": list(tables),
        "n": 0,
        "threshold": None,
    }
    return (
        defaults | NO_EFFECT | {"verdict": NOT_TESTABLE, "reason": "needs: what no table of the study has"} | evidence
    )


def compute_gains(saturation: pd.DataFrame, aggregate: list[str]) -> dict[tuple[str, str], pd.DataFrame]:
    """Return {(mode, split): gains per doubling of compute of the tasks that count and have signal}."""
    kept = (saturation["axis"] == "C") & (saturation["features"] == PRIMARY) & saturation["task"].isin(aggregate)
    rows = saturation[kept & saturation["gain"].notna() & ~saturation["verdict"].isin(NO_SIGNAL.values())]
    return {key: group for key, group in rows.groupby(["mode", "split"], sort=False)}


def headline_claims(headline: pd.DataFrame, margin: float) -> list[dict[str, Any]]:
    """Return the claims of headline.csv: limited improvement along compute, and the pooled gains as they stand."""
    found = []
    for row in headline.to_dict("records"):
        where = f"({row['mode']}, {row['split']} split{'s' if row['split'] == POOLED else ''})"
        key = f"{row['axis']}.{row['mode']}.{row['split']}"
        base = {"source": "abstract" if row["axis"] == "C" else "ours", "tables": ["headline.csv"]}
        base |= {"n": int(row["n_tasks"]), "verdict": row["verdict"], "reason": row["reason"]}
        base |= {"effect": number(row["gain"]), "lower": number(row["lower"]), "upper": number(row["upper"])}
        if row["axis"] == "C":
            named = {"name": f"limited_improvement.{row['mode']}.{row['split']}"}
            named |= {"text": f"downstream performance improves little with compute {where}"}
            named |= {"test": "median over tasks of the net gain per doubling of compute, trunks and tasks resampled"}
            found.append(claim(**named, **base, threshold=f"median gain of {100 * margin:g} % per doubling"))
            continue
        named = {"name": f"headline.{key}", "test": "slope pooled over tasks that share their trunks, random slopes"}
        named |= {"text": f"net gain per doubling of {row['axis']}, pooled over tasks {where}"}
        if row["axis"] == ELASTICITY:
            named["text"] = f"how much of a fall of the loss arrives, pooled over tasks {where}"
        found.append(claim(**named, **base, threshold=None))
    return found


def number(value: Any) -> float | None:
    """Return a float, None where a table has none."""
    return None if pd.isna(value) else float(value)


def task_dependence(key: tuple[str, str], gains: pd.DataFrame, margin: float, sensitive: bool) -> dict[str, Any]:
    """Judge "failure depends on the task" by the differences between slopes per doubling of compute."""
    base = {"name": f"task_dependence.{'.'.join(key)}", "source": "abstract", "tables": ["saturation.csv"]}
    base |= {"text": f"whether scale helps depends on the task ({key[0]}, {key[1]} split)", "n": len(gains)}
    base |= {"test": "Cochran's Q over slopes of log error per doubling of compute; the effect is I²"}
    base |= {"threshold": f"SD of {100 * margin:g} % per doubling between tasks"}
    evidence = judge_dependence(gains, margin, sensitive)
    counts = ", ".join(f"{count} {name}" for name, count in gains["verdict"].value_counts().items())
    return claim(**base, **evidence | {"reason": f"{evidence['reason']}: {counts or 'no task'}"})


def judge_dependence(gains: pd.DataFrame, margin: float, sensitive: bool = True) -> dict[str, Any]:
    """Return effect, lower, upper, p, verdict and reason on "gains differ between tasks".

    Cochran's Q of the slopes; the effect is I^2, the fraction of true variance, with the interval of Higgins and
    Thompson, Stat. Med. 2002, 21, 1539. Standard errors are computed from 95 % intervals as if normal, which makes them
    too large with few trunks, so Q errs towards no difference; the claim is therefore contradicted only if the gains
    themselves are nearly equal.

    Args:
        gains: one row per task with gain, lower, upper.
        margin: SD of gains over tasks that matters.
        sensitive: whether the study detects gains on the control task; if not, equal gains show little.
    """
    if len(gains) < MIN_TASKS:
        return NO_EFFECT | {"verdict": NOT_TESTABLE, "reason": f"needs: {MIN_TASKS} tasks, has {len(gains)}"}
    slopes = np.log1p(-gains["gain"].to_numpy(dtype=float))
    lower, upper = (np.log1p(-gains[end].to_numpy(dtype=float)) for end in ("upper", "lower"))
    weights = np.square(1 / standard_errors(lower, upper))
    q = float(np.sum(weights * np.square(slopes - np.sum(weights * slopes) / weights.sum())))
    share, lower, upper = heterogeneity(q, len(slopes))
    evidence = {"effect": share, "lower": lower, "upper": upper, "p": float(stats.chi2.sf(q, len(slopes) - 1))}
    if evidence["p"] < ALPHA:
        return evidence | {"verdict": "supported", "reason": "slopes differ between tasks"}
    if spread_bound(gains["gain"].to_numpy(dtype=float)) < margin:
        reason = f"gains of tasks have an SD below {100 * margin:g} % per doubling"
        if not sensitive:
            return evidence | {"verdict": NOT_SENSITIVE, "reason": f"{reason}, {UNSEEN}"}
        return evidence | {"verdict": "contradicted", "reason": reason}
    return evidence | {"verdict": "undecided", "reason": "differences between tasks are within their errors"}


def spread_bound(gains: np.ndarray) -> float:
    """Return the one-sided 95 % upper bound of the SD of gains over tasks, including their errors."""
    df = len(gains) - 1
    return float(np.std(gains, ddof=1) * np.sqrt(df / stats.chi2.ppf(ALPHA, df)))


def heterogeneity(q: float, count: int) -> tuple[float, float, float]:
    """Return I^2 with its 95 % interval from Cochran's Q of `count` estimates."""
    df = count - 1
    ratio = np.sqrt(max(q / df, 1.0))
    if q > count:
        error = 0.5 * (np.log(q) - np.log(df)) / (np.sqrt(2 * q) - np.sqrt(2 * count - 3))
    else:
        error = np.sqrt(1 / (2 * (count - 2)) * (1 - 1 / (3 * (count - 2) ** 2)))
    ends = [max(1.0, ratio * np.exp(sign * NORMAL_REACH * error)) for sign in (-1, 1)]
    return tuple(float(1 - 1 / h**2) for h in (ratio, *ends))
