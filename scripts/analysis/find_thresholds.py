"""Find the size, number of tokens and number of molecules from which each task saturates or degrades."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.gains import AXES
from clm.statistics.net_gain import untrained_twins
from clm.statistics.sensitivity import read_sensitivity
from clm.statistics.thresholds import judge_tails, task_tails, threshold_row
from clm.statistics.verdicts import Judged
from clm.tables.columns import PRIMARY
from clm.tables.frames import read_table, write_table
from clm.tables.panels import panels, study_runs

COLUMNS = ("axis", "mode", "split", "task", "metric", "verdict", "start", "at", "gain", "lower", "upper", "raw_gain")
COLUMNS += ("onset_lower", "onset_upper", "n_cells", "n_trunks", "reason")
PLACE = ["axis", "mode", "split"]


def find_thresholds(
    runs: Path, transfer: Path, draws: Path, saturation: Path, sensitivity: Path, settings: dict[str, Any], out: Path
) -> None:
    """Write thresholds.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        saturation: saturation.csv, the verdicts on the whole axis.
        sensitivity: sensitivity.csv.
        settings: `corpus`, `gain_margin`, `min_trunks`, `bootstrap`, `seed`.
        out: one row per axis (N, D, U), mode, split and task; primary read-out. Net gains, with raw ones beside them.
    """
    cells = study_runs(read_table(runs), [settings["corpus"]])
    scores = read_table(transfer)
    scores = scores[scores["features"].isna() | (scores["features"] == PRIMARY)]
    sampled, margin = pd.read_parquet(draws), settings["gain_margin"]
    twins, sensitive = untrained_twins(scores, sampled), read_sensitivity(read_table(sensitivity))
    whole = whole_verdicts(read_table(saturation))
    places: dict[tuple[str, str], list] = {}
    for panel in panels(scores, cells, sampled):
        places.setdefault((panel.names["mode"], panel.names["split"]), []).append(panel)
    rows = []
    for axis in AXES[:3]:  # compute mixes the others: no single quantity that a user could set
        for place, members in places.items():
            tasks = [task_tails(p, axis, settings["min_trunks"], twins.get(tuple(p.names.values()))) for p in members]
            judged = judge_tails(tasks, margin, sensitive.get(place, False), whole[axis.name, *place])
            resampling = (margin, settings["bootstrap"], settings["seed"])
            rows += [threshold_row(*pair, axis, *resampling) for pair in zip(tasks, judged, strict=True)]
    write_table(out, rows, COLUMNS)


def whole_verdicts(saturation: pd.DataFrame) -> dict[tuple[str, str, str], dict[str, Judged]]:
    """Return {(axis, mode, split): {task: verdict}} of the primary read-out in saturation.csv."""
    rows = saturation[saturation["features"] == PRIMARY]
    return {
        place: {row["task"]: Judged(row["verdict"], row["reason"]) for row in group.to_dict("records")}
        for place, group in rows.groupby(PLACE, sort=False)
    }


if __name__ == "__main__":
    run(find_thresholds)
