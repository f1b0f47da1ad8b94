"""A few named methods compared on common blocks: repeated-measures analysis of variance, then Tukey's test.

This follows Ash et al., J. Chem. Inf. Model. 2025, 65, 9398, with two differences: log errors are compared, so that an
effect is a fraction of the error; and since resampled splits of one data set share training data, the variance over
such blocks is that of Nadeau and Bengio.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from clm.tables.columns import ALPHA

SMALL = "no relevant difference"


@dataclass(frozen=True)
class Blocks:
    """A two-way layout without interaction: blocks are subjects, methods are repeated measures.

    Attributes:
        means: float64 (methods,).
        residual: residual mean square, not explained by block or method.
        df: its degrees of freedom.
        count: number of blocks.
        f: F statistic of the methods, NaN if nothing varies.
        p: its p value.
    """

    means: np.ndarray
    residual: float
    df: int
    count: int
    f: float
    p: float


def repeated_measures(y: np.ndarray) -> Blocks:
    """Return the analysis of variance of y, float64 (blocks, methods), at least 2 of each, without missing values."""
    blocks, methods = y.shape
    means = y.mean(axis=0)
    rest = y - means - y.mean(axis=1, keepdims=True) + y.mean()
    df = (blocks - 1) * (methods - 1)
    residual = float(np.sum(rest**2)) / df
    between = blocks * float(np.sum((means - y.mean()) ** 2)) / (methods - 1)
    f = between / residual if residual > 0 else np.nan
    return Blocks(means, residual, df, blocks, f, float(stats.f.sf(f, methods - 1, df)))


@dataclass(frozen=True)
class Difference:
    """One difference of means with its simultaneous 95 % interval and Tukey-adjusted p."""

    estimate: float
    lower: float
    upper: float
    p: float


@lru_cache(maxsize=64)
def critical(methods: int, df: int) -> float:
    """Return the 95 % point of the studentized range (cached: it takes a second to compute)."""
    return float(stats.studentized_range.ppf(1 - ALPHA, methods, df))


def tukey(blocks: Blocks, first: int, second: int, ratio: float = 0.0) -> Difference:
    """Return mean of method `first` minus mean of `second` by Tukey's honestly significant difference.

    Args:
        blocks: of `repeated_measures`.
        first: position of a method.
        second: position of another.
        ratio: n_test / n_train of resampled splits, 0 for independent blocks.

    The variance of a difference is 2 residual (1 / blocks + ratio); without a residual p is 0 or 1.
    """
    estimate = float(blocks.means[first] - blocks.means[second])
    error = np.sqrt(blocks.residual * (1 / blocks.count + ratio))
    if error == 0:
        return Difference(estimate, estimate, estimate, float(estimate == 0))
    methods = len(blocks.means)
    reach = critical(methods, blocks.df) * error
    p = float(stats.studentized_range.sf(abs(estimate) / error, methods, blocks.df))
    return Difference(estimate, estimate - reach, estimate + reach, p)


def verdict(lower: float, upper: float, margin: float) -> str:
    """Return the verdict on the first method from the interval of a difference of log errors.

    no relevant difference: the interval lies within the margin; lower error, higher error: it lies on one side of 0;
    otherwise undecided.
    """
    if max(-lower, upper) < margin:
        return SMALL
    if upper < 0:
        return "lower error"
    return "higher error" if lower > 0 else "undecided"
