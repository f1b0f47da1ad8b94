"""Values along an axis, and the bootstrap range of the first one beyond which the gain is below the margin."""

import numpy as np

from clm.statistics.gains import Axis
from clm.statistics.intervals import TAILS
from clm.statistics.regression import weighted_estimators
from clm.statistics.resampling import drawn_trunks
from clm.tables.columns import SCALES
from clm.tables.panels import Panel

NAMED = {column: name for name, column in SCALES.items()}  # column of an axis to the column of its names


def starts(panel: Panel, axis: Axis) -> list[tuple[str, float]]:
    """Return names and values along an axis, ascending, without the last, at which no tail starts."""
    values = panel.cells.groupby(NAMED[axis.column])[axis.column].mean().sort_values(kind="stable")
    return [(str(name), float(value)) for name, value in values.items()][:-1]


def onset_interval(panel: Panel, axis: Axis, margin: float, draws: int, seed: int) -> tuple[str | None, str | None]:
    """Return the 95 % range, over drawn trunks, of the first value whose tail gains less than the margin.

    The ends are names of values along the axis; "beyond" if every tail gains at least the margin. Draws without any
    pair of different trunks are excluded; (None, None) if these are the majority.
    """
    values = starts(panel, axis)
    weights = drawn_trunks(np.random.default_rng(seed), panel.cells["trunk"].to_numpy(), draws)
    means = panel.cells.groupby(NAMED[axis.column])[axis.column].transform("mean").to_numpy(dtype=float)
    slopes = np.array([tail_slopes(panel, axis, weights * (means >= at)) for _, at in values])
    slopes = slopes[:, np.isfinite(slopes).all(axis=0)]
    if slopes.shape[1] < draws / 2:
        return None, None
    flat = slopes > np.log1p(-margin)
    first = np.where(flat.any(axis=0), np.argmax(flat, axis=0), len(values))
    low, high = np.quantile(first, TAILS, method="closest_observation").astype(int)
    names = [name for name, _ in values] + ["beyond"]
    return names[low], names[high]


def tail_slopes(panel: Panel, axis: Axis, weights: np.ndarray) -> np.ndarray:
    """Return weighted slopes of log error per doubling with fixed effects; NaN if nothing varies.

    Args:
        panel: n checkpoints.
        axis: axis of scale.
        weights: float64 (b, n), how often each checkpoint counts.

    Returns:
        float64 (b,).
    """
    x = np.log2(panel.cells[axis.column].to_numpy(dtype=float))
    groups = panel.cells.groupby(list(axis.fixed), sort=False).ngroup().to_numpy()
    return weighted_estimators(x, groups, weights) @ panel.y
