"""Trace and extreme eigenvalues by PyHessian 0.1 (Yao et al., arXiv:1912.07145), the reference method.

It needs several times the products of `clm.curvature.trace` and `clm.curvature.lanczos`. Its algorithms run unchanged;
its known faults are worked around here:

- its constructor weights batches by their number of sequences instead of masked tokens, fails on parameters without
  gradient and leaks memory through `.grad`: it gets the gradients of `clm.curvature.hessian` instead;
- `trace` stops when its running mean happens to change little (at once if it is negative) and gives no standard error:
  it never stops early here, and the error comes from batches as in the default method;
- `eigenvalues` finds those of largest modulus, of either sign: it gets the Hessian plus and minus a multiple of the
  identity;
- its stopping rule does not bound the error: the residual of every eigenvalue is computed here.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from pyhessian import hessian
from torch import Tensor, nn

from clm.curvature.hessian import Curvature
from clm.curvature.lanczos import Spectrum
from clm.curvature.trace import Estimate, combine

# Power iteration stops when an eigenvalue changes by less than the tolerance times this: at the tolerance itself (1e-3)
# the fifth eigenvalue was 18 % too small (bench/NOTES.md)
STOPPING_FACTOR = 0.1


class ReferenceHessian(hessian):
    """PyHessian on given gradients, of the Hessian plus `shift` times the identity."""

    def __init__(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor], shift: float = 0.0) -> None:
        """Set the attributes that its methods use; the parent constructor (see above) is deliberately not called.

        Args:
            parameters: of the model.
            gradients: of the loss, with a graph.
            shift: added to each eigenvalue.
        """
        self.params = list(parameters)
        self.gradsH = [g + shift * p for g, p in zip(gradients, parameters, strict=True)]
        self.model = nn.Module()  # only its zero_grad is called
        self.full_dataset = False
        self.device = str(self.params[0].device)


def reference_trace(curvature: Curvature, probes: int, seed: int) -> Estimate:
    """Return Hutchinson's estimate of the trace; its standard error covers batches and probes.

    Args:
        curvature: gradients of at least two disjoint batches.
        probes: per batch.
        seed: of the probes.
    """
    with seeded(curvature.parameters[0].device, seed):
        values = [
            np.mean(ReferenceHessian(curvature.parameters, gradients).trace(maxIter=probes, tol=-math.inf))
            for gradients in curvature.gradients
        ]
    return combine(np.array(values), np.array(curvature.weights))


def reference_eigenvalues(curvature: Curvature, count: int, tolerance: float, max_products: int, seed: int) -> Spectrum:
    """Return the `count` largest algebraic eigenvalues and the smallest one, by power iteration with deflation.

    Args:
        curvature: gradients of the batches.
        count: number of largest eigenvalues.
        tolerance: target relative accuracy; the residual shows the accuracy reached.
        max_products: per eigenvalue, at most.
        seed: of the start vectors.

    Returns:
        A spectrum without basis; `steps` (which PyHessian does not count) and `block_trace` are 0 and NaN.
    """
    options = {"maxIter": max_products, "tol": STOPPING_FACTOR * tolerance}
    by_parameter = zip(*curvature.gradients, strict=True)
    gradients = [sum(w * g for w, g in zip(curvature.weights, parts, strict=True)) for parts in by_parameter]
    with seeded(curvature.parameters[0].device, seed):
        (modulus,), _ = ReferenceHessian(curvature.parameters, gradients).eigenvalues(**options)
        upper = ReferenceHessian(curvature.parameters, gradients, abs(modulus)).eigenvalues(**options, top_n=count)
        lower = ReferenceHessian(curvature.parameters, gradients, -abs(modulus)).eigenvalues(**options)
    pairs = [rayleigh(curvature, vector) for vector in (*upper[1], *lower[1])]
    values = [value for value, _ in pairs]
    residual = max(residual for _, residual in pairs) / max(max(map(abs, values)), 1e-30)
    return Spectrum(sorted(values[:-1], reverse=True), values[-1], residual, 0, math.nan)


def rayleigh(curvature: Curvature, vector: Sequence[Tensor]) -> tuple[float, float]:
    """Return the Rayleigh quotient of an approximate eigenvector and the norm of its residual."""
    flat = curvature.flat(vector)
    unit = flat / flat.norm()
    product = curvature.product(unit)
    value = unit @ product
    return float(value), float((product - value * unit).norm())


@contextmanager
def seeded(device: torch.device, seed: int) -> Iterator[None]:
    """Seed torch's global generators, from which PyHessian draws, within the context."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
