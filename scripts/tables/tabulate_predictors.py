"""Tabulate all predictors of transfer in one long table."""

from pathlib import Path

import pandas as pd
from clm.provenance.command import run
from clm.provenance.files import write_csv
from clm.tables.columns import KEYS
from clm.tables.frames import read_table
from clm.tables.predictors import predictor_columns

COLUMNS = (*KEYS, "task", "split", "split_seed", "label", "name", "value")


def tabulate_predictors(
    runs: Path, curvature: Path, widths: Path, spectra: Path, task_predictors: Path, out: Path
) -> None:
    """Write predictors.csv: properties of a checkpoint alone have no task; missing values have no row.

    Args:
        runs: runs.csv.
        curvature: curvature.csv.
        widths: widths.csv.
        spectra: spectra.csv.
        task_predictors: task_predictors.csv.
        out: the table.
    """
    parts = [long_form(read_table(path), path.stem) for path in (runs, curvature, widths, spectra)]
    parts.append(read_table(task_predictors))
    table = pd.concat([part for part in parts if len(part)] or parts).reindex(columns=list(COLUMNS))
    write_csv(out, table.dropna(subset="value"))


def long_form(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the predictors among the columns of a table in long form: keys of a checkpoint, name and value."""
    names = predictor_columns(table, frame.columns)
    return frame.melt(id_vars=list(KEYS), value_vars=names, var_name="name", value_name="value")


if __name__ == "__main__":
    run(tabulate_predictors)
