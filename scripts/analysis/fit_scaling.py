"""Fit pretraining loss against parameters, tokens, molecules and compute."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.statistics.fits.repeats import repeated_rows
from clm.statistics.fits.scaling import fit_rows
from clm.tables.frames import read_table, write_table
from clm.tables.panels import study_runs

COLUMNS = ("axis", "corpus", "form", "parameter", "estimate", "lower", "upper", "n", "n_trunks", "status")
COLUMNS += ("holdout_error", "df", "bootstrap_lower", "bootstrap_upper", "lack_of_fit_p", "lack_of_fit_test", "note")


def fit_scaling(runs: Path, settings: dict[str, Any], out: Path) -> None:
    """Write fits.csv.

    Args:
        runs: runs.csv.
        settings: `corpora`, `bootstrap` (draws), `seed`, `min_trunks`.
        out: one row per axis, form and parameter. Exponents of a power law have two intervals, the cluster-robust one
            and that of the bootstrap over trunks, and a test of the law.
    """
    checkpoints, rows = read_table(runs), []
    for corpus in settings["corpora"]:
        cells = study_runs(checkpoints, [corpus])
        if len(cells):
            found = fit_rows(cells, settings["bootstrap"], settings["seed"], settings["min_trunks"])
            found += repeated_rows(cells, settings["bootstrap"], settings["seed"])
            rows += [{"corpus": corpus, **row} for row in found]
    write_table(out, rows, COLUMNS)


if __name__ == "__main__":
    run(fit_scaling)
