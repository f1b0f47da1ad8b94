"""Tree ensembles whose settings are chosen by cross-validation inside the training part."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn import ensemble

from clm.tasks.folds import grouped_folds
from clm.tasks.scores import auc

FOLDS = 3
LEAST_ROWS = 20  # scikit-learn's minimum number of rows in a leaf of a boosted tree
# The first of each wins ties. Using every feature takes most of a forest's time and is no better (bench/NOTES.md)
FORESTS = ({"max_features": 0.3}, {"max_features": 0.1}, {"max_features": "sqrt"})
BOOSTINGS = (
    {"learning_rate": 0.1, "max_leaf_nodes": 31},
    {"learning_rate": 0.05, "max_leaf_nodes": 15},
    {"learning_rate": 0.05, "max_leaf_nodes": 31, "l2_regularization": 10.0},
)
GRIDS = {"combined_forest": FORESTS, "combined_boosting": BOOSTINGS}
MODELS = {
    ("combined_forest", "regression"): ensemble.RandomForestRegressor,
    ("combined_forest", "classification"): ensemble.RandomForestClassifier,
    ("combined_boosting", "regression"): ensemble.HistGradientBoostingRegressor,
    ("combined_boosting", "classification"): ensemble.HistGradientBoostingClassifier,
}
FIXED = {"combined_forest": {"n_estimators": 100, "n_jobs": 1}, "combined_boosting": {"early_stopping": False}}


def fit_predict_tuned(
    baseline: str,
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    x_test: np.ndarray,
    kind: str,
    seed: int | None,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Choose the settings of an ensemble by grouped cross-validation, fit it, and predict.

    Args:
        baseline: combined_forest or combined_boosting.
        x: float32 (n, d), training part.
        y: float64 (n,), labels without gaps; both classes occur.
        groups: int64 (n,), scaffold of each molecule.
        x_test: float32 (m, d).
        kind: "regression" or "classification".
        seed: of the ensemble; None is 0.

    Returns:
        float64 (m,), and `settings` with the `cv_score` (-RMSE or AUC) that chose them.
    """
    scores = [cross_validated(baseline, settings, x, y, groups, kind, seed) for settings in GRIDS[baseline]]
    usable = np.where(np.isfinite(scores), scores, -np.inf)
    best = int(np.argmax(usable))
    settings, score = GRIDS[baseline][best], scores[best]
    prediction = predicted(baseline, settings, x, y, x_test, kind, seed)
    return prediction, {"settings": dict(settings), "cv_score": float(score) if np.isfinite(score) else None}


def cross_validated(
    baseline: str,
    settings: Mapping[str, Any],
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    kind: str,
    seed: int | None,
) -> float:
    """Return -RMSE or AUC of out-of-fold predictions; NaN if the training part of a fold has a single class."""
    folds = grouped_folds(groups, FOLDS)
    if len(folds) < 2:
        return float("nan")
    found = np.empty(len(y))
    for held in folds:
        rest = np.setdiff1d(np.arange(len(y)), held)
        if kind == "classification" and len(np.unique(y[rest])) < 2:
            return float("nan")
        found[held] = predicted(baseline, settings, x[rest], y[rest], x[held], kind, seed)
    return auc(y, found) if kind == "classification" else -float(np.sqrt(np.mean(np.square(y - found))))


def predicted(
    baseline: str,
    settings: Mapping[str, Any],
    x: np.ndarray,
    y: np.ndarray,
    x_new: np.ndarray,
    kind: str,
    seed: int | None,
) -> np.ndarray:
    """Return predictions of an ensemble with some settings, float64 (m,).

    Boosting omits the features that none of its trees can split, which changes nothing and takes a seventh to two
    thirds of the time (bench/NOTES.md); trees of a forest may split off a single molecule.
    """
    kept = varied(x) if baseline == "combined_boosting" else np.arange(x.shape[1])
    model = MODELS[baseline, kind](random_state=seed or 0, **FIXED[baseline], **settings).fit(x[:, kept], y)
    return model.predict_proba(x_new[:, kept])[:, 1] if kind == "classification" else model.predict(x_new[:, kept])


def varied(x: np.ndarray) -> np.ndarray:
    """Return the columns of x (n, d) that a boosted tree can split, int64; all columns if there are none.

    If fewer than LEAST_ROWS values differ from the most frequent one, every threshold gives a leaf that is too small.
    """
    ordered = np.sort(x, axis=0)
    changes = ordered[1:] != ordered[:-1]
    kept = np.flatnonzero([len(x) - commonest(column) >= LEAST_ROWS for column in changes.T])
    return kept if len(kept) else np.arange(x.shape[1])


def commonest(changes: np.ndarray) -> int:
    """Return the count of the most frequent of n sorted values, given where they change, bool (n - 1,)."""
    edges = np.flatnonzero(np.concatenate(([True], changes, [True])))
    return int(np.diff(edges).max())
