"""Linear probes of frozen features: one linear head per label, split and kind of features."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from clm.tasks.algebra import NUMPY, Algebra
from clm.tasks.cells import prediction_columns, score_labels
from clm.tasks.linear_head import fit_head
from clm.tasks.table import Task


def probe(
    features: np.ndarray, task: Task, parts: dict[str, np.ndarray], kind: str, algebra: Algebra = NUMPY
) -> tuple[np.ndarray, dict[str, dict[str, Any]]]:
    """Return test predictions, float64 (n_test, L), and penalty and cross-validated score of each label's head.

    A label with one class in the training set is predicted as that class; without any label, predictions are NaN.
    """
    predictions, selected = [], {}
    for column, label in enumerate(task.names):
        y = task.labels[parts["train"], column]
        known = y[np.isfinite(y)]
        if not len(known):
            predictions.append(np.full(len(parts["test"]), np.nan))
            continue
        head = fit_head(features[parts["train"]], y, task.groups[parts["train"]], kind, algebra)
        predictions.append(head.predict(features[parts["test"]]))
        selected[label] = {"penalty": head.penalty, "cv_score": head.score}
    return np.column_stack(predictions), selected


def probe_cells(
    features: np.ndarray,
    task: Task,
    parts: dict[str, np.ndarray],
    kind: str,
    keys: Mapping[str, Any],
    algebra: Algebra = NUMPY,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return cells, prediction records, and cross-validated scores (as predictors) of one probe.

    Args:
        features: float (n, d), of all molecules of the task.
        task: the task.
        parts: indices of train, valid and test.
        kind: "regression" or "classification".
        keys: budget, split, split_seed, finetune_seed, features.
        algebra: the backend on which the heads are fitted.
    """
    prediction, selected = probe(features, task, parts, kind, algebra)
    cells = [
        cell | dict(keys) | {"selected": selected.get(cell["label"], {})}
        for cell in score_labels(task, parts, prediction, kind)
    ]
    scores = [{"label": label, "name": "linear_probe", "value": head["cv_score"]} for label, head in selected.items()]
    return cells, prediction_columns(task, parts, prediction, **keys), scores
