"""Verdicts from the interval and the corrected p values of an estimate.

Thresholds are on the slope of log error per doubling, where a relative gain of 1 % is log(.99). A test that is merely
not significant shows nothing, so the verdict is undecided if no test decides, and not testable here if no test could
have decided with these trunks, tasks or range.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.estimates import MIN_DF, Estimate
from clm.statistics.multiplicity import holm_rows
from clm.tables.columns import ALPHA

IMPROVING, DEGRADED, UNDECIDED = "improving", "degraded", "undecided"
SATURATED, NO_RELEVANT_GAIN = "saturated", "no relevant gain"
ARRIVES, LITTLE_ARRIVES = "arrives", "less than a tenth arrives"
NOT_SENSITIVE, NOT_TESTABLE = "not sensitive", "not testable here"
LITTLE = (SATURATED, NO_RELEVANT_GAIN, LITTLE_ARRIVES)  # meaningful only if the study could have detected more
OPEN = (UNDECIDED, NOT_TESTABLE, NOT_SENSITIVE)  # verdicts that decide nothing
UNSEEN = "but no control task shows that the study sees gains"
NO_SIGNAL = {"rmse": "not better than the mean", "auc": "AUC not above one half"}
ELASTICITY_FAMILY = ("corpus", "mode", "split", "features")


@dataclass(frozen=True)
class Judged:
    """A verdict with its reason, and the p values corrected within their families (NaN where there is no test)."""

    verdict: str
    reason: str
    p_difference: float = float("nan")
    p_equivalence: float = float("nan")
    p_one_sided: float = float("nan")


def no_signal(metric: str) -> str:
    """Return the verdict on a task that most models do not predict."""
    return NO_SIGNAL[metric]


def shortage(df: float | None, trunks: int | None = None) -> str | None:
    """Return what an estimate lacks for any verdict, or None if its degrees of freedom suffice.

    Args:
        df: degrees of freedom of the variance between trunks.
        trunks: their number, if known: degrees of freedom are roughly proportional to it.
    """
    if df is None or not np.isfinite(df):
        return "needs: trunks that differ along this axis at fixed others"
    if df < MIN_DF:
        more = "more" if trunks is None else f"about {math.ceil(trunks * MIN_DF / df) - trunks} more"
        has = f"{df:.1f}" + ("" if trunks is None else f" from {trunks} trunks")
        return f"needs: {MIN_DF:g} degrees of freedom between trunks, has {has}; {more} trunks that differ along it"
    return None


def judge_gains(
    estimates: Sequence[Estimate | None], margin: float, sensitive: bool, barred: Sequence[str | None] | None = None
) -> list[Judged]:
    """Judge the slopes of log error per doubling of one family of tasks.

    Holm's correction is applied once over the tests of a difference and once over those of equivalence; tasks that are
    barred or cannot be tested are not part of it.

    Args:
        estimates: one per task, None if nothing could be estimated.
        margin: relative gain per doubling that matters.
        sensitive: whether the study detects gains on the control task in this mode and split.
        barred: per task, a verdict of `no_signal` or None.
    """
    barred = barred or [None] * len(estimates)
    tested = testable(estimates, barred)
    low, high = np.log1p(-margin), np.log1p(margin)
    difference = corrected([e and e.p_zero() for e in tested])
    equivalence = corrected([e and e.p_equivalent(low, high) for e in tested])
    one_sided = corrected([e and e.p_above(low) for e in tested])
    judged = []
    for estimate, stop, *p in zip(estimates, barred, difference, equivalence, one_sided, strict=True):
        missing = shortage(None if estimate is None else estimate.df)
        if stop or missing:
            verdict = (stop, "most models do no better than a constant") if stop else (NOT_TESTABLE, missing)
        else:
            verdict = gain_verdict(estimate, margin, *p)
        judged.append(with_sensitivity(Judged(*verdict, *p), sensitive))
    return judged


def testable(estimates: Sequence[Estimate | None], barred: Sequence[str | None]) -> list[Estimate | None]:
    """Return the estimates that can support a verdict, None in place of the others."""
    enough = [e is not None and e.df >= MIN_DF and not stop for e, stop in zip(estimates, barred, strict=True)]
    return [e if kept else None for e, kept in zip(estimates, enough, strict=True)]


def corrected(p: Sequence[float | None]) -> np.ndarray:
    """Return p values with Holm's correction; None is not a test and becomes NaN."""
    return holm_rows(np.array([np.nan if value is None else value for value in p], dtype=float))


