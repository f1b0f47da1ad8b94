"""How much of a gain in pretraining loss arrives at a task: the slope of log error on log loss."""

from typing import Any

import numpy as np

from clm.statistics.regression import slope_design
from clm.statistics.slopes import combined_slope
from clm.tables.columns import ALPHA
from clm.tables.panels import MIN_SIGNAL, Panel

COLUMNS = ("mode", "split", "features", "corpus", "task", "metric", "slope", "lower", "upper", "p", "n_cells")
COLUMNS += ("n_trunks", "loss_ratio", "verdict")


def elasticity(panel: Panel, margin: float, min_trunks: int) -> dict[str, Any]:
    """Return the elasticity of one task with its verdict.

    1 means that the error falls in proportion to the loss, 0 that nothing arrives. Loss is taken as measured: over
    hundreds of validation molecules its error is far below the spread between checkpoints.

    arrives: the 95 % interval lies above 0 and an elasticity of the margin is not ruled out; nothing arrives: a
    one-sided 5 % test rejects an elasticity of the margin or more; otherwise undecided.
    """
    loss = panel.cells["loss"].to_numpy(dtype=float)
    trunks = panel.cells["trunk"].to_numpy()
    design = slope_design(np.log(loss), np.zeros(len(loss), dtype=int), trunks)
    row = {"n_cells": len(loss), "n_trunks": len(np.unique(trunks)), "loss_ratio": float(loss.max() / loss.min())}
    if design is None or row["n_trunks"] < min_trunks:
        return row | {"verdict": "too_few"}
    slope = combined_slope(design, panel.errors, panel.ratio, panel.draws)
    lower, upper = slope.interval()
    row |= {"slope": slope.estimate, "lower": lower, "upper": upper, "p": slope.p_zero()}
    if panel.signal < MIN_SIGNAL:
        return row | {"verdict": "no_signal"}
    if 1 - slope.p_below(margin) < ALPHA:
        return row | {"verdict": "nothing arrives"}
    return row | {"verdict": "arrives" if lower > 0 else "undecided"}
