"""LogME: log maximum evidence of a linear model on features (You et al., ICML 2021, arXiv:2102.11005).

The model has an intercept: features and targets, including those of one-vs-rest, are centred. Centring only one of them
would require features without a mean to explain targets with one.
"""

import numpy as np
from scipy.optimize import minimize_scalar

from clm.transfer.usable import unusable

RANGE = np.log(1e8)  # of the ratio of precisions, relative to the largest squared singular value
GRID = 65  # evidence can have two maxima in that ratio, so the best point of a grid is refined
MIN_LABELS = 3


def singular(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return left singular vectors (n, r) and singular values (r,) of centred features (n, d)."""
    u, s, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    return u, s


def log_evidence(u: np.ndarray, s: np.ndarray, y: np.ndarray) -> float:
    """Return the maximum over alpha, beta of log p(y | features) / n for y ~ N(F w, 1/beta), w ~ N(0, 1/alpha).

    With t = alpha / beta the best beta is n / (y' (I + F F' / t)^-1 y), which leaves a maximum over t alone. Everything
    is relative to the scale of the features, so that scaling them changes nothing.

    Args:
        u: float64 (n, r), left singular vectors of the centred features.
        s: float64 (r,), their singular values, not all 0.
        y: float64 (n,), finite, with mean 0.
    """
    n, sigma, power = len(y), np.square(s / s.max()), np.square(u.T @ y)
    rest = max(float(y @ y - power.sum()), 0.0)

    def negative(log_t: float) -> float:
        t = np.exp(log_t)
        residual = float(np.sum(power * t / (t + sigma))) + rest
        return 0.5 * (n * np.log(2 * np.pi * residual / n) + n + float(np.sum(np.log1p(sigma / t)))) / n

    grid = np.linspace(-RANGE, RANGE, GRID)
    best = int(np.argmin([negative(point) for point in grid]))
    ends = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    found = minimize_scalar(negative, bounds=ends, method="bounded", options={"xatol": 1e-8})
    return -min(float(found.fun), negative(grid[best]))


def logme(features: np.ndarray, y: np.ndarray, kind: str) -> float | None:
    """Return LogME of one label on the training part; None if `unusable` gives a reason.

    Regression: y standardized. Classification: one-vs-rest, averaged over the classes.

    Args:
        features: float (n, d).
        y: float64 (n,), finite.
        kind: "regression" or "classification".
    """
    if unusable(features, y, MIN_LABELS):
        return None
    u, s = singular(np.asarray(features, dtype=np.float64))
    targets = [y / y.std()] if kind == "regression" else [(y == c).astype(np.float64) for c in np.unique(y)]
    return float(np.mean([log_evidence(u, s, target - target.mean()) for target in targets]))
