"""Reasons why a predictor cannot be computed from labels and embeddings."""

import numpy as np

CONSTANT = 1e-9  # spread of features, relative to their size, that counts as rounding error


def unusable(features: np.ndarray, y: np.ndarray, min_labels: int) -> str | None:
    """Return the reason why no predictor can be computed for a label from these features, or None.

    Args:
        features: float (n, d).
        y: float64 (n,), finite.
        min_labels: minimum number of labels.
    """
    if len(y) < min_labels:
        return f"fewer than {min_labels} labels"
    if np.ptp(y) == 0:
        return "all labels are equal"
    if not np.isfinite(features).all():
        return "the embedding is not finite"
    if np.abs(features - features.mean(axis=0)).max() <= CONSTANT * max(np.abs(features).max(), np.finfo(float).tiny):
        return "the embedding is the same for all molecules"
    return None
