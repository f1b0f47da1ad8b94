"""A few named methods on common splits, and over tasks: the largest encoder, in each mode, against the others."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.contrasts import repeated_measures, tukey, verdict
from clm.tables.columns import BASELINE, ENCODER_MODES, POOLED, PRIMARY, UNTRAINED
from clm.tables.panels import primary_labels

FIRST = "largest"  # every named contrast compares this method with another
OTHERS = ("smallest", UNTRAINED, "ecfp_forest", "token_counts")  # with FIRST at most five methods
CELL = ["size", "subset", "budget"]
MIN_BLOCKS = 3
COLUMNS = (
    "mode",
    "split",
    "task",
    "metric",
    "method",
    "other",
    "difference",
    "lower",
    "upper",
    "p_tukey",
    "f",
    "p_anova",
)
COLUMNS += ("n_blocks", "n_methods", "threshold", "verdict")


def method_rows(
    cells: pd.DataFrame, transfer: pd.DataFrame, aggregate: list[str], margin: float
) -> list[dict[str, Any]]:
    """Return the rows of contrasts.csv, one mode after the other.

    In rows per split and task, blocks are the seeds of the split; in rows per split over tasks, blocks are tasks.

    Args:
        cells: of `study_runs`, one corpus.
        transfer: transfer.csv.
        aggregate: tasks that count in the rows over tasks.
        margin: difference of log errors that matters.
    """
    rows = []
    for mode in ENCODER_MODES:
        errors = method_errors(transfer, cells, mode)
        for split, group in errors.groupby("split", sort=False):
            rows += [{"mode": mode, "split": split} | row for row in split_rows(group, aggregate, margin)]
    return rows


def split_rows(errors: pd.DataFrame, aggregate: list[str], margin: float) -> Iterator[dict[str, Any]]:
    """Yield the rows of one mode and split from the errors of `method_errors`."""
    for task, part in errors.groupby("task", sort=False):
        layout = part.pivot_table(index="split_seed", columns="method", values="log_error")
        names = {"task": task, "metric": part["metric"].iloc[0]}
        yield from (names | row for row in contrast_rows(layout, float(part["ratio"].mean()), margin))
    counted = errors[errors["task"].isin(aggregate)]
    layout = counted.pivot_table(index="task", columns="method", values="log_error")
    yield from ({"task": POOLED} | row for row in contrast_rows(layout, 0.0, margin))


def named_cells(cells: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """Return {(size, subset, budget): name} of the largest and of the smallest size, most molecules and tokens."""
    if cells.empty:
        return {}
    rich = cells[(cells["molecules"] == cells["molecules"].max())]
    rich = rich[rich["budget"] == rich.loc[rich["tokens"].idxmax(), "budget"]]
    ends = {FIRST: rich.loc[rich["parameters"].idxmax()], OTHERS[0]: rich.loc[rich["parameters"].idxmin()]}
    return {(row["size"], row["subset"], row["budget"]): name for name, row in reversed(ends.items())}


def method_errors(transfer: pd.DataFrame, cells: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Return log errors per split, seed, task and named method; seeds of pretraining and fine-tuning are averaged.

    Args:
        transfer: transfer.csv.
        cells: of `study_runs`; the largest and the smallest are chosen among those that have a score in this mode.
        mode: of transfer.
    """
    rows = primary_labels(transfer)
    rows = rows[rows["error"] > 0]
    scored = rows[(rows["mode"] == mode) & (rows["features"] == PRIMARY)]
    names = named_cells(cells[cells.set_index(CELL).index.isin(scored.set_index(CELL).index)])
    largest = next((key[0] for key, name in names.items() if name == FIRST), None)
    untrained = (scored["corpus"] == UNTRAINED) & (scored["size"] == largest)
    keys = zip(*(scored[name] for name in CELL), strict=True)
    named = scored.assign(method=np.where(untrained, UNTRAINED, [names.get(key) for key in keys]))
    methods = pd.concat([named, rows[rows["mode"] == BASELINE].assign(method=rows["baseline"])])
    methods = methods[methods["method"].isin([FIRST, *OTHERS])]
    log_error = np.log(methods["error"].astype(float))
    methods = methods.assign(log_error=log_error, ratio=methods["n_test"] / methods["n_train"])
    keys = ["split", "split_seed", "task", "method", "metric"]
    return methods.groupby(keys, sort=False)[["log_error", "ratio"]].mean().reset_index()


def contrast_rows(layout: pd.DataFrame, ratio: float, margin: float) -> list[dict[str, Any]]:
    """Return the named contrasts of a table (blocks x methods); blocks that lack a method are excluded."""
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
