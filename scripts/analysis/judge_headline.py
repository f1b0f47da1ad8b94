"""Judge the headline: net gain per doubling of tokens, parameters and molecules, pooled over all tasks that count."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics import headline_curves
from clm.statistics.headline import COLUMNS, headline_rows, study_nets
from clm.statistics.sensitivity import read_sensitivity
from clm.tables.frames import read_table, write_table
from clm.tables.panels import study_runs


def judge_headline(
    runs: Path, transfer: Path, draws: Path, sensitivity: Path, settings: dict[str, Any], out: Path, curves: Path
) -> None:
    """Write headline.csv and headline_curves.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        sensitivity: sensitivity.csv.
        settings: `corpus` (the one whose checkpoints are judged), `aggregate` (tasks that count), `gain_margin`,
            `elasticity_margin`, `bootstrap`, `seed`.
        out: one row per axis, mode and split, and over all splits.
        curves: data of the headline figure: loss and errors at every value of an axis.
    """
    used = study_runs(read_table(runs), [settings["corpus"]])
    nets = study_nets(read_table(transfer), used, pd.read_parquet(draws))
    write_table(out, headline_rows(nets, read_sensitivity(read_table(sensitivity)), settings), COLUMNS)
    write_table(curves, headline_curves.curve_rows(nets, settings), headline_curves.COLUMNS)


if __name__ == "__main__":
    run(judge_headline)
