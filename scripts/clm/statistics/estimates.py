"""An estimate whose error has several sources: pretraining trunks, test sets or split seeds, untrained initializations.

Every verdict on gains, elasticity, headline and sensitivity reads its interval and p values here. Adding a variance
must never narrow an interval, but it can raise the degrees of freedom more than the standard error, so the wider of the
interval from the trunks alone and that from all sources counts.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

MIN_DF = 4.0  # of the variance between trunks, below which no verdict rests on it
NEGLIGIBLE = 1e-10  # what rounding leaves of a difference of equal log errors


@dataclass(frozen=True)
class Part:
    """One source of error: its variance and the degrees of freedom with which that is known."""

    variance: float
    df: float


def satterthwaite(parts: tuple[Part, ...]) -> Part:
    """Return the sum of independent parts, with the degrees of freedom of Satterthwaite (Biometrics 1946, 2, 110)."""
    total = sum(part.variance for part in parts)
    if total <= 0:
        return Part(0.0, min(part.df for part in parts))
    return Part(total, total**2 / sum(part.variance**2 / part.df for part in parts if part.variance > 0))


@dataclass(frozen=True)
class Estimate:
    """A number with its error.

    Attributes:
        value: the estimate.
        trunks: the variance between pretraining trunks.
        total: that of all sources together.
    """

    value: float
    trunks: Part
    total: Part

    @property
    def df(self) -> float:
        """Degrees of freedom of the variance between trunks."""
        return self.trunks.df

    def reach(self, level: float = 0.95) -> float:
        """Return half the width of the two-sided interval: the wider of trunks alone and all sources."""
        t = [stats.t.ppf((1 + level) / 2, part.df) * np.sqrt(part.variance) for part in (self.trunks, self.total)]
        return float(max(t)) if max(t) > NEGLIGIBLE else 0.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided interval from Student's t."""
        reach = self.reach(level)
        return self.value - reach, self.value + reach

    def p_above(self, bound: float) -> float:
        """Return the one-sided p against "it is at most `bound`"; without any error it is 0 or 1.

        The larger of the two p values, so that it is below .05 exactly when the 90 % interval lies above the bound.
        """
        distance = self.value - bound if abs(self.value - bound) > NEGLIGIBLE else 0.0
        p = []
        for part in (self.trunks, self.total):
            error = float(np.sqrt(part.variance))
            p.append(stats.t.sf(distance / error, part.df) if error > NEGLIGIBLE else float(distance <= 0))
        return float(max(p))

    def p_below(self, bound: float) -> float:
        """Return the one-sided p against "it is at least `bound`"."""
        return Estimate(-self.value, self.trunks, self.total).p_above(-bound)

    def p_zero(self) -> float:
        """Return the two-sided p against 0."""
        return min(1.0, 2 * min(self.p_above(0.0), self.p_below(0.0)))

    def p_equivalent(self, low: float, high: float) -> float:
        """Return the p of two one-sided tests against "it lies outside (low, high)" (Schuirmann 1987)."""
        return max(self.p_above(low), self.p_below(high))


def combine(value: float, trunks: Part, others: tuple[Part, ...] = ()) -> Estimate:
    """Return an estimate whose total error adds independent sources to the variance between trunks."""
    return Estimate(value, trunks, satterthwaite((trunks, *others)))
