"""Compare the largest frozen encoder with a few named methods on common splits, and over tasks."""

from pathlib import Path
from typing import Any

from clm.provenance.command import parser, run
from clm.statistics.methods import COLUMNS, method_rows
from clm.tables.frames import read_table, write_table
from clm.tables.panels import study_runs


def compare_methods(runs: Path, transfer: Path, config: dict[str, Any], out: Path) -> None:
    """Write contrasts.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        config: `corpus`, `contrast_margin`, `aggregate` (tasks that count in the rows over tasks).
        out: one row per seeded split, task and named contrast, where blocks are the splits; and one per split and
            contrast over tasks, where blocks are tasks. Differences are of log errors, negative: `method` errs less.
    """
    cells = study_runs(read_table(runs), [config["corpus"]])
    rows = method_rows(cells, read_table(transfer), config["aggregate"], config["contrast_margin"])
    write_table(out, rows, COLUMNS)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("runs", "transfer", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    compare_methods(a.runs, a.transfer, a.config, a.out)


if __name__ == "__main__":
    run(main)
