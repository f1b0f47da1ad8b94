"""Compare the largest frozen encoder with a few named methods on common splits, and over tasks."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from clm.provenance.command import run
from clm.statistics.contrasts import repeated_measures, tukey, verdict
from clm.statistics.panels import PRIMARY, primary_labels, study_runs
from clm.tables.frames import read_table, write_table

FIRST = "largest"  # every named contrast is of this method with another
OTHERS = ("smallest", "untrained", "ecfp_forest", "token_counts")  # with FIRST at most five methods
ALL_TASKS = "(all)"
MIN_BLOCKS = 3
COLUMNS = ("split", "task", "metric", "method", "other", "difference", "lower", "upper", "p_tukey", "f", "p_anova")
COLUMNS += ("n_blocks", "n_methods", "threshold", "verdict")


def compare_methods(runs: Path, transfer: Path, settings: dict[str, Any], out: Path) -> None:
    """Write contrasts.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        settings: `corpus`, `contrast_margin`, `aggregate` (tasks that count in the rows over tasks).
        out: one row per seeded split, task and named contrast, where blocks are the splits; and one per split and
            contrast over tasks, where blocks are tasks. Differences are of log errors, negative: `method` errs less.
    """
    cells = named_cells(study_runs(read_table(runs), [settings["corpus"]]))
    errors = method_errors(read_table(transfer), cells)
    rows = []
    for split, group in errors.groupby("split", sort=False):
        for task, part in group.groupby("task", sort=False):
            layout = part.pivot_table(index="split_seed", columns="method", values="log_error")
            told = {"split": split, "task": task, "metric": part["metric"].iloc[0]}
            rows += [
                told | row for row in contrast_rows(layout, float(part["ratio"].mean()), settings["contrast_margin"])
            ]
        counted = group[group["task"].isin(settings["aggregate"])]
        layout = counted.pivot_table(index="task", columns="method", values="log_error")
        told = {"split": split, "task": ALL_TASKS}
        rows += [told | row for row in contrast_rows(layout, 0.0, settings["contrast_margin"])]
    write_table(out, rows, COLUMNS)


def named_cells(cells: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """Return {(size, subset, budget): name} of the largest and of the smallest size, most molecules and tokens."""
    if cells.empty:
        return {}
    rich = cells[(cells["molecules"] == cells["molecules"].max())]
    rich = rich[rich["budget"] == rich.loc[rich["tokens"].idxmax(), "budget"]]
    ends = {FIRST: rich.loc[rich["parameters"].idxmax()], OTHERS[0]: rich.loc[rich["parameters"].idxmin()]}
    return {(row["size"], row["subset"], row["budget"]): name for name, row in reversed(ends.items())}


def method_errors(transfer: pd.DataFrame, cells: dict[tuple[str, str, str], str]) -> pd.DataFrame:
    """Return log errors per split, seed, task and named method; pretraining seeds of a cell are averaged."""
    rows = primary_labels(transfer)
    rows = rows[rows["error"] > 0]
    frozen = rows[(rows["mode"] == "frozen") & (rows["features"] == PRIMARY)]
    keys = list(zip(frozen["size"], frozen["subset"], frozen["budget"], strict=True))
    largest = next((key[0] for key, name in cells.items() if name == FIRST), None)
    untrained = (frozen["corpus"] == "untrained") & (frozen["size"] == largest)
    named = frozen.assign(method=np.where(untrained, "untrained", [cells.get(key) for key in keys]))
    found = pd.concat([named, rows[rows["mode"] == "baseline"].assign(method=rows["baseline"])])
    found = found[found["method"].isin([FIRST, *OTHERS])]
    found = found.assign(log_error=np.log(found["error"].astype(float)), ratio=found["n_test"] / found["n_train"])
    keys = ["split", "split_seed", "task", "method", "metric"]
    return found.groupby(keys, sort=False)[["log_error", "ratio"]].mean().reset_index()


def contrast_rows(layout: pd.DataFrame, ratio: float, margin: float) -> list[dict[str, Any]]:
    """Return the named contrasts of a table (blocks x methods); blocks that lack a method are left out."""
    layout = layout[[name for name in (FIRST, *OTHERS) if name in layout]].dropna()
    if FIRST not in layout or layout.shape[1] < 2 or len(layout) < MIN_BLOCKS:
        return []
    found, names = repeated_measures(layout.to_numpy(dtype=float)), list(layout)
    rows = []
    for other in names[1:]:
        told = tukey(found, 0, names.index(other), ratio)
        row = {"method": FIRST, "other": other, "difference": told.estimate, "lower": told.lower, "upper": told.upper}
        row |= {"p_tukey": told.p, "f": found.f, "p_anova": found.p, "n_blocks": found.count, "n_methods": len(names)}
        rows.append(row | {"threshold": margin, "verdict": verdict(told.lower, told.upper, margin)})
    return rows


if __name__ == "__main__":
    run(compare_methods)
