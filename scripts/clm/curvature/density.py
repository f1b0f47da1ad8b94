"""Spectral density of a symmetric operator by stochastic Lanczos quadrature.

Ubaru, Chen and Saad (SIAM J. Matrix Anal. Appl. 2017); for Hessians of networks Ghorbani et al. (ICML 2019,
arXiv:1901.10159).
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from clm.curvature.lanczos import krylov_spaces, tridiagonal

BULK = 0.01  # eigenvalues smaller than this fraction of the largest modulus count as bulk

# keys of `describe`, in order
STATISTICS = ("largest", "smallest", "mean", "mean_error", "bulk_fraction", "negative_fraction")
STATISTICS += ("effective_rank_fraction",)

Quadrature = tuple[np.ndarray, np.ndarray]


def quadrature(product: Callable[[Tensor], Tensor], start: Tensor, steps: int) -> Quadrature:
    """Return nodes and weights, float64 (steps,), of the Gauss quadrature of the spectral measure of `start`.

    Weights are positive and sum to 1. Moments up to order 2 steps - 1 are exact for this start; the mean over random
    starts estimates the spectral density. There are fewer nodes if the Krylov space is exhausted earlier.

    Args:
        product: v (n,) to H v (n,).
        start: random vector (n,).
        steps: products at most.
    """
    for space in krylov_spaces(product, start, steps):
        values, vectors = np.linalg.eigh(tridiagonal(space.alphas, space.betas))
        if space.beta < 1e-10 * max(1.0, float(np.abs(values).max())):
            break
    return values, np.square(vectors[0])


def random_quadratures(
    product: Callable[[Tensor], Tensor], like: Tensor, size: int, steps: int, starts: int, seed: int
) -> list[Quadrature]:
    """Return the quadratures of `starts` Gaussian start vectors (size,), in the dtype and on the device of `like`."""
    generator = torch.Generator().manual_seed(seed)
    return [quadrature(product, torch.randn(size, generator=generator).to(like), steps) for _ in range(starts)]


def describe(quadratures: Sequence[Quadrature]) -> dict[str, float]:
    """Return extremes, mean (trace / n) with its standard error over starts, fractions in bulk and below it, and rank.

    The rank is the effective rank as a fraction of n (see `effective_rank`). The bulk are eigenvalues smaller than BULK
    times the largest modulus, which nodes cannot resolve from zero; `negative_fraction` counts those below the bulk.
    """
    nodes, weights = (np.concatenate(part) for part in zip(*quadratures, strict=True))
    edge = BULK * np.abs(nodes).max()
    means = np.array([np.sum(x * w) for x, w in quadratures])
    error = means.std(ddof=1) / np.sqrt(len(means)) if len(means) > 1 else np.nan
    return {
        "largest": float(nodes.max()),
        "smallest": float(nodes.min()),
        "mean": float(means.mean()),
        "mean_error": float(error),
        "bulk_fraction": float(weights[np.abs(nodes) <= edge].sum() / len(quadratures)),
        "negative_fraction": float(weights[nodes < -edge].sum() / len(quadratures)),
        "effective_rank_fraction": effective_rank(nodes, weights / len(quadratures)),
    }


def effective_rank(nodes: np.ndarray, weights: np.ndarray) -> float:
    """Return the effective rank of a symmetric operator as a fraction of its dimension n; 0 for the zero operator.

    Roy and Vetterli (EUSIPCO 2007): exp(H), H the entropy of p_i = |e_i| / sum |e_j| over the n eigenvalues. With means
    E over the spectral density, of which a quadrature is an estimate, H = log(n E|e|) - E(|e| log|e|) / E|e|, so that
    exp(H) / n needs no n: r of n eigenvalues of one modulus, the others zero, give r / n.

    Args:
        nodes: of the quadrature (m,).
        weights: of the nodes (m,), positive, with sum 1.
    """
    modulus = np.abs(nodes)
    if not (total := float(weights @ modulus)):
        return 0.0
    logarithms = np.log(modulus, out=np.zeros_like(modulus), where=modulus > 0)
    return float(total * np.exp(-(weights @ (modulus * logarithms)) / total))
