"""When labels and embeddings have no number: the reason that stands in its place."""

import numpy as np

CONSTANT = 1e-9  # spread of features, relative to their size, that is rounding


def unusable(features: np.ndarray, y: np.ndarray, min_labels: int) -> str | None:
    """Return why nothing can be said of a label from these features, or None when something can.

    Args:
        features: float (n, d).
        y: float64 (n,), finite.
        min_labels: fewer are too few.
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
