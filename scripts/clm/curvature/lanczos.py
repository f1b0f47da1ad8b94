"""Extreme eigenvalues by Lanczos with full reorthogonalization.

Power iteration with deflation, as in PyHessian, finds the eigenvalues of largest modulus and stops when an estimate
changes little, which is not when it is right; Lanczos finds both ends of the spectrum and knows its residuals.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

CHECK = 5  # steps between two looks at the residuals
BLOCK = 10  # vectors for which memory is taken at a time


class Basis:
    """Orthonormal vectors (n,) as rows of blocks: another one moves none of them, and little memory waits for more."""

    def __init__(self) -> None:
        """Start with none."""
        self.blocks: list[Tensor] = []
        self.count = 0

    def add(self, vector: Tensor) -> None:
        """Add a vector (n,) of norm 1 that is orthogonal to the others."""
        if self.count == BLOCK * len(self.blocks):
            self.blocks.append(vector.new_empty(BLOCK, len(vector)))
        self.blocks[-1][self.count % BLOCK] = vector
        self.count += 1

    def rows(self) -> list[Tensor]:
        """Return the vectors of each block, (k, n) with k <= BLOCK."""
        return [block[: self.count - BLOCK * number] for number, block in enumerate(self.blocks)]

    @property
    def last(self) -> Tensor:
        """Return the vector (n,) added last."""
        return self.blocks[-1][(self.count - 1) % BLOCK]

    def outside(self, vector: Tensor) -> Tensor:
        """Return what of a vector (n,) is orthogonal to all of them."""
        for rows in self.rows():
            vector = torch.addmv(vector, rows.T, rows @ vector, alpha=-1)
        return vector


@dataclass(frozen=True)
class Spectrum:
    """Largest eigenvalues (descending), the smallest one, the largest relative residual among them, and steps taken.

    basis: of the Krylov space, `steps` vectors; block_trace: trace of the operator within it (exact).
    """

    largest: list[float]
    smallest: float
    residual: float
    steps: int
    block_trace: float
    basis: Basis | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Krylov:
    """A Krylov space: the tridiagonal matrix of the operator in it, the norm of what leads out, orthonormal vectors."""

    alphas: list[float]
    betas: list[float]
    beta: float
    basis: Basis = field(repr=False)


def krylov_spaces(product: Callable[[Tensor], Tensor], start: Tensor, max_steps: int) -> Iterator[Krylov]:
    """Yield the Krylov spaces of 1, 2, ... max_steps products, each with full reorthogonalization.

    Args:
        product: v (n,) to H v (n,).
        start: vector (n,).
        max_steps: products at most; n are enough.
    """
    basis, new, beta = Basis(), start, float(start.norm())
    alphas: list[float] = []
    betas: list[float] = []
    for _ in range(min(max_steps, len(start))):
        basis.add(new / beta)
        new = product(basis.last)
        alphas.append(float(new @ basis.last))
        for _ in range(2):  # twice is enough (Parlett, The Symmetric Eigenvalue Problem, ch. 6)
            new = basis.outside(new)
        beta = float(new.norm())
        yield Krylov(alphas, betas, beta, basis)
        betas.append(beta)


def tridiagonal(alphas: list[float], betas: list[float]) -> np.ndarray:
    """Return the symmetric matrix with these diagonals."""
    return np.diag(alphas) + np.diag(betas, 1) + np.diag(betas, -1)


def extreme_eigenvalues(
    product: Callable[[Tensor], Tensor], start: Tensor, count: int, tolerance: float, max_steps: int
) -> Spectrum:
    """Return the `count` largest algebraic eigenvalues and the smallest one of a symmetric operator.

    Args:
        product: v (n,) to H v (n,).
        start: random vector (n,).
        count: eigenvalues at the upper end.
        tolerance: residual relative to the largest modulus at which to stop.
        max_steps: products at most.
    """
    for step, space in enumerate(krylov_spaces(product, start, max_steps), start=1):
        found = ritz(space.alphas, space.betas, space.beta, count, step)
        exhausted = space.beta < 1e-10 * max(1.0, abs(found.largest[0]))
        if exhausted or (step % CHECK == 0 and step > count and found.residual < tolerance):
            break
    return replace(found, basis=space.basis)


def ritz(alphas: list[float], betas: list[float], beta: float, count: int, steps: int) -> Spectrum:
    """Return the Ritz values of the tridiagonal matrix and their residuals beta |last component|."""
    values, vectors = np.linalg.eigh(tridiagonal(alphas, betas))
    wanted = [*range(len(values) - 1, max(-1, len(values) - 1 - count), -1), 0]
    residual = max(beta * abs(vectors[-1, i]) for i in wanted) / max(np.abs(values).max(), 1e-30)
    return Spectrum(
        [float(values[i]) for i in wanted[:-1]], float(values[0]), float(residual), steps, float(sum(alphas))
    )
