"""Power before the money is spent: the smallest effect that a planned study decides in 80 % of its repetitions.

The planned study is simulated with the variance components of a finished one and judged by the rules that will judge
it. A true effect shifts an estimate and leaves its error alone, so one set of replicates without effect tells how large
it must be: the 80 % quantile of the shift that each replicate lacks.
"""

import numpy as np

from clm.statistics.estimates import MIN_DF, Estimate
from clm.statistics.hierarchical import MIN_TASKS, pool
from clm.statistics.medians import median_interval
from clm.statistics.multiplicity import holm_rows
from clm.statistics.regression import Design
from clm.statistics.replicates import Replicates
from clm.tables.columns import ALPHA

POWER = 0.8
MEDIAN_DRAWS = 200


def quantile(lacking: np.ndarray) -> float:
    """Return the effect that suffices in 80 % of the replicates, from the effect that each of them lacks."""
    return float(np.quantile(lacking, POWER))


def difference(estimates: Estimate, family: int, margin: float = 0.0) -> float:
    """Return the smallest slope whose interval lies beyond the margin and whose p survives Holm's correction.

    The other tasks of the family are taken to have no effect.
    """
    reach = np.maximum(margin + estimates.reach(), estimates.reach(1 - ALPHA / family))
    return quantile(reach - estimates.value)


def equivalence(estimates: Estimate) -> float:
    """Return the smallest margin within which slopes of zero are shown to lie, Holm over tasks that are all at zero.

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


def pooled_effects(made: Replicates) -> tuple[float, float]:
    """Return the smallest pooled slope told from zero, and the smallest margin that holds a pooled slope of zero."""
    found = [pool(made.tasks(i)).estimate for i in range(len(made.slopes))]
    different = quantile(np.array([e.reach() - e.value for e in found]))
    return different, quantile(np.array([abs(e.value) + e.reach(0.9) for e in found]))


def median_effects(made: Replicates, margin: float) -> tuple[float, float]:
    """Return the smallest margin that holds a median gain of zero, and the smallest median told above the margin."""
    ends = np.array([median_interval(made.tasks(i), MEDIAN_DRAWS, i)[1:] for i in range(len(made.slopes))])
    return quantile(ends[:, 1]), quantile(margin - ends[:, 0])


def shortage(design: Design | None, tasks: int | None = None) -> str | None:
    """Return what a claim needs to be testable, or None when the plan has it."""
    if design is None:
        return "trunks that differ along this axis at fixed others"
    if design.df < MIN_DF:
        return f"more trunks that differ along this axis: {design.df:.1f} of {MIN_DF:g} degrees of freedom"
    if tasks is not None and tasks < MIN_TASKS:
        return f"{MIN_TASKS} tasks instead of {tasks}"
    return None


def relative(slope: float) -> float:
    """Return the relative gain of error per doubling, 1 - e(2x)/e(x), of a gain in log error."""
    return float(-np.expm1(-slope))
