"""Test error of predictions with a bootstrap interval, and the cells that go into result files.

Error is RMSE or 1 - AUC; score is -RMSE or AUC. Intervals are 95 % percentile intervals over test molecules, where
whole scaffolds are drawn (a cluster bootstrap): molecules of one series are not independent.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from clm.statistics.intervals import percentile_interval

CHANCE = 0.5
MIN_CLUSTERS = 5  # with fewer, percentiles of a cluster bootstrap are meaningless
MIN_DEFINED = 0.5  # minimum fraction of bootstrap draws with a defined metric for an interval


def cluster_weights(groups: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return how often each molecule is drawn, float64 (draws, n), if clusters are drawn with replacement.

    The result is read-only and cached: a job scores many models on few test sets.
    """
    _, cluster = np.unique(groups, return_inverse=True)
    return bootstrap_weights(cluster.astype(np.int64).tobytes(), draws, seed)


@lru_cache(maxsize=8)
def bootstrap_weights(cluster_bytes: bytes, draws: int, seed: int) -> np.ndarray:
    """Draw the weights of `cluster_weights` for cluster numbers (int64 from 0) given as bytes."""
    cluster = np.frombuffer(cluster_bytes, dtype=np.int64)
    count = int(cluster.max()) + 1
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=draws)
    weights = times[:, cluster].astype(np.float64)
    weights.setflags(write=False)
    return weights


