"""Tabulate every number that might predict transfer, in one long table."""

from pathlib import Path

import pandas as pd
from clm.provenance.command import run
from clm.provenance.files import write_csv
from clm.tables.columns import KEYS
from clm.tables.frames import read_table

CLASSES = ("carbon", "heteroatom", "grammar", "bracket")
RUNS = ("loss", *(f"loss_{name}" for name in CLASSES), "parameters", "flops", "tokens", "molecules")
CURVATURE = (
    "gradient_norm",
    "trace",
    "trace_per_parameter",
    *(f"eigenvalue_{i + 1}" for i in range(5)),
    "most_negative",
)
CURVATURE += ("encoder_trace", "scale_aware_trace", "encoder_scale_aware_trace")
COLUMNS = (*KEYS, "task", "split", "split_seed", "label", "name", "value")


def tabulate_predictors(runs: Path, curvature: Path, widths: Path, task_predictors: Path, out: Path) -> None:
    """Write predictors.csv: properties of a checkpoint alone have no task; missing values have no row.

    Args:
        runs: runs.csv.
        curvature: curvature.csv.
        widths: widths.csv.
        task_predictors: task_predictors.csv.
        out: the table.
    """
    measured = read_table(curvature)
    sharpness = [name for name in measured if name.startswith("sharpness_") and name.count("_") == 1]
    parts = [
        long_form(read_table(runs), RUNS),
        long_form(measured, (*CURVATURE, *sharpness)),
        long_form(read_table(widths), ("landscape_width",)),
        read_table(task_predictors),
    ]
    table = pd.concat([part for part in parts if len(part)] or parts).reindex(columns=list(COLUMNS))
    write_csv(out, table.dropna(subset="value"))


def long_form(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the named columns as rows of name and value beside the keys of a checkpoint."""
    kept = [name for name in names if name in frame]
    return frame.melt(id_vars=list(KEYS), value_vars=kept, var_name="name", value_name="value")


if __name__ == "__main__":
    run(tabulate_predictors)
