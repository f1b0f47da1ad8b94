"""Estimate how much of a gain in pretraining loss arrives at each task."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.elasticity import COLUMNS, elasticity
from clm.tables.frames import read_table, write_table
from clm.tables.panels import panels, study_runs


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


if __name__ == "__main__":
    run(estimate_elasticity)
