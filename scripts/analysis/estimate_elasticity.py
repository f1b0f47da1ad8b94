"""Estimate how much of a gain in pretraining loss reaches each task."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.elasticity import COLUMNS, elasticity_row, judge
from clm.statistics.net_gain import untrained_twins
from clm.statistics.sensitivity import read_sensitivity
from clm.tables.frames import read_table, write_table
from clm.tables.panels import panels, study_runs


def estimate_elasticity(
    runs: Path, transfer: Path, draws: Path, sensitivity: Path, settings: dict[str, Any], out: Path
) -> None:
    """Write elasticity.csv: slope of net log error on log validation loss, within one corpus and vocabulary.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        sensitivity: sensitivity.csv.
        settings: `corpora`, `elasticity_margin`, `min_trunks`.
        out: one row per mode, split, read-out, corpus and task.
    """
    checkpoints, scores, sampled = read_table(runs), read_table(transfer), pd.read_parquet(draws)
    twins, rows = untrained_twins(scores, sampled), []
    for corpus in settings["corpora"]:
        for panel in panels(scores, study_runs(checkpoints, [corpus]), sampled):
            found = elasticity_row(panel, settings["min_trunks"], twins.get(tuple(panel.names.values())))
            rows.append({"corpus": corpus, **panel.names, **found})
    seen = read_sensitivity(read_table(sensitivity))
    write_table(out, judge(rows, settings["elasticity_margin"], seen), COLUMNS)


if __name__ == "__main__":
    run(estimate_elasticity)
