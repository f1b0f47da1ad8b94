"""Confidence intervals of level 1 - ALPHA: percentiles of resamples, normal and t intervals."""

import numpy as np
from scipy import stats

from clm.tables.columns import ALPHA

TAILS = (ALPHA / 2, 1 - ALPHA / 2)
NORMAL_REACH = float(stats.norm.ppf(TAILS[1]))  # half the width of an interval in standard errors
MIN_TASKS = 3  # minimum for the interval of a mean over tasks
MIN_DEFINED = 0.5  # minimum fraction of resamples with a value: with fewer, percentiles would mislead

Interval = tuple[float | None, float | None]


def percentile_interval(sample: np.ndarray) -> Interval:
    """Return the percentile interval of resampled values (b,), or (None, None) when most of them are undefined."""
    defined = sample[np.isfinite(sample)]
    if not len(defined) or len(defined) < MIN_DEFINED * len(sample):
        return None, None
    lower, upper = np.quantile(defined, TAILS)
    return float(lower), float(upper)


def t_reach(df: float) -> float:
    """Return half the width of an interval from Student's t with `df` degrees of freedom, in standard errors."""
    return float(stats.t.ppf(TAILS[1], df))


def standard_errors(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Return the standard errors behind intervals, treated as normal, float64 (n,)."""
    return (upper - lower) / (2 * NORMAL_REACH)


def mean_interval(values: np.ndarray, draws: int, seed: int) -> Interval:
    """Return the bootstrap interval of the mean of values (n,), or (None, None) when there are fewer than MIN_TASKS."""
    if len(values) < MIN_TASKS:
        return None, None
    chosen = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    return percentile_interval(values[chosen].mean(axis=1))


def median_interval(values: np.ndarray, errors: np.ndarray, draws: int, seed: int) -> Interval:
    """Return the bootstrap interval of the median of estimates, which are resampled and perturbed by their own error.

    Args:
        values: float64 (n,), estimates.
        errors: float64 (n,), their standard errors.
        draws: number of resamples.
        seed: of the resamples.
    """
    random = np.random.default_rng(seed)
    chosen = random.integers(len(values), size=(draws, len(values)))
    sample = values[chosen] + errors[chosen] * random.standard_normal(chosen.shape)
    return percentile_interval(np.median(sample, axis=1))
