"""Recompute what is concluded over tasks with each task, family, mode and split left out."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.statistics.ablation import ablation_rows, effects
from clm.statistics.sensitivity import read_sensitivity
from clm.tables.frames import read_table, write_table

COLUMNS = ("statistic", "mode", "split", "left_out", "name", "n_tasks", "effect", "lower", "upper", "p", "verdict")
COLUMNS += ("change", "changed", "reason")


def ablate_tasks(
    saturation: Path, elasticity: Path, tasks: Path, sensitivity: Path, settings: dict[str, Any], out: Path
) -> None:
    """Write ablation.csv.

    Args:
        saturation: saturation.csv.
        elasticity: elasticity.csv.
        tasks: tasks.csv, for the family of each task.
        sensitivity: sensitivity.csv.
        settings: `corpus`, `gain_margin`, `elasticity_margin`, `bootstrap`, `seed`, `aggregate` (tasks that count).
        out: one row per statistic, mode, split ("(all)": means over both) and part left out that leaves a test.
            `change`: none, reversal, to undecided or from undecided.
    """
    known = read_table(tasks)
    families = dict(zip(known["task"], known["family"], strict=True))
    rows = effects(read_table(saturation), read_table(elasticity), settings["corpus"], settings["aggregate"])
    margins = {"gain": settings["gain_margin"], "elasticity": settings["elasticity_margin"]}
    seen = read_sensitivity(read_table(sensitivity))
    found = ablation_rows(rows, families, margins, seen, settings["bootstrap"], settings["seed"])
    write_table(out, found, COLUMNS)


if __name__ == "__main__":
    run(ablate_tasks)