def gain_verdict(
    estimate: Estimate, margin: float, p_difference: float, p_equivalence: float, p_one_sided: float
) -> tuple[str, str]:
    """Return verdict and reason for a slope of log error from corrected p values.

    improving: the interval of the gain lies above the margin. degraded: it lies below 0. saturated: two one-sided tests
    reject a gain and a loss of the margin. no relevant gain: only the test against a gain rejects, and the estimate
    itself is not a loss of the margin.
    """
    lower, upper = (float(-np.expm1(end)) for end in reversed(estimate.interval()))
    gain, percent, confirmed = float(-np.expm1(estimate.value)), f"{100 * margin:g} %", p_difference < ALPHA
    if lower > margin and confirmed:
        return IMPROVING, f"the interval lies above {percent} per doubling"
    if upper < 0 and confirmed:
        return DEGRADED, "the interval lies below 0"
    if p_equivalence < ALPHA:
        return SATURATED, f"gains and losses of {percent} per doubling are ruled out"
    if p_one_sided < ALPHA and gain > -margin:
        return NO_RELEVANT_GAIN, f"a gain of {percent} per doubling is ruled out, a loss is not"
    if lower > margin or upper < 0:
        return UNDECIDED, "does not survive Holm's correction over the tasks"
    return UNDECIDED, f"the interval contains gains below and above {percent}"


def with_sensitivity(judged: Judged, sensitive: bool) -> Judged:
    """Return the judgement, with verdicts in LITTLE replaced by "not sensitive" if the study is not sensitive."""
    if sensitive or judged.verdict not in LITTLE:
        return judged
    reason = f"would be {judged.verdict}, {UNSEEN}"
    return replace(judged, verdict=NOT_SENSITIVE, reason=reason)


def judge_elasticities(
    estimates: Sequence[Estimate | None], margin: float, sensitive: bool, barred: Sequence[str | None] | None = None
) -> list[Judged]:
    """Judge how much of a relative fall of the pretraining loss reaches the tasks of one family.

    arrives: the lower bound exceeds the margin and the difference from 0 survives Holm's correction. less than a tenth
    arrives (at a margin of .1): the upper bound lies below the margin.
    """
    barred = barred or [None] * len(estimates)
    tested = testable(estimates, barred)
    difference = corrected([e and e.p_zero() for e in tested])
    judged = []
    for estimate, stop, p in zip(estimates, barred, difference, strict=True):
        missing = shortage(None if estimate is None else estimate.df)
        if stop or missing:
            verdict = (stop, "most models do no better than a constant") if stop else (NOT_TESTABLE, missing)
        else:
            verdict = elasticity_verdict(*estimate.interval(), p, margin)
        judged.append(with_sensitivity(Judged(*verdict, p_difference=p), sensitive))
    return judged


def elasticity_verdict(lower: float, upper: float, p_holm: float, margin: float) -> tuple[str, str]:
    """Return verdict and reason of an elasticity from its interval and corrected p."""
    if lower > margin and p_holm < ALPHA:
        return ARRIVES, f"the interval lies above {margin:g}"
    if upper < margin:
        return LITTLE_ARRIVES, f"the interval lies below {margin:g}"
    if lower > margin:
        return UNDECIDED, "does not survive Holm's correction over the tasks"
    return UNDECIDED, f"the interval contains elasticities below and above {margin:g}"


def judge_limited(value: float, lower: float, upper: float, margin: float, sensitive: bool) -> tuple[str, str]:
    """Return verdict and reason on "downstream performance improves little", from the median gain per doubling."""
    percent = f"{100 * margin:g} %"
    if lower > margin:
        return "contradicted", f"the interval of the median lies above {percent} per doubling"
    if upper < margin:
        if not sensitive:
            return NOT_SENSITIVE, f"the median is small, {UNSEEN}"
        return "supported", f"the interval of the median lies below {percent} per doubling"
    return UNDECIDED, f"the median is {100 * value:.2g} %, and its interval contains {percent}"


def by_family(rows: pd.DataFrame, family: Sequence[str]) -> Mapping[Any, list[int]]:
    """Return {family: positions of its rows}, in order of first appearance."""
    groups = rows.reset_index(drop=True).groupby(list(family), sort=False, dropna=False)
    return {key: list(positions) for key, positions in groups.indices.items()}
