"""The claims of Sagawa and Kojima (arXiv 2602.11618) against the tables of a study; undecided unless a test decides."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from clm.statistics.panels import PRIMARY

ALPHA = 0.05
MIN_TASKS = 6  # fewer tasks give no interval for their median
IMPROVING_SHARE = 0.75
NOTHING = dict.fromkeys(("effect", "lower", "upper", "p"))


def claim(name: str, text: str, source: str, test: str, tables: Iterable[str], **found: Any) -> dict[str, Any]:
    """Return one claim; without a test it is undecided."""
    told = {"id": name, "claim": text, "source": source, "test": test, "tables": list(tables), "n": 0}
    return told | NOTHING | {"verdict": "undecided", "reason": "no table has what the test needs"} | found


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


def task_dependence(key: tuple[str, str], gains: pd.DataFrame, margin: float) -> dict[str, Any]:
    """Judge "failure depends on the task" by Cochran's Q of the slopes; the effect is I^2, the share of true variance.

    Interval of I^2: Higgins and Thompson, Stat. Med. 2002, 21, 1539. Standard errors come from 95 % intervals as if
    normal, which makes them too large with few trunks, so Q errs towards no difference; the claim is therefore
    contradicted only when the gains themselves are nearly equal.
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
    if spread_bound(gains["gain"].to_numpy(dtype=float)) < margin:
        reason = f"gains of tasks have an SD below {100 * margin:g} % per doubling: {counts}"
        return claim(**base, **found, verdict="contradicted", reason=reason)
    return claim(**base, **found, reason=f"differences between tasks are within their errors: {counts}")


def spread_bound(gains: np.ndarray) -> float:
    """Return the one-sided 95 % upper bound of the SD of gains over tasks, their errors included."""
    freedom = len(gains) - 1
    return float(np.std(gains, ddof=1) * np.sqrt(freedom / stats.chi2.ppf(0.05, freedom)))


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
