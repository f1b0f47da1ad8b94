"""Power of the claims that the pretraining loss falls along an axis, whose two intervals must agree."""

import numpy as np

from clm.statistics.components import Components
from clm.statistics.estimates import MIN_DF
from clm.statistics.fits.exponents import envelope_slopes
from clm.statistics.gains import AXES, axis_design
from clm.statistics.intervals import TAILS, t_reach
from clm.statistics.power import POWER, quantile, shortage
from clm.statistics.regression import slope_design, weighted_estimators
from clm.statistics.replicates import Plan, trunk_effects
from clm.statistics.resampling import drawn_trunks

DRAWS = 400  # of the bootstrap over trunks
NO_FLAT_ENVELOPE = "another test: a lower envelope falls by its construction, so that no fall is never shown"


def fall_effects(plan: Plan, parts: Components, axis: str, count: int, seed: int) -> tuple[float, float] | str:
    """Return the smallest fall of log loss per doubling that is decided, and the smallest margin shown for no fall.

    Args:
        plan: the study.
        parts: variance components of log loss.
        axis: N, D or U.
        count: replicates.
        seed: of the draws.

    Returns:
        Both, or what the claim needs to be testable.
    """
    along = next(one for one in AXES if one.name == axis)
    design, cells = axis_design(plan.cells, along), plan.cells
    missing = shortage(design)
    if missing:
        return missing
    random = np.random.default_rng(seed)
    y = trunk_effects(random, cells, parts, count, 1)[:, 0]
    slopes = y @ design.weights
    reach = t_reach(design.df) * np.sqrt(np.square(y @ design.scores.T).sum(axis=1))
    x = np.log2(cells[along.column].to_numpy(dtype=float))
    groups = cells.groupby(list(along.fixed), sort=False).ngroup().to_numpy()
    estimators = weighted_estimators(x, groups, drawn_trunks(random, cells["trunk"].to_numpy(), DRAWS))
    low, high = np.nanquantile(estimators @ y.T, TAILS, axis=0)
    return quantile(np.maximum(slopes + reach, high)), quantile(np.maximum(reach - slopes, -low))


def envelope_effect(plan: Plan, loss: np.ndarray, parts: Components, count: int, seed: int) -> float | str:
    """Return the smallest fall of log loss per doubling of compute, along the lower envelope, that is decided.

    Args:
        plan: the study.
        loss: float64 (n,), expected log losses of its cells; effects are multiples of their spread.
        parts: variance components of log loss.
        count: replicates.
        seed: of the draws.

    Returns:
        The fall, or what the claim needs to be testable.
    """
    x, loss = np.log2(plan.cells["flops"].to_numpy(dtype=float)), loss - loss.mean()
    random, trunks = np.random.default_rng(seed), plan.cells["trunk"].to_numpy()
    noise = trunk_effects(random, plan.cells, parts, count, 1)[:, 0]
    drawn = drawn_trunks(random, trunks, DRAWS)

    def power(scale: float) -> float:
        return float(np.mean([envelope_falls(x, scale * loss + one, trunks, drawn) for one in noise]))

    low, high = 0.0, 1.0
    while power(high) < POWER:
        low, high = high, 2 * high
        if high > 16:
            return f"trunks on the lower envelope of compute that give it {MIN_DF:g} degrees of freedom"
    for _ in range(6):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    order = np.lexsort((loss, x))
    return float(-high * envelope_slopes(x[order], loss[None, order])[0])


def envelope_falls(x: np.ndarray, log_loss: np.ndarray, trunks: np.ndarray, drawn: np.ndarray) -> bool:
    """Return whether both intervals of the exponent of one envelope lie above 0.

    Args:
        x: float64 (n,), log compute.
        log_loss: float64 (n,).
        trunks: integer (n,).
        drawn: float64 (b, n), how often each cell counts.
    """
    order = np.lexsort((log_loss, x))  # of cells with equal compute only the best is on the envelope
    x, log_loss, trunks, drawn = x[order], log_loss[order], trunks[order], drawn[:, order]
    lowest = np.append(True, log_loss[1:] < np.minimum.accumulate(log_loss)[:-1])
    design = slope_design(x[lowest], np.zeros(int(lowest.sum()), dtype=int), trunks[lowest])
    if design is None or design.df < MIN_DF:
        return False
    value, variance = design.slope(log_loss[lowest])
    slopes = envelope_slopes(x, np.where(drawn > 0, log_loss, np.inf))
    return bool(value + t_reach(design.df) * np.sqrt(variance) < 0 and np.nanquantile(slopes, TAILS[1]) < 0)
