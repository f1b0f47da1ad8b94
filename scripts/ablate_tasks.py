"""Recompute what is concluded over tasks with each task, family, mode and split left out."""

from pathlib import Path
from typing import Any

from clm.provenance.command import parser, run
from clm.statistics.ablation import ablation_rows, effects
from clm.tables.frames import read_table, write_table

COLUMNS = ("statistic", "mode", "split", "left_out", "name", "n_tasks", "effect", "lower", "upper", "p", "verdict")
COLUMNS += ("changed", "reason")


def ablate_tasks(saturation: Path, elasticity: Path, tasks: Path, config: dict[str, Any], out: Path) -> None:
    """Write ablation.csv.

    Args:
        saturation: saturation.csv.
        elasticity: elasticity.csv.
        tasks: tasks.csv, for the family of each task.
        config: `corpus`, `gain_margin`, `elasticity_margin`, `bootstrap`, `seed`, `aggregate` (tasks that count).
        out: one row per statistic, mode, split ("(all)": means over both) and part left out.
    """
    known = read_table(tasks)
    families = dict(zip(known["task"], known["family"], strict=True))
    rows = effects(read_table(saturation), read_table(elasticity), config["corpus"], config["aggregate"])
    margins = {"gain": config["gain_margin"], "elasticity": config["elasticity_margin"]}
    write_table(out, ablation_rows(rows, families, margins, config["bootstrap"], config["seed"]), COLUMNS)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("saturation", "elasticity", "tasks", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    ablate_tasks(a.saturation, a.elasticity, a.tasks, a.config, a.out)


if __name__ == "__main__":
    run(main)
