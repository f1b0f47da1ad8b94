"""Adaptive sharpness: the rise of the loss when every weight is perturbed in proportion to its size."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from clm.curvature.trace import Estimate


@torch.no_grad()
def adaptive_sharpness(
    parameters: Sequence[Tensor], loss: Callable[[], float], rhos: Sequence[float], draws: int, seed: int
) -> list[Estimate]:
    """Return for each rho the mean over draws of L(w + rho |w| e) - L(w), e ~ N(0, I), and its standard error.

    The elementwise scaling follows Kwon et al. (ASAM, ICML 2021); the average case follows Andriushchenko et al. (ICML
    2023). The same draws serve all rhos.

    Args:
        parameters: modified in place and restored exactly.
        loss: of the current weights.
        rhos: relative sizes of the perturbation.
        draws: at least 2.
        seed: of the draws.
    """
    generator = torch.Generator(device=parameters[0].device).manual_seed(seed)
    original, base = [p.detach().clone() for p in parameters], loss()
    rises = np.empty((draws, len(rhos)))
    for draw in range(draws):
        noise = [torch.randn(p.shape, generator=generator, device=p.device, dtype=p.dtype) * p.abs() for p in original]
        for column, rho in enumerate(rhos):
            for p, w, e in zip(parameters, original, noise, strict=True):
                p.copy_(w + rho * e)
            rises[draw, column] = loss() - base
    for p, w in zip(parameters, original, strict=True):
        p.copy_(w)
    errors = rises.std(axis=0, ddof=1) / np.sqrt(draws)
    return [Estimate(float(m), float(s)) for m, s in zip(rises.mean(axis=0), errors, strict=True)]
