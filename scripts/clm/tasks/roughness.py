"""ROGI-XD: the roughness of a property over a representation, comparable across representations.

Graff et al., "Evaluating the roughness of structure-property relationships using pretrained molecular representations",
Digital Discovery 2023, 2, 1452: clusters of complete linkage are merged step by step, the property is averaged within
them, and the loss of its standard deviation is integrated over 1 - log(clusters) / log(molecules).
"""

import numpy as np
from scipy.cluster.hierarchy import complete, fcluster
from scipy.spatial.distance import pdist

MIN_MOLECULES = 3
MIN_STEP = 0.01  # smallest step between distance thresholds


def rogi_xd(distances: np.ndarray, y: np.ndarray) -> float | None:
    """Return ROGI-XD, from 0 (smooth) to 1; None for fewer than 3 molecules or a constant property.

    Args:
        distances: condensed distances within [0, 1], float (n (n - 1) / 2,), as from scipy's pdist.
        y: float (n,), finite; scaled to [0, 1] here.
    """
    if len(y) < MIN_MOLECULES or np.ptp(y) == 0:
        return None
    scaled = (y - y.min()) / np.ptp(y)
    linkage = complete(distances)
    thresholds, last = [], -np.inf
    for height in linkage[:, 2]:
        if height >= last + MIN_STEP:
            thresholds.append(height)
            last = height
    coarse = [coarsened(scaled, fcluster(linkage, height, "distance")) for height in thresholds]
    spread = np.array([2 * scaled.std(), *(item[0] for item in coarse), 0.0])
    clusters = np.array([len(y), *(item[1] for item in coarse), 1.0])
    return float(spread[0] - np.trapezoid(spread, 1 - np.log(clusters) / np.log(len(y))))


def coarsened(y: np.ndarray, cluster: np.ndarray) -> tuple[float, int]:
    """Return twice the standard deviation of y after averaging within clusters, and the number of clusters."""
    sizes = np.bincount(cluster)[1:]
    means = np.bincount(cluster, weights=y)[1:] / sizes
    return 2 * float(np.sqrt(np.average(np.square(means - y.mean()), weights=sizes))), len(sizes)


def scaled_euclidean(features: np.ndarray) -> np.ndarray:
    """Return condensed Euclidean distances over the diagonal of the bounding box of features (n, d), within [0, 1]."""
    longest = float(np.linalg.norm(np.ptp(features, axis=0)))
    return (
        np.minimum(pdist(features) / longest, 1.0)
        if longest > 0
        else np.zeros(len(features) * (len(features) - 1) // 2)
    )
