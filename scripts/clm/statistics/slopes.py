"""A slope of log error with all its uncertainty: trunks, and test molecules or split seeds."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from clm.statistics.intervals import t_reach
from clm.statistics.regression import Design

NEGLIGIBLE = 1e-10  # rounding error of a difference of equal log errors


@dataclass(frozen=True)
class Slope:
    """An estimate with standard error and degrees of freedom.

    Attributes:
        estimate: the slope.
        error: its standard error.
        df: degrees of freedom of the error (may be fractional).
        sampled: whether the error includes that from test molecules or splits.
    """

    estimate: float
    error: float
    df: float
    sampled: bool

    def interval(self) -> tuple[float, float]:
        """Return the two-sided interval from Student's t."""
        reach = t_reach(self.df) * self.error
        return self.estimate - reach, self.estimate + reach

    def p_zero(self) -> float:
        """Return the two-sided p of slope 0; 0 or 1 if there is no error."""
        if self.error == 0:
            return float(self.estimate == 0)
        return float(2 * stats.t.sf(abs(self.estimate) / self.error, self.df))

    def p_below(self, bound: float) -> float:
        """Return the one-sided p against "the slope is at most `bound`"; small if the slope is clearly above it."""
        if self.error == 0:
            return float(self.estimate <= bound)
        return float(stats.t.sf((self.estimate - bound) / self.error, self.df))


def satterthwaite(parts: list[tuple[float, float]]) -> tuple[float, float]:
    """Return variance and degrees of freedom of a sum of independent (variance, df) parts."""
    total = sum(variance for variance, _ in parts)
    if total <= 0:
        return 0.0, min(df for _, df in parts)
    return total, total**2 / sum(variance**2 / df for variance, df in parts)


def nadeau_bengio(values: np.ndarray, ratio: float) -> float:
    """Return the variance of the mean of estimates over resampled splits, which share training data.

    (1/k + n_test/n_train) s^2: Nadeau and Bengio, Machine Learning 2003, 52, 239.

    Args:
        values: float64 (k,), one estimate per split, k >= 2.
        ratio: n_test / n_train.
    """
    return float((1 / len(values) + ratio) * np.var(values, ddof=1))


def combined_slope(design: Design, errors: np.ndarray, ratio: float, draws: np.ndarray | None) -> Slope:
    """Return the slope of log error with the variance between trunks plus that of the test.

    Args:
        design: estimator of the slope, for n checkpoints.
        errors: float64 (k, n), log error per split seed; the slope is that of their mean.
        ratio: n_test / n_train.
        draws: float64 (b, n), log errors on b drawn test sets, the same for all checkpoints; used when k = 1.
    """
    estimate, variance = design.slope(errors.mean(axis=0))
    parts = [(variance, design.df)]
    if len(errors) > 1:
        parts.append((nadeau_bengio(errors @ design.weights, ratio), len(errors) - 1.0))
    elif draws is not None:
        sampled = draws @ design.weights
        parts.append((float(np.var(sampled, ddof=1)), len(draws) - 1.0))
    total, df = satterthwaite(parts)
    error = float(np.sqrt(total))
    estimate, error = (value if abs(value) > NEGLIGIBLE else 0.0 for value in (estimate, error))
    return Slope(estimate, error, df, len(parts) > 1)
