"""Compare the largest encoder, fine-tuned and probed, with a few named methods on common splits, and over tasks."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.statistics.methods import COLUMNS, method_rows
from clm.tables.frames import read_table, write_table
from clm.tables.panels import study_runs


def compare_methods(runs: Path, transfer: Path, settings: dict[str, Any], out: Path) -> None:
    """Write contrasts.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        settings: `corpus`, `contrast_margin`, `aggregate` (tasks that count in the rows over tasks).
        out: one row per mode, seeded split, task and named contrast, where blocks are the splits; and one per split and
            contrast over tasks, where blocks are tasks. Differences of log errors; negative if `method` errs less.
    """
    cells = study_runs(read_table(runs), [settings["corpus"]])
    rows = method_rows(cells, read_table(transfer), settings["aggregate"], settings["contrast_margin"])
    write_table(out, rows, COLUMNS)


if __name__ == "__main__":
    run(compare_methods)
