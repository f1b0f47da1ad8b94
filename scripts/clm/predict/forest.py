"""A forest or gradient boosting as plain arrays: it is stored without pickle and predicts without scikit-learn."""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit


class Forest(NamedTuple):
    """Concatenated nodes of all trees; `left` and `right` of a leaf point to itself.

    Attributes:
        roots: int64 (trees,).
        left, right: int64 (nodes,), children.
        feature: int64 (nodes,).
        threshold: float64 (nodes,); molecules with a feature up to it go left.
        value: float64 (nodes,), mean label or fraction of class 1.
    """

    roots: np.ndarray
    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    value: np.ndarray

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the mean over trees, float64 (n,), for features float32 (n, d)."""
        node = np.broadcast_to(self.roots, (len(x), len(self.roots))).copy()
        rows = np.arange(len(x))[:, None]
        while True:
            goes_left = x[rows, self.feature[node]] <= self.threshold[node]
            following = np.where(goes_left, self.left[node], self.right[node])
            if np.array_equal(following, node):
                return self.value[node].mean(axis=1)
            node = following


class LogOdds(Forest):
    """Trees whose mean is the log odds of class 1."""

    __slots__ = ()

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return probabilities of class 1, float64 (n,), for features float32 (n, d)."""
        return expit(super().predict(x))


def pack_boosting(model: Any, kind: type[Forest]) -> Forest:
    """Return the arrays of a fitted HistGradientBoosting model without categories or missing values.

    Its prediction is a constant plus the sum over trees; values are scaled so that the mean over trees is the same.

    Args:
        model: of scikit-learn; its nodes are not public attributes.
        kind: Forest for a regression, LogOdds for classes 0 and 1.
    """
    trees = [predictor.nodes for (predictor,) in model._predictors]
    roots = np.cumsum([0, *(len(nodes) for nodes in trees)])[:-1].astype(np.int64)
    nodes, first = np.concatenate(trees), np.repeat(roots, [len(nodes) for nodes in trees])
    leaf, own = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
    left, right = (np.where(leaf, own, first + nodes[side]).astype(np.int64) for side in ("left", "right"))
    feature = np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64)
    threshold = np.where(leaf, 0, nodes["num_threshold"]).astype(np.float64)
    value = nodes["value"] * len(trees) + float(np.ravel(model._baseline_prediction)[0])
    return kind(roots, left, right, feature, threshold, value.astype(np.float64))


def pack_forest(model: Any) -> Forest:
    """Return the arrays of a fitted RandomForestRegressor, or RandomForestClassifier of classes 0 and 1."""
    trees = [estimator.tree_ for estimator in model.estimators_]
    sizes = np.array([tree.node_count for tree in trees])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    parts: dict[str, list[np.ndarray]] = {"left": [], "right": [], "feature": [], "threshold": [], "value": []}
    for root, tree in zip(roots, trees, strict=True):
        leaf, own = tree.children_left < 0, np.arange(tree.node_count)
        parts["left"].append(root + np.where(leaf, own, tree.children_left))
        parts["right"].append(root + np.where(leaf, own, tree.children_right))
        parts["feature"].append(np.where(leaf, 0, tree.feature))
        parts["threshold"].append(np.where(leaf, 0, tree.threshold))
        values = tree.value[:, 0]
        if values.shape[1] > 1:
            values = values / values.sum(axis=1, keepdims=True)
        parts["value"].append(values[:, -1])
    kinds = {"threshold": np.float64, "value": np.float64}
    return Forest(
        roots, **{name: np.concatenate(part).astype(kinds.get(name, np.int64)) for name, part in parts.items()}
    )
