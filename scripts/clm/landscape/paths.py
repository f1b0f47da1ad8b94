"""Losses on straight lines between weights, and cosines between task vectors."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from clm.landscape.surface import barrier

FRACTIONS = tuple(np.linspace(0, 1, 11).tolist())


@torch.no_grad()
def line_losses(
    parameters: Sequence[Tensor], ends: tuple[Sequence[Tensor], Sequence[Tensor]], loss: Callable[[], float]
) -> list[float]:
    """Return the loss at (1 - a) x + a y for the 11 values a of FRACTIONS.

    Args:
        parameters: modified in place and restored exactly.
        ends: x and y, in the shapes of the parameters.
        loss: of the current weights.
    """
    original = [p.detach().clone() for p in parameters]
    values = []
    for fraction in FRACTIONS:
        for p, x, y in zip(parameters, *ends, strict=True):
            p.copy_(torch.lerp(x.to(p), y.to(p), fraction))
        values.append(float(loss()))
    for p, w in zip(parameters, original, strict=True):
        p.copy_(w)
    return values


def describe_line(losses: Sequence[float]) -> dict[str, float]:
    """Return loss_from, loss_to and barrier of losses at FRACTIONS."""
    return {"loss_from": losses[0], "loss_to": losses[-1], "barrier": barrier(losses)}


def cosines(start: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the cosines between the differences of `ends` (k, p) from `start` (p,), float64 (k, k).

    In fine-tuning the difference is the task vector of Ilharco et al. (ICLR 2023, arXiv:2212.04089). NaN if a
    difference is zero.
    """
    differences = ends.astype(np.float64) - start
    lengths = np.linalg.norm(differences, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return differences @ differences.T / np.outer(lengths, lengths)
