"""Rank correlations of checkpoints grouped in trunks: bootstrap and permutations resample whole trunks.

Budgets of one trunk are repeated measures: treating 12 trunks with 5 budgets each as 60 points finds a correlation
between unrelated trunk effects in 30 % of studies instead of 5 %. Everything is vectorized over resamples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clm.statistics.resampling import Resamples

MIN_CELLS = 5


def stratum_ranks(values: np.ndarray, weights: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Return centred mid-ranks within strata as fractions of the stratum size, float64 (b, n).

    Args:
        values: float64 (n,).
        weights: float64 (b, n), how often each value counts.
        strata: integer (n,).
    """
    same = strata[:, None] == strata[None, :]
    below = (values[:, None] > values[None, :]) + 0.5 * (values[:, None] == values[None, :])
    total = weights @ same
    ranks = np.divide(weights @ (below * same).T, total, out=np.zeros_like(weights), where=total > 0)
    means = np.divide((weights * ranks) @ same, total, out=np.zeros_like(weights), where=total > 0)
    return ranks - means


def weighted_correlation(a: np.ndarray, b: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the correlation of centred a and b for each row of weights, float64 (rows,); NaN if one is constant."""
    cross = np.sum(weights * a * b, axis=-1)
    scale = np.sqrt(np.sum(weights * a * a, axis=-1) * np.sum(weights * b * b, axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 1e-12, np.clip(cross / np.where(scale > 0, scale, 1), -1, 1), np.nan)


def partial_out(ab: np.ndarray, ac: np.ndarray, bc: np.ndarray) -> np.ndarray:
    """Return the correlation of a and b given c from the three pairwise correlations; a constant c explains nothing."""
    ac, bc = np.nan_to_num(ac), np.nan_to_num(bc)
    rest = (1 - ac**2) * (1 - bc**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(rest > 1e-9, np.clip((ab - ac * bc) / np.sqrt(np.maximum(rest, 1e-12)), -1, 1), np.nan)


def fisher_mean(correlations: np.ndarray) -> np.ndarray:
    """Return the mean over the first axis by Fisher's z; undefined correlations are left out."""
    z = np.arctanh(np.clip(np.asarray(correlations, dtype=float), -0.999999, 0.999999))
    known = np.isfinite(z)
    count = known.sum(axis=0)
    total = np.where(known, z, 0).sum(axis=0)
    return np.tanh(np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0))


@dataclass(frozen=True)
class Association:
    """One predictor against one task, with its resampled copies.

    Attributes:
        pearson: correlation of centred values.
        spearman: rank correlation.
        boot: float64 (b,), Spearman over bootstrap draws.
        null: float64 (p,), Spearman over permutations.
        partial: Spearman given the first covariate, NaN without one; likewise partial_boot and partial_null.
        both: Spearman given the first two covariates, NaN without them; likewise both_boot and both_null.
    """

    pearson: float
    spearman: float
    boot: np.ndarray
    null: np.ndarray
    partial: float
    partial_boot: np.ndarray
    partial_null: np.ndarray
    both: float
    both_boot: np.ndarray
    both_null: np.ndarray


def associate(
    x: np.ndarray, y: np.ndarray, covariates: Sequence[np.ndarray], strata: np.ndarray, drawn: Resamples
) -> Association:
    """Correlate a predictor with a score within strata.

    Args:
        x: float64 (n,), predictor.
        y: float64 (n,), score.
        covariates: none, one or two of float64 (n,), which partial correlations hold fixed.
        strata: integer (n,).
        drawn: resamples of the n checkpoints.
    """
    weights = np.vstack([np.ones(len(x)), drawn.weights])
    rx, ry = stratum_ranks(x, weights, strata), stratum_ranks(y, weights, strata)
    rho = weighted_correlation(rx, ry, weights)
    moved = drawn.permutations
    one = np.ones(len(x))
    null = weighted_correlation(rx[0], ry[0][moved], one)
    linear = weighted_correlation(centre(x, strata), centre(y, strata), one)
    held = [stratum_ranks(covariate, weights, strata) for covariate in covariates]
    nothing = np.nan, np.full(len(drawn.weights), np.nan), np.full(len(moved), np.nan)
    given = [
        partial_association(rx, ry, held[:count], weights, moved) if len(held) >= count else nothing for count in (1, 2)
    ]
    return Association(float(linear), float(rho[0]), rho[1:], null, *given[0], *given[1])


def partial_association(
    rx: np.ndarray, ry: np.ndarray, held: Sequence[np.ndarray], weights: np.ndarray, moved: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the partial correlation of ranks, its bootstrap draws and its permutations.

    The test permutes residuals of the score on the covariates (Freedman and Lane, J. Bus. Econ. Stat. 1983, 1, 292),
    here of ranks.

    Args:
        rx: float64 (1 + b, n), centred ranks of the predictor; the first row is not resampled.
        ry: the same for the score.
        held: the same for each covariate.
        weights: float64 (1 + b, n).
        moved: int64 (p, n), permutations.
    """
    given = partial_correlation(rx, ry, held, weights)
    covariates = np.column_stack([ranks[0] for ranks in held])
    x_rest, y_rest = residual(rx[0], covariates), residual(ry[0], covariates)
    null = weighted_correlation(x_rest, residual(y_rest[moved], covariates), np.ones(rx.shape[1]))
    return float(given[0]), given[1:], null


def partial_correlation(a: np.ndarray, b: np.ndarray, held: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Return the correlation of centred a and b (rows, n) given those in `held`, one by one, float64 (rows,)."""
    if not held:
        return weighted_correlation(a, b, weights)
    *others, c = held
    return partial_out(*(partial_correlation(u, v, others, weights) for u, v in ((a, b), (a, c), (b, c))))


def centre(values: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Return values minus the mean of their stratum."""
    same = (strata[:, None] == strata[None, :]).astype(float)
    return values - (same @ values) / same.sum(axis=1)


def residual(values: np.ndarray, covariates: np.ndarray) -> np.ndarray:
    """Return the residuals of centred `values` (..., n) regressed on centred `covariates` (n, k)."""
    return values - values @ np.linalg.pinv(covariates).T @ covariates.T


def two_sided_p(observed: float, null: np.ndarray) -> float | None:
    """Return the permutation p of |observed|, counting the observation itself.

    None without permutations, or if they cannot change the correlation (token budgets that all trunks share).
    """
    if not len(null) or not np.isfinite(observed) or np.ptp(null) < 1e-12:
        return None
    return float((1 + np.sum(np.abs(null) >= abs(observed) - 1e-12)) / (1 + len(null)))
