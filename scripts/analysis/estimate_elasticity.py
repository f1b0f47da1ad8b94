"""Estimate how much of a gain in pretraining loss arrives at each task."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from clm.provenance.command import run
from clm.statistics.panels import MIN_SIGNAL, Panel, panels, study_runs
from clm.statistics.regression import slope_design
from clm.statistics.slopes import combined_slope
from clm.tables.frames import read_table, write_table

ALPHA = 0.05
COLUMNS = (
    "mode",
    "split",
    "features",
    "corpus",
    "task",
    "metric",
    "slope",
    "lower",
    "upper",
    "p",
    "n_cells",
    "n_trunks",
)
COLUMNS += ("loss_ratio", "verdict")


def estimate_elasticity(runs: Path, transfer: Path, draws: Path, settings: dict[str, Any], out: Path) -> None:
    """Write elasticity.csv: slope of log error on log validation loss, within one corpus and vocabulary.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        settings: `corpora`, `elasticity_margin`, `min_trunks`.
        out: one row per mode, split, read-out, corpus and task.
    """
    checkpoints, scores, sampled = read_table(runs), read_table(transfer), pd.read_parquet(draws)
    rows = []
    for corpus in settings["corpora"]:
        for panel in panels(scores, study_runs(checkpoints, [corpus]), sampled):
            found = elasticity(panel, settings["elasticity_margin"], settings["min_trunks"])
            rows.append({"corpus": corpus, **panel.names, "metric": panel.metric, **found})
    write_table(out, rows, COLUMNS)


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


if __name__ == "__main__":
    run(estimate_elasticity)
