"""Stochastic traces with a standard error that covers batches and probes."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from clm.curvature.hessian import Curvature


@dataclass(frozen=True)
class Estimate:
    """A mean over batches and its standard error."""

    mean: float
    standard_error: float | None


def combine(values: np.ndarray, weights: np.ndarray) -> Estimate:
    """Return the weighted mean of one value per batch and its standard error (ratio estimator).

    Each value has its own probes, so their spread holds the noise of batches and of probes.
    """
    weights = weights / weights.sum()
    mean = float(weights @ values)
    if len(values) < 2:
        return Estimate(mean, None)
    count = len(values)
    return Estimate(mean, float(np.sqrt(count / (count - 1) * np.sum((weights * (values - mean)) ** 2))))


def traces(curvature: Curvature, probes: int, seed: int) -> dict[str, Estimate]:
    """Return Hutchinson estimates of `trace`, `encoder` (its part in the encoder) and `scale_aware` = tr(H diag(w^2)).

    All three read one diagonal estimate v * (H v) with Rademacher v (Hutchinson 1989; Bekas et al. 2007).

    Args:
        curvature: gradients of at least two disjoint batches.
        probes: per batch, independent between batches.
        seed: of the probes.
    """
    parameters = curvature.parameters
    generator = torch.Generator(device=parameters[0].device).manual_seed(seed)
    encoder = torch.cat(
        [
            torch.full((p.numel(),), name.startswith("roberta"))
            for name, p in zip(curvature.names, parameters, strict=True)
        ]
    ).to(parameters[0].device)
    squares = curvature.flat([p.detach() ** 2 for p in parameters])
    rows = []
    for number in range(len(curvature.weights)):
        diagonal = torch.zeros_like(squares)
        for _ in range(probes):
            vector = rademacher(squares, generator)
            diagonal += vector * curvature.batch_product(number, vector) / probes
        rows.append([diagonal.sum().item(), diagonal[encoder].sum().item(), (diagonal @ squares).item()])
    weights = np.array(curvature.weights)
    names = ("trace", "encoder", "scale_aware")
    return {name: combine(column, weights) for name, column in zip(names, np.array(rows).T, strict=True)}


def rademacher(like: Tensor, generator: torch.Generator) -> Tensor:
    """Return random signs."""
    return torch.randint(0, 2, like.shape, generator=generator, device=like.device, dtype=like.dtype) * 2 - 1
