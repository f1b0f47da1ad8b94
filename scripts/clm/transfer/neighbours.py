"""Leave-one-out score of nearest neighbours: how much the geometry of an embedding predicts a label."""

import numpy as np

from clm.tasks.scores import auc
from clm.transfer.usable import unusable

NEIGHBOURS = 5
MIN_LABELS = NEIGHBOURS + 1


def nearest_score(features: np.ndarray, y: np.ndarray, kind: str) -> float | None:
    """Return AUC or -RMSE of the mean label of the 5 nearest other molecules; None if `unusable` gives a reason.

    The similarity is the cosine of centred features: uncentred ones all have similar directions.

    Args:
        features: float (n, d).
        y: float64 (n,), finite.
        kind: "regression" or "classification".
    """
    if unusable(features, y, MIN_LABELS):
        return None
    centred = features - features.mean(axis=0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argpartition(-similarity, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    predicted = y[nearest].mean(axis=1)
    return auc(y, predicted) if kind == "classification" else -float(np.sqrt(np.mean((predicted - y) ** 2)))
