"""Recompute the conclusions over tasks, leaving out each task, family, mode and split in turn."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.ablation import ablation_rows, effects
from clm.statistics.headline import study_nets
from clm.statistics.sensitivity import read_sensitivity
from clm.tables.frames import read_table, write_table
from clm.tables.panels import study_runs

COLUMNS = ("statistic", "mode", "split", "left_out", "name", "n_tasks", "effect", "lower", "upper", "p", "verdict")
COLUMNS += ("change", "changed", "reason")


def ablate_tasks(
    runs: Path,
    transfer: Path,
    draws: Path,
    saturation: Path,
    tasks: Path,
    sensitivity: Path,
    settings: dict[str, Any],
    out: Path,
) -> None:
    """Write ablation.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        saturation: saturation.csv.
        tasks: tasks.csv, for the family of each task.
        sensitivity: sensitivity.csv.
        settings: `corpus`, `gain_margin`, `elasticity_margin`, `bootstrap`, `seed`, `aggregate` (tasks that count).
        out: one row per statistic, mode, split ("(all)": means over both) and excluded part, if a test remains.
            `change`: none, reversal, to undecided or from undecided.
    """
    known = read_table(tasks)
    families = dict(zip(known["task"], known["family"], strict=True))
    cells = study_runs(read_table(runs), [settings["corpus"]])
    nets = study_nets(read_table(transfer), cells, pd.read_parquet(draws))
    rows = effects(nets, read_table(saturation), settings["aggregate"])
    margins = {"gain": settings["gain_margin"], "elasticity": settings["elasticity_margin"]}
    seen = read_sensitivity(read_table(sensitivity))
    found = ablation_rows(rows, families, margins, seen, settings["bootstrap"], settings["seed"])
    write_table(out, found, COLUMNS)


if __name__ == "__main__":
    run(ablate_tasks)
