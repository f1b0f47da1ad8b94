"""Recompute findings of published studies within their own windows: loss and error, read-out layers, equal loss."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.net_gain import untrained_twins
from clm.statistics.reconciliation import COLUMNS, reconciliation_rows
from clm.statistics.sensitivity import read_sensitivity
from clm.tables.frames import read_table, write_table
from clm.tables.panels import panels, study_runs


def reconcile_literature(
    runs: Path, transfer: Path, draws: Path, sensitivity: Path, settings: dict[str, Any], out: Path
) -> None:
    """Write reconciliation.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        sensitivity: sensitivity.csv.
        settings: `corpus`, `gain_margin`, `bootstrap`, `seed`, `min_trunks`, `aggregate` (tasks that count).
        out: `question` window: Spearman correlation of loss and error in the window of each paper, with the value that
            range restriction predicts from the whole range; layers: gain per doubling of tokens, read from the last
            and a middle layer; isoloss: net gain per doubling of parameters at equal loss.
    """
    cells = study_runs(read_table(runs), [settings["corpus"]])
    scores, sampled = read_table(transfer), pd.read_parquet(draws)
    seen = read_sensitivity(read_table(sensitivity))
    rows = reconciliation_rows(panels(scores, cells, sampled), untrained_twins(scores, sampled), seen, settings)
    write_table(out, rows, COLUMNS)


if __name__ == "__main__":
    run(reconcile_literature)
