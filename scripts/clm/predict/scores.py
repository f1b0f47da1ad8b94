"""Cross-validated errors of methods inside the training part, all on the same five folds that keep scaffolds together.

The files of the study have those of linear heads. They have none of forests, and ensembles on fingerprints and
descriptors have one of three folds, which is larger because each fit has fewer molecules; both are computed here.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from clm.tasks.baselines import COMBINED, features_of, tree_ensemble
from clm.tasks.folds import grouped_folds
from clm.tasks.scores import auc, mean_over_labels
from clm.tasks.table import Task

Predict = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def selected_by_label(
    record: Mapping[str, Any], budget: str | None, features: str, split: str
) -> dict[str, dict[str, Any]]:
    """Return the selected settings of each label with a cross-validated score, from the result file of a method.

    Args:
        record: of a trunk or a baseline.
        budget: of the checkpoint; None for a baseline.
        features: their kind.
        split: name and seed, as "scaffold-0".
    """
    name, _, seed = split.rpartition("-")
    return {
        cell["label"]: cell["selected"]
        for cell in record["cells"]
        if (cell["budget"], cell["features"], cell["split"], str(cell["split_seed"])) == (budget, features, name, seed)
        and cell.get("selected", {}).get("cv_score") is not None
    }


def stored_errors(selected: Mapping[str, Mapping[str, Any]], kind: str) -> dict[str, float]:
    """Return RMSE or 1 - AUC by label; the files hold -RMSE or AUC."""
    scores = {label: choice["cv_score"] for label, choice in selected.items()}
    return {label: -score if kind == "regression" else 1 - score for label, score in scores.items()}


def tree_errors(
    baseline: str, task: Task, train: np.ndarray, kind: str, selected: Mapping[str, Mapping[str, Any]]
) -> dict[str, float]:
    """Return RMSE or 1 - AUC of trees by label, in the same cross-validation as linear heads.

    Args:
        baseline: ecfp_forest, or a name in COMBINED with the settings that the study chose.
        task: molecules and labels.
        train: int64 (n,), positions of the training part.
        kind: "regression" or "classification".
        selected: by label, `settings` of a name in COMBINED; labels without settings are skipped.
    """
    features = features_of(baseline, [task.smiles[row] for row in train])
    errors = {}
    for name, y in zip(task.names, task.labels[train].T, strict=True):
        if baseline in COMBINED and name not in selected:
            continue
        known = np.flatnonzero(np.isfinite(y))
        predict = predict_trees(baseline, kind, selected.get(name, {}))
        error = out_of_fold_error(predict, features[known], y[known], task.groups[train][known], kind)
        if np.isfinite(error):
            errors[name] = error
    return errors


def predict_trees(baseline: str, kind: str, selected: Mapping[str, Any]) -> Predict:
    """Return a function that fits trees to features and labels, and predicts for other features."""
    if baseline not in COMBINED:
        return partial(tree_ensemble, baseline, kind=kind, seed=0)
    from clm.tasks.tuned_trees import predicted

    return partial(predicted, baseline, selected["settings"], kind=kind, seed=0)


def out_of_fold_error(predict: Predict, x: np.ndarray, y: np.ndarray, groups: np.ndarray, kind: str) -> float:
    """Return RMSE or 1 - AUC of out-of-fold predictions, NaN if there are none; folds of one class are skipped."""
    found = np.full(len(y), np.nan)
    for held in grouped_folds(groups) if len(y) else []:
        rest = np.setdiff1d(np.arange(len(y)), held)
        if len(rest) and (kind == "regression" or len(np.unique(y[rest])) == 2):
            found[held] = predict(x[rest], y[rest], x[held])
    done = np.isfinite(found)
    if kind == "classification":
        return 1 - auc(y[done], found[done])
    return float(np.sqrt(np.mean((y[done] - found[done]) ** 2))) if done.any() else float("nan")


def mean_on_common_labels(errors: Iterable[Mapping[str, float]], kind: str) -> list[float]:
    """Return the mean of each method over the labels that all methods with an error share; NaN if it has none."""
    errors = list(errors)
    common = sorted(set.intersection(*(set(one) for one in errors if one))) if any(errors) else []
    if not common:
        return [float("nan")] * len(errors)
    return [float(mean_over_labels([one[label] for label in common], kind)) if one else float("nan") for one in errors]
