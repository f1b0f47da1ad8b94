"""Stochastic estimates of traces, with a standard error that covers batches and probes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from clm.curvature.hessian import Curvature
from clm.curvature.lanczos import Spectrum


@dataclass(frozen=True)
class Estimate:
    """A mean over batches and its standard error."""

    mean: float
    standard_error: float | None


def combine(values: np.ndarray, weights: np.ndarray) -> Estimate:
    """Return the weighted mean of one value per batch and its standard error (ratio estimator).

    Each value has its own probes, so their spread includes the noise of batches and of probes.
    """
    weights = weights / weights.sum()
    mean = float(weights @ values)
    if len(values) < 2:
        return Estimate(mean, None)
    count = len(values)
    return Estimate(mean, float(np.sqrt(count / (count - 1) * np.sum((weights * (values - mean)) ** 2))))


def traces(curvature: Curvature, probes: int, seed: int) -> dict[str, Estimate]:
    """Return Hutchinson estimates of `trace`, `scale_aware` = tr(H diag(w^2)), and the same of the encoder alone.

    All four (`encoder` and `encoder_scale_aware` are the latter) use one diagonal estimate v * (H v) with Rademacher v
    (Hutchinson 1989; Bekas et al. 2007).

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
        scaled = diagonal * squares
        rows.append([part.sum().item() for part in (diagonal, diagonal[encoder], scaled, scaled[encoder])])
    weights = np.array(curvature.weights)
    names = ("trace", "encoder", "scale_aware", "encoder_scale_aware")
    return {name: combine(column, weights) for name, column in zip(names, np.array(rows).T, strict=True)}


def deflated_trace(
    product: Callable[[Tensor], Tensor], spectrum: Spectrum, precision: float, max_probes: int, seed: int
) -> tuple[Estimate, int]:
    """Return the trace of one operator to a relative standard error, and the number of probes.

    Within the Krylov space of the spectrum the trace is known exactly; probes estimate the rest only, so that the
    outlying eigenvalues, which cause nearly all the variance of Hutchinson's estimator, contribute none. This follows
    Hutch++ (Meyer et al., SOSA 2021), with the basis that the eigenvalues required anyway.

    Args:
        product: v (n,) to H v (n,), symmetric.
        spectrum: of `extreme_eigenvalues`, from a start that is independent of `seed`.
        precision: standard error over the estimate at which to stop, after at least 5 probes.
        max_probes: at most, at least 2.
        seed: of the probes.
    """
    basis = spectrum.basis
    generator = torch.Generator(device=basis.last.device).manual_seed(seed)
    samples: list[float] = []
    while len(samples) < max_probes:
        vector = basis.project_out(rademacher(basis.last, generator))
        samples.append(float(vector @ product(vector)))
        if len(samples) >= min(5, max_probes):
            error = float(np.std(samples, ddof=1) / np.sqrt(len(samples)))
            mean = spectrum.block_trace + float(np.mean(samples))
            if error <= precision * abs(mean):
                break
    return Estimate(mean, error), len(samples)


def rademacher(like: Tensor, generator: torch.Generator) -> Tensor:
    """Return random signs in the shape, dtype and device of `like`."""
    return torch.randint(0, 2, like.shape, generator=generator, device=like.device, dtype=like.dtype) * 2 - 1
