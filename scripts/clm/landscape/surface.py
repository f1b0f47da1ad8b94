"""The loss on a plane or a line in parameter space."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor


@torch.no_grad()
def loss_surface(
    parameters: Sequence[Tensor],
    directions: tuple[Sequence[Tensor], Sequence[Tensor]],
    loss: Callable[[], float],
    coordinates: Sequence[float],
) -> np.ndarray:
    """Return the loss at w + a x + b y for all coordinates, float64 (len, len), a along rows.

    Args:
        parameters: modified in place and restored exactly.
        directions: x and y, in the shapes of the parameters.
        loss: of the current weights.
        coordinates: values of a and b.
    """
    original = [p.detach().clone() for p in parameters]
    values = np.empty((len(coordinates), len(coordinates)))
    for row, a in enumerate(coordinates):
        for column, b in enumerate(coordinates):
            for p, w, x, y in zip(parameters, original, *directions, strict=True):
                p.copy_(w + a * x + b * y)
            values[row, column] = loss()
    for p, w in zip(parameters, original, strict=True):
        p.copy_(w)
    return values


def barrier(losses: Sequence[float]) -> float:
    """Return max over a of L(a) - ((1 - a) L(0) + a L(1)) for losses at equal steps from a = 0 to 1.

    Linear mode connectivity after Frankle et al. (ICML 2020).
    """
    path = np.asarray(losses, dtype=np.float64)
    fraction = np.linspace(0, 1, len(path))
    return float(np.max(path - ((1 - fraction) * path[0] + fraction * path[-1])))
