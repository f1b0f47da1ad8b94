"""Extreme eigenvalues by Lanczos with full reorthogonalization.

Power iteration with deflation, as in PyHessian, finds the eigenvalues of largest modulus and stops when an estimate
changes little, which does not bound its error; Lanczos finds both ends of the spectrum and the residual of each value.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

CHECK_STEPS = 5  # steps between two checks of the residuals
BLOCK_SIZE = 10  # vectors for which memory is allocated at a time


class Basis:
    """A growing set of orthonormal vectors (n,), stored in blocks of rows: adding one copies none of the others."""

    def __init__(self) -> None:
        """Start empty."""
        self.blocks: list[Tensor] = []
        self.count = 0

    def add(self, vector: Tensor) -> None:
        """Add a vector (n,) of norm 1 that is orthogonal to the others."""
        if self.count == BLOCK_SIZE * len(self.blocks):
            self.blocks.append(vector.new_empty(BLOCK_SIZE, len(vector)))
        self.blocks[-1][self.count % BLOCK_SIZE] = vector
        self.count += 1

    def rows(self) -> list[Tensor]:
        """Return the vectors of each block, (k, n) with k <= BLOCK_SIZE."""
        return [block[: self.count - BLOCK_SIZE * number] for number, block in enumerate(self.blocks)]

    @property
    def last(self) -> Tensor:
        """Return the vector (n,) added last."""
        return self.blocks[-1][(self.count - 1) % BLOCK_SIZE]

    def project_out(self, vector: Tensor) -> Tensor:
        """Return the component of a vector (n,) that is orthogonal to all vectors of the basis."""
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
    """A Krylov space: the tridiagonal matrix of the operator in it, the norm of the next vector, its basis."""

    alphas: list[float]
    betas: list[float]
    beta: float
    basis: Basis = field(repr=False)


def krylov_spaces(product: Callable[[Tensor], Tensor], start: Tensor, max_steps: int) -> Iterator[Krylov]:
    """Yield the Krylov spaces of 1, 2, ... max_steps products, each with full reorthogonalization.

    Args:
        product: v (n,) to H v (n,).
        start: vector (n,).
        max_steps: products at most; n suffice.
    """
    basis, new, beta = Basis(), start, float(start.norm())
    alphas: list[float] = []
    betas: list[float] = []
    for _ in range(min(max_steps, len(start))):
        basis.add(new / beta)
        new = product(basis.last)
        alphas.append(float(new @ basis.last))
        for _ in range(2):  # twice is enough (Parlett, The Symmetric Eigenvalue Problem, ch. 6)
            new = basis.project_out(new)
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
        count: number of largest eigenvalues.
        tolerance: residual relative to the largest modulus at which to stop.
        max_steps: products at most.
    """
    for step, space in enumerate(krylov_spaces(product, start, max_steps), start=1):
        spectrum = ritz(space.alphas, space.betas, space.beta, count, step)
        exhausted = space.beta < 1e-10 * max(1.0, abs(spectrum.largest[0]))
        if exhausted or (step % CHECK_STEPS == 0 and step > count and spectrum.residual < tolerance):
            break
    return replace(spectrum, basis=space.basis)


def ritz(alphas: list[float], betas: list[float], beta: float, count: int, steps: int) -> Spectrum:
    """Return the Ritz values of the tridiagonal matrix and their residuals beta |last component|."""
    values, vectors = np.linalg.eigh(tridiagonal(alphas, betas))
    indices = [*range(len(values) - 1, max(-1, len(values) - 1 - count), -1), 0]
    residual = max(beta * abs(vectors[-1, i]) for i in indices) / max(np.abs(values).max(), 1e-30)
    return Spectrum(
        [float(values[i]) for i in indices[:-1]], float(values[0]), float(residual), steps, float(sum(alphas))
    )
