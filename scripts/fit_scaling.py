"""Fit pretraining loss against parameters, tokens, molecules and compute."""

from pathlib import Path
from typing import Any

from clm.provenance.command import parser, run
from clm.statistics.fits.repeats import repeated_rows
from clm.statistics.fits.scaling import fit_rows
from clm.tables.frames import read_table, write_table
from clm.tables.panels import study_runs

COLUMNS = ("axis", "corpus", "form", "parameter", "estimate", "lower", "upper", "n", "n_trunks", "status")
COLUMNS += ("holdout_error", "note")


def fit_scaling(runs: Path, config: dict[str, Any], out: Path) -> None:
    """Write fits.csv.

    Args:
        runs: runs.csv.
        config: `corpora`, `bootstrap` (draws), `seed`, `min_trunks`.
        out: one row per axis, form and parameter.
    """
    checkpoints, rows = read_table(runs), []
    for corpus in config["corpora"]:
        cells = study_runs(checkpoints, [corpus])
        if len(cells):
            found = fit_rows(cells, config["bootstrap"], config["seed"], config["min_trunks"])
            found += repeated_rows(cells, config["bootstrap"], config["seed"])
            rows += [{"corpus": corpus, **row} for row in found]
    write_table(out, rows, COLUMNS)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--runs", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    fit_scaling(a.runs, a.config, a.out)


if __name__ == "__main__":
    run(main)
