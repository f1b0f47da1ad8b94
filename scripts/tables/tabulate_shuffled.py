"""Tabulate the control with shuffled tokens: checkpoints and scores that are in no other table."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.tables.cells import checkpoints_of, read_cells
from clm.tables.runs import write_runs
from clm.tables.transfer import write_transfer


def tabulate_shuffled(
    results: Path, cells: list[Path], settings: dict[str, Any], runs: Path, transfer: Path, draws: Path
) -> None:
    """Write shuffled_runs.csv, shuffled_transfer.csv and shuffled_draws.parquet.

    Args:
        results: folder of the study.
        cells: files of the lists `shuffled_trunks` and `shuffled_fine_tuned` (see clm.tables.cells).
        settings: `corpora` (those read from files, then shuffled ones), `tasks`, `kinds` of the tasks,
            `bootstrap`.
        runs: columns of runs.csv; `loss` is that on shuffled validation molecules of the checkpoint's own corpus.
        transfer: columns of transfer.csv.
        draws: columns of draws.parquet.
    """
    found = read_cells(cells)
    listed = {"trunks": found["shuffled_trunks"], "fine_tuned": found["shuffled_fine_tuned"], "baselines": []}
    write_runs(results, checkpoints_of(listed), settings["corpora"], runs)
    write_transfer(results, settings | listed, transfer, draws)


if __name__ == "__main__":
    run(tabulate_shuffled)
