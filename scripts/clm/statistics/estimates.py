"""An estimate whose error has several sources: pretraining trunks, test sets or split seeds, untrained initializations.

Every verdict on gains, elasticity, headline and sensitivity uses the interval and p values defined here. Adding a
variance must never narrow an interval, but it can raise the degrees of freedom more than the standard error; therefore
the interval is the wider of that from the trunks alone and that from all sources.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

MIN_DF = 4.0  # of the variance between trunks, required for a verdict
NEGLIGIBLE = 1e-10  # rounding error of a difference of equal log errors


Number = float | np.ndarray  # arrays hold replicates of a simulated study


@dataclass(frozen=True)
class Part:
    """One source of error: its variance and the degrees of freedom of that variance."""

    variance: Number
    df: Number


def satterthwaite(parts: tuple[Part, ...]) -> Part:
    """Return the sum of independent parts, with the degrees of freedom of Satterthwaite (Biometrics 1946, 2, 110)."""
    total = sum(part.variance for part in parts)
    squares = sum(np.square(part.variance) / part.df for part in parts)
    least = min(float(np.min(part.df)) for part in parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        df = np.where(squares > 0, np.square(total) / squares, least)
    return Part(total, df) if np.ndim(total) else Part(float(total), float(df))


def exceeds(distance: Number, part: Part) -> Number:
    """Return the one-sided p of a distance above a bound; 0 or 1 if there is no error."""
    error = np.sqrt(part.variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = stats.t.sf(distance / error, part.df)
    return np.where(error > NEGLIGIBLE, p, np.asarray(distance) <= NEGLIGIBLE)


@dataclass(frozen=True)
class Estimate:
    """A number with its error.

    Attributes:
        value: the estimate.
        trunks: the variance between pretraining trunks.
        total: that of all sources together.
    """

    value: Number
    trunks: Part
    total: Part

    @property
    def df(self) -> Number:
        """Degrees of freedom of the variance between trunks."""
        return self.trunks.df

    def reach(self, level: float = 0.95) -> Number:
        """Return half the width of the two-sided interval: the wider of trunks alone and all sources."""
        parts = (self.trunks, self.total)
        wider = np.maximum(*(stats.t.ppf((1 + level) / 2, part.df) * np.sqrt(part.variance) for part in parts))
        return plain(np.where(wider > NEGLIGIBLE, wider, 0.0))

    def interval(self, level: float = 0.95) -> tuple[Number, Number]:
        """Return the two-sided interval from Student's t."""
        reach = self.reach(level)
        return self.value - reach, self.value + reach

    def p_above(self, bound: float) -> Number:
        """Return the one-sided p against "it is at most `bound`".

        The larger of the two p values, so that it is below .05 exactly when the 90 % interval lies above the bound.
        """
        return plain(np.maximum(*(exceeds(self.value - bound, part) for part in (self.trunks, self.total))))

    def p_below(self, bound: float) -> Number:
        """Return the one-sided p against "it is at least `bound`"."""
        return plain(np.maximum(*(exceeds(bound - self.value, part) for part in (self.trunks, self.total))))

    def p_zero(self) -> Number:
        """Return the two-sided p against 0."""
        return plain(np.minimum(1.0, 2 * np.minimum(self.p_above(0.0), self.p_below(0.0))))

    def p_equivalent(self, low: float, high: float) -> Number:
        """Return the p of two one-sided tests against "it lies outside (low, high)" (Schuirmann 1987)."""
        return plain(np.maximum(self.p_above(low), self.p_below(high)))


def plain(value: Number) -> Number:
    """Return a float for a single number."""
    return value if np.ndim(value) else float(value)


def combine(value: Number, trunks: Part, others: tuple[Part, ...] = ()) -> Estimate:
    """Return an estimate whose total error adds independent sources to the variance between trunks."""
    return Estimate(value, trunks, satterthwaite((trunks, *others)))
