"""One slope with fixed effects and few clusters: cluster-robust variance that is honest about few trunks.

The "CR2" bias-reduced variance of Bell and McCaffrey (Survey Methodology 2002, 28, 169) with Satterthwaite degrees of
freedom, for fixed effects as in Pustejovsky and Tipton (J. Bus. Econ. Stat. 2018, 36, 672). All depends on the design
alone, so one design serves every task.
"""

from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Design:
    """A linear estimator of one slope.

    Attributes:
        weights: float64 (n,); the slope is weights @ y.
        scores: float64 (clusters, n); the variance of the slope is the sum of squares of scores @ y.
        freedom: degrees of freedom of that variance.
        used: bool (n,), cells that inform the slope.
        clusters: number of clusters that inform the slope.
    """

    weights: np.ndarray
    scores: np.ndarray
    freedom: float
    used: np.ndarray
    clusters: int

    def slope(self, y: np.ndarray) -> tuple[float, float]:
        """Return slope and cluster-robust variance for y, float64 (n,)."""
        return float(self.weights @ y), float(np.sum(np.square(self.scores @ y)))


def slope_design(x: np.ndarray, groups: np.ndarray, clusters: np.ndarray) -> Design | None:
    """Return the estimator of the slope of y on x with a constant for each group.

    Args:
        x: float64 (n,).
        groups: integer (n,), fixed effects.
        clusters: integer (n,), cells of one cluster may depend on each other in any way.

    Returns:
        None when x does not vary within any group, or when no cluster remains to compare with.
    """
    dummies = (groups[:, None] == np.unique(groups)[None, :]).astype(float)
    centred = x - dummies @ ((dummies.T @ x) / dummies.sum(axis=0))
    spread = float(centred @ centred)
    if spread <= TOLERANCE * max(1.0, float(x @ x)):
        return None
    weights = centred / spread
    hat = dummies @ (dummies / dummies.sum(axis=0)).T + np.outer(centred, centred) / spread
    annihilator = np.eye(len(x)) - hat
    used = np.abs(weights) > TOLERANCE * np.abs(weights).max()
    scores = np.array([cluster_score(weights, annihilator, clusters == name) for name in np.unique(clusters)])
    gram = scores @ scores.T
    total = float(np.sum(np.square(gram)))
    if total <= TOLERANCE**2 * float(weights @ weights) ** 2:
        return None
    freedom = float(np.trace(gram)) ** 2 / total
    return Design(weights, scores, freedom, used, len(np.unique(clusters[used])))


def cluster_score(weights: np.ndarray, annihilator: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return p with p @ y = w_g' (M_gg)^(-1/2) e_g for one cluster, float64 (n,); directions without residual drop out."""
    values, vectors = np.linalg.eigh(annihilator[np.ix_(inside, inside)])
    kept = values > 1e-8
    root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    return annihilator[:, inside] @ (root @ weights[inside])
