"""LogME: log maximum evidence of a linear model on features (You et al., ICML 2021, arXiv:2102.11005)."""

import numpy as np

STEPS = 100
TOLERANCE = 1e-5


def singular(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return left singular vectors (n, r) and singular values (r,) of centred features (n, d)."""
    u, s, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    return u, s


def log_evidence(u: np.ndarray, s: np.ndarray, d: int, y: np.ndarray) -> float:
    """Return the maximum over alpha, beta of log p(y | features) / n for y ~ N(F w, 1/beta), w ~ N(0, 1/alpha).

    Fixed-point iteration in the basis of the singular vectors (You et al., algorithm 1; arXiv:2110.10545).

    Args:
        u: float64 (n, r), left singular vectors of the centred features.
        s: float64 (r,), their singular values.
        d: number of features.
        y: float64 (n,), finite.
    """
    n = len(y)
    power, sigma = (u.T @ y) ** 2, s**2
    rest = max(float(y @ y - power.sum()), 0.0)
    alpha, beta = 1.0, 1.0
    for _ in range(STEPS):
        gamma = float(np.sum(beta * sigma / (alpha + beta * sigma)))
        m2 = float(np.sum(beta**2 * sigma * power / (alpha + beta * sigma) ** 2))
        residual = float(np.sum(power * (alpha / (alpha + beta * sigma)) ** 2)) + rest
        new_alpha, new_beta = gamma / max(m2, 1e-12), (n - gamma) / max(residual, 1e-12)
        moved = abs(np.log(new_alpha / new_beta) - np.log(alpha / beta))
        alpha, beta = new_alpha, new_beta
        if moved < TOLERANCE:
            break
    return evidence(alpha, beta, sigma, power, rest, n, d) / n


def evidence(alpha: float, beta: float, sigma: np.ndarray, power: np.ndarray, rest: float, n: int, d: int) -> float:
    """Return log p(y) for given precisions, from squared singular values and squared projections of y."""
    m2 = float(np.sum(beta**2 * sigma * power / (alpha + beta * sigma) ** 2))
    residual = float(np.sum(power * (alpha / (alpha + beta * sigma)) ** 2)) + rest
    determinant = float(np.sum(np.log(alpha + beta * sigma))) + (d - len(sigma)) * np.log(alpha)
    terms = n * np.log(beta) + d * np.log(alpha) - n * np.log(2 * np.pi) - beta * residual - alpha * m2 - determinant
    return float(terms / 2)


def logme(features: np.ndarray, y: np.ndarray, kind: str) -> float | None:
    """Return LogME of one label on the training part; None when the label is constant.

    Regression: y standardized. Classification: one-vs-rest, averaged over the classes.
    """
    if len(y) < 3 or np.ptp(y) == 0:
        return None
    u, s = singular(np.asarray(features, dtype=np.float64))
    targets = [(y - y.mean()) / y.std()] if kind == "regression" else [(y == c).astype(np.float64) for c in (0, 1)]
    return float(np.mean([log_evidence(u, s, features.shape[1], target) for target in targets]))
