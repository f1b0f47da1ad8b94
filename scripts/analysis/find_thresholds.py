"""Find from which size, number of tokens or of molecules on each task saturates or degrades."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.gains import AXES
from clm.statistics.net_gain import untrained_twins
from clm.statistics.thresholds import threshold_row
from clm.tables.columns import PRIMARY
from clm.tables.frames import read_table, write_table
from clm.tables.panels import panels, study_runs

COLUMNS = ("axis", "mode", "split", "task", "metric", "verdict", "start", "at", "gain", "lower", "upper", "raw_gain")
COLUMNS += ("onset_lower", "onset_upper", "n_cells", "n_trunks", "reason")
JUDGED = ("gain_margin", "min_trunks", "bootstrap", "seed")


def find_thresholds(runs: Path, transfer: Path, draws: Path, settings: dict[str, Any], out: Path) -> None:
    """Write thresholds.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        settings: `corpus`, `gain_margin`, `min_trunks`, `bootstrap`, `seed`.
        out: one row per axis (N, D, U), mode, split and task; primary read-out. Gains are net, raw ones stand beside.
    """
    cells = study_runs(read_table(runs), [settings["corpus"]])
    scores = read_table(transfer)
    scores = scores[scores["features"].isna() | (scores["features"] == PRIMARY)]
    sampled, settings = pd.read_parquet(draws), [settings[name] for name in JUDGED]
    twins = untrained_twins(scores, sampled)
    found = [
        threshold_row(panel, axis, *settings, twins.get(tuple(panel.names.values())))
        for panel in panels(scores, cells, sampled)
        for axis in AXES[:3]  # compute is a mixture of the others: no single quantity that a user could set
    ]
    write_table(out, sorted(found, key=lambda row: "NDU".index(row["axis"])), COLUMNS)


if __name__ == "__main__":
    run(find_thresholds)
