"""Tabulate learning curves: error against the number of labels, and the gain of the last doubling."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.statistics.learning import COLUMNS, learning_rows
from clm.tables.frames import write_table


def tabulate_learning(curves: list[Path], settings: dict[str, Any], out: Path) -> None:
    """Write learning_curves.csv.

    Args:
        curves: JSON of the curves of each task and kind of model.
        settings: `kinds` of the tasks and `gain_margin`.
        out: one row per task, model and number of labels.
    """
    rows = []
    for task in map(read_json, curves):
        metric = "auc" if settings["kinds"][task["task"]] == "classification" else "rmse"
        rows += learning_rows(task, metric, settings["gain_margin"])
    write_table(out, rows, COLUMNS)


if __name__ == "__main__":
    run(tabulate_learning)
