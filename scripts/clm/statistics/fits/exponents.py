"""Exponents of power laws of the loss, with two intervals: cluster-robust ones and a bootstrap over trunks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clm.statistics.fits.curves import Curve, levels
from clm.statistics.fits.lack_of_fit import LackOfFit, lack_of_fit
from clm.statistics.gains import AXES
from clm.statistics.intervals import Interval, percentile_interval
from clm.statistics.regression import slope_design, weighted_estimators
from clm.statistics.resampling import drawn_trunks
from clm.statistics.slopes import Slope


@dataclass(frozen=True)
class Exponent:
    """The exponent a of L ~ x^-a.

    Attributes:
        slope: log-log slope, which is -a, with its cluster-robust error.
        bootstrap: 95 % interval of the slope over drawn trunks; (None, None) if too few draws have a slope.
        misfit: whether a power law describes the cells.
        trunks: number of trunks behind the slope.
    """

    slope: Slope
    bootstrap: Interval
    misfit: LackOfFit
    trunks: int


def exponent(
    curve: Curve, used: pd.DataFrame, index: int, min_trunks: int, draws: int, seed: int, every: pd.DataFrame
) -> Exponent | None:
    """Return one exponent of a power law, or None if too few trunks differ.

    Args:
        curve: which fit.
        used: its cells.
        index: of the input.
        min_trunks: minimum number of trunks for a fit.
        draws: of the bootstrap over trunks.
        seed: of the bootstrap.
        every: all cells of the corpus, from which a drawn envelope is taken.
    """
    if not len(used):
        return None
    x, groups = regressors(curve, used, index)
    trunks, log_loss = used["trunk"].to_numpy(), np.log(used["loss"].to_numpy(dtype=float))
    design = slope_design(x, groups, trunks)
    if design is None or design.clusters < min_trunks:
        return None
    estimate, variance = design.slope(log_loss)
    slope = Slope(estimate, float(np.sqrt(variance)), design.df, False)
    if curve.axis == "C":
        drawn = drawn_envelopes(every, draws, seed)
    else:
        weights = drawn_trunks(np.random.default_rng(seed), trunks, draws)
        drawn = weighted_estimators(x, groups, weights) @ log_loss
    misfit = lack_of_fit(used, x, groups, between_trunks=curve.axis in ("N", "U"))
    return Exponent(slope, percentile_interval(drawn), misfit, design.clusters)


def regressors(curve: Curve, used: pd.DataFrame, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the log input, float64 (n,), and the groups of cells whose other inputs are equal, integer (n,)."""
    logs = np.log(used[list(curve.inputs)].to_numpy(dtype=float))
    axis = next((axis for axis in AXES[:3] if axis.name == curve.axis), None)
    if axis is not None:
        return logs[:, index], used.groupby(list(axis.fixed), sort=False).ngroup().to_numpy()
    if curve.axis == "C":
        return logs[:, 0], np.zeros(len(used), dtype=int)
    return logs[:, index], levels(np.exp(logs[:, 1 - index]))


def drawn_envelopes(cells: pd.DataFrame, draws: int, seed: int) -> np.ndarray:
    """Return the log-log slopes of the lower envelopes of drawn trunks, float64 (draws,); each draw has its envelope.

    Args:
        cells: `flops`, `loss`, `trunk` of all checkpoints.
        draws: of the bootstrap.
        seed: of the bootstrap.
    """
    ordered = cells.sort_values(["flops", "loss"], kind="stable")
    log_loss = np.log(ordered["loss"].to_numpy(dtype=float))
    weights = drawn_trunks(np.random.default_rng(seed), ordered["trunk"].to_numpy(), draws)
    x = np.log(ordered["flops"].to_numpy(dtype=float))
    return envelope_slopes(x, np.where(weights > 0, log_loss, np.inf))


def envelope_slopes(x: np.ndarray, log_losses: np.ndarray) -> np.ndarray:
    """Return the slope of the lower envelope of each row.

    Args:
        x: float64 (n,), log compute, ascending.
        log_losses: float64 (b, n); infinite for cells that are not drawn.

    Returns:
        float64 (b,), NaN for an envelope of one cell.
    """
    before = np.minimum.accumulate(log_losses, axis=1)
    lowest = np.isfinite(log_losses)
    lowest[:, 1:] &= log_losses[:, 1:] < before[:, :-1]
    estimators = weighted_estimators(x, np.zeros(len(x), dtype=int), lowest.astype(float))
    return np.sum(estimators * np.where(lowest, log_losses, 0.0), axis=1)
