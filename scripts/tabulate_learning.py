"""Tabulate learning curves: error against the number of labels, and what the last doubling brought."""

from pathlib import Path
from typing import Any

from clm.provenance.command import parser, run
from clm.provenance.files import read_json
from clm.statistics.learning import COLUMNS, learning_rows
from clm.tables.frames import write_table


def tabulate_learning(curves: list[Path], config: dict[str, Any], out: Path) -> None:
    """Write learning_curves.csv.

    Args:
        curves: JSON of the curves of each task and kind of model.
        config: `kinds` of the tasks and `gain_margin`.
        out: one row per task, model and number of labels.
    """
    rows = []
    for task in map(read_json, curves):
        metric = "auc" if config["kinds"][task["task"]] == "classification" else "rmse"
        rows += learning_rows(task, metric, config["gain_margin"])
    write_table(out, rows, COLUMNS)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--curves", type=Path, nargs="*", required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    tabulate_learning(a.curves, a.config, a.out)


if __name__ == "__main__":
    run(main)
