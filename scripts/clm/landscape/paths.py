"""Losses on straight lines between weights, and how directions of training compare."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from clm.landscape.surface import barrier

SHARES = tuple(np.linspace(0, 1, 11).tolist())


@torch.no_grad()
def line_losses(
    parameters: Sequence[Tensor], ends: tuple[Sequence[Tensor], Sequence[Tensor]], loss: Callable[[], float]
) -> list[float]:
    """Return the loss at (1 - a) x + a y for the 11 values a of SHARES.

    Args:
        parameters: changed in place and put back exactly.
        ends: x and y, in the shapes of the parameters.
        loss: of the current weights.
    """
    original = [p.detach().clone() for p in parameters]
    values = []
    for share in SHARES:
        for p, x, y in zip(parameters, *ends, strict=True):
            p.copy_(torch.lerp(x.to(p), y.to(p), share))
        values.append(float(loss()))
    for p, w in zip(parameters, original, strict=True):
        p.copy_(w)
    return values


def describe_line(losses: Sequence[float]) -> dict[str, float]:
    """Return loss_from, loss_to and barrier of losses at SHARES."""
    return {"loss_from": losses[0], "loss_to": losses[-1], "barrier": barrier(losses)}


def cosines(start: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the cosines between the ways from `start` (p,) to each of `ends` (k, p), float64 (k, k).

    The way of weights in fine-tuning is the task vector of Ilharco et al. (ICLR 2023, arXiv:2212.04089). NaN where
    nothing moved.
    """
    ways = ends.astype(np.float64) - start
    lengths = np.linalg.norm(ways, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ways @ ways.T / np.outer(lengths, lengths)