def weighted_auc(y: np.ndarray, prediction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve for each row of weights, float64 (draws,); NaN without both classes.

    The Mann-Whitney statistic: the weight of pairs with the positive ranked above the negative, ties counting half.

    Args:
        y: 0 or 1, (n,).
        prediction: any increasing score, (n,).
        weights: non-negative, (draws, n).
    """
    _, level = np.unique(prediction, return_inverse=True)
    order = np.argsort(level, kind="stable")
    starts = np.flatnonzero(np.diff(level[order], prepend=-1))
    positive = np.add.reduceat((weights * (y == 1))[:, order], starts, axis=1)
    negative = np.add.reduceat((weights * (y == 0))[:, order], starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(pairs > 0, (positive * below).sum(axis=1) / pairs, np.nan)


def auc(y: np.ndarray, prediction: np.ndarray) -> float:
    """Return the area under the ROC curve with ties counted half; NaN without both classes."""
    return float(weighted_auc(y, prediction, np.ones((1, len(y))))[0])


def average_precision(y: np.ndarray, prediction: np.ndarray) -> float:
    """Return the area under the precision-recall curve as the step sum over distinct thresholds."""
    order = np.argsort(-prediction, kind="stable")
    last_of_tie = np.append(np.diff(prediction[order]) != 0, True)
    true_positives = np.cumsum(y[order])[last_of_tie]
    precision = true_positives / (np.flatnonzero(last_of_tie) + 1)
    return float(np.sum(np.diff(true_positives, prepend=0) / true_positives[-1] * precision))


def errors(y: np.ndarray, prediction: np.ndarray, weights: np.ndarray, kind: str) -> np.ndarray:
    """Return RMSE or 1 - AUC for each row of weights, float64 (draws,)."""
    if kind == "classification":
        return 1 - weighted_auc(y, prediction, weights)
    return np.sqrt(weights @ np.square(prediction - y) / weights.sum(axis=1))


def mean_over_labels(values: np.ndarray, kind: str) -> np.ndarray:
    """Return the mean over labels (the first axis) of errors (L, ...), ignoring NaN; NaN where no label is defined.

    Classification: the arithmetic mean of 1 - AUC. Regression: the geometric mean, since labels have different units
    and the order of two models must not depend on the unit of one label.
    """
    values = np.asarray(values, dtype=np.float64)
    known = np.isfinite(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = values if kind == "classification" else np.log(values)
        mean = np.where(known, terms, 0).sum(axis=0) / known.sum(axis=0)
        return mean if kind == "classification" else np.exp(mean)


def empty_cell(kind: str, n_test: int, status: str) -> dict[str, Any]:
    """Return a cell without numbers and with the reason as its status."""
    cell = dict.fromkeys(("error", "score", "mae", "r2", "pr_auc", "trivial_error", "lower", "upper"))
    return {"metric": "auc" if kind == "classification" else "rmse", "n_test": n_test, "status": status, **cell}


def undefined_reason(y: np.ndarray, prediction: np.ndarray, y_train: np.ndarray, kind: str) -> str | None:
    """Return why no metric is defined or meaningful, or None."""
    if len(y) == 0:
        return "no_test_labels"
    seen = y_train[np.isfinite(y_train)]
    if len(seen) == 0:
        return "no_train_labels"
    if kind == "regression" and np.ptp(np.concatenate([seen, y])) == 0:
        return "constant_labels"
    if not np.isfinite(prediction).all():
        return "nan_predictions"
    if kind == "classification" and len(np.unique(y)) < 2:
        return "one_class"
    return None


def side_metrics(y: np.ndarray, prediction: np.ndarray, kind: str) -> dict[str, float | None]:
    """Return the metrics that are reported but never tested."""
    if kind == "classification":
        return {"mae": None, "r2": None, "pr_auc": average_precision(y, prediction)}
    spread = float(np.sum(np.square(y - y.mean())))
    r2 = 1 - float(np.sum(np.square(y - prediction))) / spread if spread > 0 else None
    return {"mae": float(np.mean(np.abs(y - prediction))), "r2": r2, "pr_auc": None}


def status_of(cell: dict[str, Any], y: np.ndarray) -> str:
    """Return `no_signal` when the cell does not beat the trivial predictor, `constant_labels`, or `ok`."""
    if cell["metric"] == "rmse":
        if np.ptp(y) == 0:
            return "constant_labels"
        return "ok" if cell["error"] < cell["trivial_error"] else "no_signal"
    if cell["lower"] is None:
        return "no_interval"
    return "no_signal" if cell["lower"] <= CHANCE <= cell["upper"] else "ok"


def score_label(
    y: np.ndarray, prediction: np.ndarray, y_train: np.ndarray, kind: str, groups: np.ndarray, weights: np.ndarray
) -> tuple[dict[str, Any], np.ndarray]:
    """Return the cell of one label and its bootstrap errors (draws,); molecules without label are ignored."""
    known = np.isfinite(y)
    y, prediction, weights = y[known], prediction[known], weights[:, known]
    reason = undefined_reason(y, prediction, y_train, kind)
    if reason:
        return empty_cell(kind, len(y), reason), np.full(len(weights), np.nan)
    cell = empty_cell(kind, len(y), "ok") | side_metrics(y, prediction, kind)
    ones = np.ones((1, len(y)))
    cell["error"] = float(errors(y, prediction, ones, kind)[0])
    cell["score"] = 1 - cell["error"] if kind == "classification" else -cell["error"]
    mean = np.full(len(y), np.nanmean(y_train))
    cell["trivial_error"] = CHANCE if kind == "classification" else float(errors(y, mean, ones, kind)[0])
    with np.errstate(invalid="ignore"):
        sample = errors(y, prediction, weights, kind)
    if len(np.unique(groups[known])) < MIN_CLUSTERS:
        sample = np.full(len(weights), np.nan)
    cell["lower"], cell["upper"] = percentile_interval(sample)
    cell["status"] = status_of(cell, y)
    return cell, sample


def score_cell(
    y: np.ndarray,
    prediction: np.ndarray,
    y_train: np.ndarray,
    kind: str,
    groups: np.ndarray,
    seed: int,
    draws: int = 1000,
) -> dict[str, Any]:
    """Score the test predictions of one label.

    Args:
        y: float (n,), test labels in original units or 0/1; NaN where missing.
        prediction: float (n,), predicted values, or any increasing score of class 1.
        y_train: float (m,), training labels; NaN where missing.
        kind: "regression" or "classification".
        groups: integer (n,), cluster (scaffold) of each test molecule.
        seed: seed of the bootstrap; equal seeds give equal draws, for paired comparisons of models.
        draws: bootstrap draws.

    Returns:
        metric, error, score, mae, r2, pr_auc, trivial_error, lower, upper (95 % interval of error), n_test, status.
        status: ok; no_signal (the interval of AUC contains .5, or RMSE is not below that of predicting the training
        mean); constant_labels (in the test part); no_interval (fewer than 5 clusters, or AUC undefined in most draws);
        or, without numbers, no_test_labels, no_train_labels, nan_predictions, one_class, constant_labels (all equal).
    """
    if len(y) == 0:
        return empty_cell(kind, 0, "no_test_labels")
    return score_label(y, prediction, y_train, kind, groups, cluster_weights(groups, draws, seed))[0]
