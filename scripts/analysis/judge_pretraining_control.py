"""Judge how much of the gain from pretraining remains with shuffled tokens, and how much requires token order."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.net_gain import untrained_twins
from clm.statistics.pretraining_control import COLUMNS, control_rows
from clm.statistics.sensitivity import read_sensitivity
from clm.tables.frames import read_table, write_table


def judge_pretraining_control(
    runs: Path,
    transfer: Path,
    draws: Path,
    shuffled_runs: Path,
    shuffled_transfer: Path,
    shuffled_draws: Path,
    sensitivity: Path,
    settings: dict[str, Any],
    out: Path,
) -> None:
    """Write pretraining_control.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        shuffled_runs: shuffled_runs.csv.
        shuffled_transfer: shuffled_transfer.csv.
        shuffled_draws: shuffled_draws.parquet.
        sensitivity: sensitivity.csv.
        settings: `shuffled` ({corpus of shuffled tokens: corpus}), `aggregate` (tasks that count), `contrast_margin`.
        out: one row per cell, mode, split, task (and over tasks) and kind: untrained, shuffled, pretrained, and order,
            the difference of the last two. Net gains are relative falls of the error against untrained encoders; the
            untrained row shows their spread. No rows without a trunk on shuffled tokens and its twin.
    """
    tables = {"runs": read_table(runs), "transfer": read_table(transfer), "draws": pd.read_parquet(draws)}
    tables |= {"shuffled_runs": read_table(shuffled_runs), "shuffled_transfer": read_table(shuffled_transfer)}
    tables["shuffled_draws"] = pd.read_parquet(shuffled_draws)
    twins = untrained_twins(tables["transfer"], tables["draws"])
    seen = read_sensitivity(read_table(sensitivity))
    write_table(out, control_rows(tables, twins, seen, settings), COLUMNS)


if __name__ == "__main__":
    run(judge_pretraining_control)
