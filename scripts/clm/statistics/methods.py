"""A few named methods on common splits, and over tasks: the largest linearly probed encoder against the others."""

from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.contrasts import repeated_measures, tukey, verdict
from clm.tables.columns import BASELINE, LINEAR_PROBE, POOLED, PRIMARY, UNTRAINED
from clm.tables.panels import primary_labels

FIRST = "largest"  # every named contrast is of this method with another
OTHERS = ("smallest", UNTRAINED, "ecfp_forest", "token_counts")  # with FIRST at most five methods
MIN_BLOCKS = 3
COLUMNS = ("split", "task", "metric", "method", "other", "difference", "lower", "upper", "p_tukey", "f", "p_anova")
COLUMNS += ("n_blocks", "n_methods", "threshold", "verdict")


def method_rows(
    cells: pd.DataFrame, transfer: pd.DataFrame, aggregate: list[str], margin: float
) -> list[dict[str, Any]]:
    """Return the rows of contrasts.csv: per split and task with splits as blocks, then per split with tasks as blocks.

    Args:
        cells: of `study_runs`, one corpus.
        transfer: transfer.csv.
        aggregate: tasks that count in the rows over tasks.
        margin: difference of log errors that matters.
    """
    errors = method_errors(transfer, named_cells(cells))
    rows = []
    for split, group in errors.groupby("split", sort=False):
        for task, part in group.groupby("task", sort=False):
            layout = part.pivot_table(index="split_seed", columns="method", values="log_error")
            names = {"split": split, "task": task, "metric": part["metric"].iloc[0]}
            rows += [names | row for row in contrast_rows(layout, float(part["ratio"].mean()), margin)]
        counted = group[group["task"].isin(aggregate)]
        layout = counted.pivot_table(index="task", columns="method", values="log_error")
        rows += [{"split": split, "task": POOLED} | row for row in contrast_rows(layout, 0.0, margin)]
    return rows


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
    probed = rows[(rows["mode"] == LINEAR_PROBE) & (rows["features"] == PRIMARY)]
    keys = list(zip(probed["size"], probed["subset"], probed["budget"], strict=True))
    largest = next((key[0] for key, name in cells.items() if name == FIRST), None)
    untrained = (probed["corpus"] == UNTRAINED) & (probed["size"] == largest)
    named = probed.assign(method=np.where(untrained, UNTRAINED, [cells.get(key) for key in keys]))
    methods = pd.concat([named, rows[rows["mode"] == BASELINE].assign(method=rows["baseline"])])
    methods = methods[methods["method"].isin([FIRST, *OTHERS])]
    log_error = np.log(methods["error"].astype(float))
    methods = methods.assign(log_error=log_error, ratio=methods["n_test"] / methods["n_train"])
    keys = ["split", "split_seed", "task", "method", "metric"]
    return methods.groupby(keys, sort=False)[["log_error", "ratio"]].mean().reset_index()


def contrast_rows(layout: pd.DataFrame, ratio: float, margin: float) -> list[dict[str, Any]]:
    """Return the named contrasts of a table (blocks x methods); blocks that lack a method are left out."""
    layout = layout[[name for name in (FIRST, *OTHERS) if name in layout]].dropna()
    if FIRST not in layout or layout.shape[1] < 2 or len(layout) < MIN_BLOCKS:
        return []
    blocks, names = repeated_measures(layout.to_numpy(dtype=float)), list(layout)
    rows = []
    for other in names[1:]:
        difference = tukey(blocks, 0, names.index(other), ratio)
        row = {
            "method": FIRST,
            "other": other,
            "difference": difference.estimate,
            "lower": difference.lower,
            "upper": difference.upper,
        }
        row |= {
            "p_tukey": difference.p,
            "f": blocks.f,
            "p_anova": blocks.p,
            "n_blocks": blocks.count,
            "n_methods": len(names),
        }
        rows.append(row | {"threshold": margin, "verdict": verdict(difference.lower, difference.upper, margin)})
    return rows
