"""Compare forms of a law by their error on the largest cells, which are held out of the fit."""

from collections.abc import Callable
from typing import Any

import numpy as np

from clm.statistics.fits.curves import Curve, levels
from clm.statistics.fits.laws import Form, fit_form

HELD_OUT = 0.2  # share of the distinct values, the largest


def kept_cells(curve: Curve) -> np.ndarray | None:
    """Return whether each cell is kept for a fit that must predict the largest ones, or None if too few are."""
    if not len(curve.cells):
        return None
    level = levels(curve.cells[curve.held].to_numpy(dtype=float))
    kept = level <= level.max() - max(1, round(HELD_OUT * (level.max() + 1)))
    return kept if len(np.unique(level[kept])) >= 2 else None


def held_out_error(
    form: Form, kept: np.ndarray, log_loss: np.ndarray, fit: Callable[[Form, np.ndarray], np.ndarray] = fit_form
) -> float:
    """Return the mean absolute error of log loss on held-out cells for a fit to the kept cells.

    Args:
        form: the law on n checkpoints.
        kept: bool (n,).
        log_loss: float64 (n,).
        fit: returns the parameters of a law fitted to log losses.
    """
    theta = fit(form.take(kept), log_loss[kept])
    return float(np.mean(np.abs(form.take(~kept)(theta)[0] - log_loss[~kept])))


def with_errors(
    power: list[dict[str, Any]], floor: list[dict[str, Any]], power_error: float | None, floor_error: float | None
) -> list[dict[str, Any]]:
    """Return the rows of both forms with their held-out errors, and the better form if both are known."""
    comparison = None
    if power_error is not None and floor_error is not None:
        comparison = f"{'E = 0' if power_error <= floor_error else 'the floor'} predicts the largest cells better"
    rows = [
        row | {"holdout_error": power_error, "note": "; ".join(filter(None, (row.get("note"), comparison)))}
        for row in power
    ]
    return rows + [row | {"holdout_error": floor_error} for row in floor]
