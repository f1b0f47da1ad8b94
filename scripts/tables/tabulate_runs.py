"""Tabulate pretraining: one row per checkpoint, including untrained encoders."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.tables.cells import checkpoints_of, read_cells
from clm.tables.runs import write_runs


def tabulate_runs(results: Path, cells: list[Path], settings: dict[str, Any], out: Path) -> None:
    """Write runs.csv.

    Args:
        results: folder of the study.
        cells: file of the list `trunks` (see clm.tables.cells).
        settings: `corpora` of the study in order.
        out: the table.
    """
    write_runs(results, checkpoints_of(read_cells(cells)), settings["corpora"], out)


if __name__ == "__main__":
    run(tabulate_runs)
