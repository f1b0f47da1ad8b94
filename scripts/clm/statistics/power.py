"""Power analysis of a planned study: the smallest effect that it decides with 80 % power.

The planned study is simulated with the variance components of a finished one and judged by the same rules as the real
one. A true effect shifts an estimate without changing its error, so one set of replicates without effect suffices: the
smallest effect is the 80 % quantile of the shift that each replicate needs.
"""

import math

import numpy as np
from scipy import stats

from clm.statistics.claims import spread_bound
from clm.statistics.estimates import MIN_DF, Estimate
from clm.statistics.hierarchical import MIN_TASKS, pool
from clm.statistics.intervals import NORMAL_REACH
from clm.statistics.medians import median_interval
from clm.statistics.multiplicity import holm_rows
from clm.statistics.regression import Design
from clm.statistics.replicates import AllSplits, Replicates
from clm.tables.columns import ALPHA

POWER = 0.8
MEDIAN_DRAWS = 200
Made = Replicates | AllSplits


def quantile(lacking: np.ndarray) -> float:
    """Return the effect that suffices in 80 % of the replicates, from the effect that each of them needs."""
    return float(np.quantile(lacking, POWER))


def difference(estimates: Estimate, family: int, margin: float = 0.0) -> float:
    """Return the smallest slope whose interval lies beyond the margin and whose p survives Holm's correction.

    The other tasks of the family are assumed to have no effect.
    """
    reach = np.maximum(margin + estimates.reach(), estimates.reach(1 - ALPHA / family))
    return quantile(reach - estimates.value)


def equivalence(estimates: Estimate) -> float:
    """Return the smallest margin for which slopes of zero are shown to be equivalent, with Holm over tasks all at zero.

    Args:
        estimates: arrays (replicates, tasks).
    """
    low, high = 0.0, 10 * float(np.quantile(estimates.reach(), 0.99)) + 1e-12
    for _ in range(18):
        middle = (low + high) / 2
        p = np.asarray(estimates.p_equivalent(-middle, middle))
        shown = np.mean(holm_rows(p) < ALPHA)
        low, high = (low, middle) if shown >= POWER else (middle, high)
    return high


def pooled_effects(made: Made) -> tuple[float, float]:
    """Return the smallest pooled slope shown to differ from zero, and the smallest margin shown for a slope of zero."""
    found = pooled_estimates(made)
    different = quantile(np.array([e.reach() - e.value for e in found]))
    return different, quantile(np.array([abs(e.value) + e.reach(0.9) for e in found]))


def pooled_elasticity(made: Made, margin: float) -> tuple[float, float]:
    """Return the smallest pooled elasticity shown above the margin, and the smallest bound shown for one of zero."""
    found = pooled_estimates(made)
    arrives = quantile(np.array([margin + e.reach() - e.value for e in found]))
    return arrives, quantile(np.array([e.value + e.reach() for e in found]))


def pooled_estimates(made: Made) -> list[Estimate]:
    """Return the pooled slope of each replicate."""
    return [pool(made.tasks(i)).estimate for i in range(len(made))]


def dependence_effects(made: Replicates, seed: int) -> tuple[float, float]:
    """Return the smallest SD between tasks that shows a dependence, and the smallest margin shown for an SD of zero.

    Args:
        made: slopes of tasks that do not differ.
        seed: of the simulated differences.
    """
    weights = np.square(NORMAL_REACH / made.estimates().reach())
    differences = np.random.default_rng(seed).standard_normal(made.slopes.shape)
    df = made.slopes.shape[1] - 1
    low, high = 0.0, 20 * float(np.median(1 / np.sqrt(weights)))
    for _ in range(18):
        middle = (low + high) / 2
        slopes = made.slopes + middle * differences
        centre = np.sum(weights * slopes, axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
        p = stats.chi2.sf(np.sum(weights * np.square(slopes - centre), axis=1), df)
        low, high = (low, middle) if np.mean(p < ALPHA) >= POWER else (middle, high)
    return high, quantile(np.array([spread_bound(slopes) for slopes in made.slopes]))


def median_effects(made: Made, margin: float) -> tuple[float, float]:
    """Return the smallest margin shown for a median gain of zero, and the smallest median shown above the margin."""
    ends = np.array([median_interval(made.tasks(i), MEDIAN_DRAWS, i)[1:] for i in range(len(made))])
    return quantile(ends[:, 1]), quantile(margin - ends[:, 0])


def shortage(design: Design | None, tasks: int | None = None) -> str | None:
    """Return what a claim needs to be testable, or None if the plan has it."""
    if design is None:
        return "trunks that differ along this axis at fixed others"
    if design.df < MIN_DF:
        more = math.ceil(design.clusters * MIN_DF / design.df) - design.clusters
        return f"about {more} more trunks that differ along this axis: {design.df:.1f} of {MIN_DF:g} degrees of freedom"
    if tasks is not None and tasks < MIN_TASKS:
        return f"{MIN_TASKS} tasks instead of {tasks}"
    return None


def relative(slope: float) -> float:
    """Return the relative gain of error per doubling, 1 - e(2x)/e(x), for a gain in log error."""
    return float(-np.expm1(-slope))
