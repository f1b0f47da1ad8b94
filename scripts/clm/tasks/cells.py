"""Cells (scores) and predictions of one fitted model on the test set of one split, for all labels of a task."""

from typing import Any

import numpy as np

from clm.statistics.intervals import percentile_interval
from clm.tables.columns import MEAN_LABEL
from clm.tasks.scores import CHANCE, cluster_weights, empty_cell, mean_over_labels, score_label
from clm.tasks.table import PARTS, Task

DRAWS = 1000


def score_labels(
    task: Task, parts: dict[str, np.ndarray], prediction: np.ndarray, kind: str, seed: int = 0
) -> list[dict[str, Any]]:
    """Return one cell per label, and one with the label "mean" if there are several labels.

    Args:
        task: the whole task.
        parts: indices of train, valid and test in the task.
        prediction: float (n_test, L), for the molecules of `parts["test"]`.
        kind: "regression" or "classification".
        seed: of the bootstrap; with the default all models share the same draws for paired comparisons.

    Returns:
        Cells of `clm.tasks.scores.score_cell` with label, n_train and n_valid. "mean" averages the labels that have a
        metric (see `mean_over_labels`); its interval comes from the same draws of test molecules.
    """
    test, train = parts["test"], parts["train"]
    if not len(test):
        return unscored_cells(task, parts, kind, "no_test_labels")
    weights = cluster_weights(task.groups[test], DRAWS, seed)
    cells, samples = [], []
    for column, name in enumerate(task.names):
        y = task.labels[:, column]
        cell, sample = score_label(y[test], prediction[:, column], y[train], kind, task.groups[test], weights)
        cells.append(cell | {"label": name} | label_counts(task, parts, column))
        samples.append(sample)
    if len(cells) > 1:
        cells.append(
            mean_cell(cells, np.array(samples), kind) | {"label": MEAN_LABEL} | label_counts(task, parts, None)
        )
    return cells


def unscored_cells(task: Task, parts: dict[str, np.ndarray], kind: str, status: str) -> list[dict[str, Any]]:
    """Return the cells of `score_labels` without numbers and with the reason as their status."""
    columns = {name: column for column, name in enumerate(task.names)}
    names: dict[str, int | None] = columns | ({MEAN_LABEL: None} if len(columns) > 1 else {})
    counts = {name: label_counts(task, parts, column) for name, column in names.items()}
    return [empty_cell(kind, 0, status) | {"label": name} | counts[name] for name in names]


def label_counts(task: Task, parts: dict[str, np.ndarray], column: int | None) -> dict[str, int]:
    """Return n_train, n_valid and n_test: labelled molecules of one label, or of any label for None."""
    known = np.isfinite(task.labels)
    known = known.any(axis=1) if column is None else known[:, column]
    return {f"n_{part}": int(known[parts[part]].sum()) for part in PARTS}


def mean_cell(cells: list[dict[str, Any]], samples: np.ndarray, kind: str) -> dict[str, Any]:
    """Return the average of cells, and of bootstrap errors (L, draws), over labels."""
    defined = [i for i, cell in enumerate(cells) if cell["error"] is not None]
    mean = empty_cell(kind, 0, "no_label_defined")
    if not defined:
        return mean
    for key in ("error", "trivial_error", "mae", "r2", "pr_auc"):
        values = [cells[i][key] for i in defined if cells[i][key] is not None]
        unitless = key in ("r2", "pr_auc")
        mean[key] = float(mean_over_labels(values, "classification" if unitless else kind)) if values else None
    mean["score"] = 1 - mean["error"] if kind == "classification" else -mean["error"]
    mean["lower"], mean["upper"] = percentile_interval(mean_over_labels(samples[defined], kind))
    if kind == "classification":
        chance = mean["lower"] is not None and mean["lower"] <= CHANCE <= mean["upper"]
        mean["status"] = "no_interval" if mean["lower"] is None else "no_signal" if chance else "ok"
    else:
        mean["status"] = "ok" if mean["error"] < mean["trivial_error"] else "no_signal"
    return mean


def prediction_columns(
    task: Task, parts: dict[str, np.ndarray], prediction: np.ndarray, **keys: Any
) -> list[dict[str, Any]]:
    """Return one record of columns per label for the Parquet file of test predictions.

    Args:
        task: the whole task.
        parts: indices of the parts in the task.
        prediction: float (n_test, L).
        **keys: budget, split, split_seed, finetune_seed, features; constant over rows.

    Returns:
        For each label the keys, label, row (int64), y and prediction (float64) of the labelled test molecules.
    """
    test = parts["test"]
    records = []
    for column, name in enumerate(task.names):
        known = np.isfinite(task.labels[test, column])
        values = {"y": task.labels[test[known], column], "prediction": prediction[known, column]}
        records.append({**keys, "label": name, "row": task.rows[test[known]], **values})
    return records
