"""Tabulate the check of pretraining learning rates: validation loss at multiples of each size's rate."""

import csv
from pathlib import Path

from clm.provenance.command import parser, run
from clm.provenance.files import atomic, read_json

COLUMNS = ("size", "corpus", "budget_tokens", "factor", "learning_rate", "loss", "status")


def tabulate_rates(sweeps: list[Path], out: Path) -> None:
    """Write one row per size and rate; a diverged run has no loss."""
    with atomic(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        for sweep in map(read_json, sweeps):
            writer.writerows(sweep | rate for rate in sweep["rates"])


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--sweeps", type=Path, nargs="+", required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    tabulate_rates(a.sweeps, a.out)


if __name__ == "__main__":
    run(main)
