"""One slope with fixed effects and few clusters: cluster-robust variance that remains valid with few trunks.

The "CR2" bias-reduced variance of Bell and McCaffrey (Survey Methodology 2002, 28, 169) with Satterthwaite degrees of
freedom, for fixed effects as in Pustejovsky and Tipton (J. Bus. Econ. Stat. 2018, 36, 672). Everything depends on the
design alone, so one design serves every task.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Design:
    """A linear estimator of one slope.

    Attributes:
        weights: float64 (n,); the slope is weights @ y.
        scores: float64 (clusters, n); the variance of the slope is the sum of squares of scores @ y.
        df: degrees of freedom of that variance.
        used: bool (n,), cells of groups in which x varies; the others are uninformative about the slope.
        clusters: number of clusters among them.
    """

    weights: np.ndarray
    scores: np.ndarray
    df: float
    used: np.ndarray
    clusters: int

    def slope(self, y: np.ndarray) -> tuple[float, float]:
        """Return slope and cluster-robust variance for y, float64 (n,)."""
        return float(self.weights @ y), float(np.sum(np.square(self.scores @ y)))


def slope_design(
    x: np.ndarray, groups: np.ndarray, clusters: np.ndarray, covariate: np.ndarray | None = None
) -> Design | None:
    """Return the estimator of the slope of y on x with a constant for each group.

    Args:
        x: float64 (n,).
        groups: integer (n,), fixed effects.
        clusters: integer (n,); cells of one cluster may be correlated in any way.
        covariate: float64 (n,), a second regressor, which is held fixed for the slope on x.

    Returns:
        None if x does not vary within any group, or if no other cluster remains for comparison. Equal designs are
        computed once: most tasks have the same cells.
    """
    covariate = np.empty(0) if covariate is None else covariate
    kinds = ((x, float), (groups, np.int64), (clusters, np.int64), (covariate, float))
    return designed(*(np.ascontiguousarray(array, dtype=kind).tobytes() for array, kind in kinds))


@lru_cache(maxsize=256)
def designed(x_bytes: bytes, groups_bytes: bytes, clusters_bytes: bytes, covariate_bytes: bytes) -> Design | None:
    """Compute `slope_design` from the bytes of its arrays."""
    x, covariate = np.frombuffer(x_bytes), np.frombuffer(covariate_bytes)
    groups, clusters = (np.frombuffer(data, dtype=np.int64) for data in (groups_bytes, clusters_bytes))
    dummies = (groups[:, None] == np.unique(groups)[None, :]).astype(float)
    hat = dummies @ (dummies / dummies.sum(axis=0)).T
    for column in (covariate, x) if len(covariate) else (x,):
        centred = column - hat @ column
        spread = float(centred @ centred)
        if spread <= TOLERANCE * max(1.0, float(column @ column)):
            return None
        hat = hat + np.outer(centred, centred) / spread
    weights = centred / spread
    annihilator = np.eye(len(x)) - hat
    used = dummies @ (dummies.T @ np.square(centred)) > TOLERANCE * spread
    scores = np.array([cluster_score(weights, annihilator, clusters == name) for name in np.unique(clusters)])
    gram = scores @ scores.T
    total = float(np.sum(np.square(gram)))
    if total <= TOLERANCE**2 * float(weights @ weights) ** 2:
        return None
    df = float(np.trace(gram)) ** 2 / total
    return Design(weights, scores, df, used, len(np.unique(clusters[used])))


def cluster_score(weights: np.ndarray, annihilator: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return p with p @ y = w_g' (M_gg)^(-1/2) e_g for one cluster, float64 (n,); null directions of M_gg drop out."""
    values, vectors = np.linalg.eigh(annihilator[np.ix_(inside, inside)])
    kept = values > 1e-8
    root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    return annihilator[:, inside] @ (root @ weights[inside])


def weighted_estimators(x: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return weighted estimators of the slope on x with a constant for each group.

    Args:
        x: float64 (n,).
        groups: integer (n,), fixed effects.
        weights: float64 (b, n), how often each cell counts.

    Returns:
        float64 (b, n): a row times y is the slope; NaN if x does not vary within any group.
    """
    member = (groups[:, None] == np.unique(groups)).astype(float)
    total = weights @ member
    means = np.divide((weights * x) @ member, total, out=np.zeros_like(total), where=total > 0)
    centred = weights * (x - means @ member.T)
    spread = np.sum(centred * x, axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.full(weights.shape, np.nan), where=spread > TOLERANCE)
