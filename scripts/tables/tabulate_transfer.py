"""Tabulate transfer: scores of every model, their predictors, and paired bootstrap draws of their errors."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.tables.cells import read_cells
from clm.tables.transfer import write_transfer


def tabulate_transfer(
    results: Path, cells: list[Path], settings: dict[str, Any], out: Path, predictors: Path, draws: Path
) -> None:
    """Write transfer.csv, task_predictors.csv and draws.parquet.

    Args:
        results: folder of the study.
        cells: files of the lists `trunks` and `fine_tuned` (see clm.tables.cells).
        settings: `tasks`, `baselines`, `kinds` of the tasks and `bootstrap`, the number of draws.
        out: one row per score.
        predictors: one row per predictor of the score of a checkpoint on a task; `reason`: why it has no value.
        draws: one row per checkpoint and task on the scaffold split, with the log errors on drawn test sets and halves.
    """
    write_transfer(results, settings | read_cells(cells), out, draws, predictors)


if __name__ == "__main__":
    run(tabulate_transfer)
