"""The loss along random directions through a checkpoint, and the width of the minimum around it."""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from clm.landscape.directions import filter_normalized
from clm.landscape.paths import FRACTIONS, line_losses


def positions(reach: float) -> list[float]:
    """Return the coordinates at which the loss is measured, -reach to reach in norms of the weights; 0: checkpoint."""
    return [reach * (2 * fraction - 1) for fraction in FRACTIONS]


def loss_curves(
    parameters: Sequence[Tensor], loss: Callable[[], float], directions: int, reach: float, seed: int
) -> np.ndarray:
    """Return the loss at w + a d for each filter-normalized direction d, float64 (directions, positions).

    Args:
        parameters: modified in place and restored exactly.
        loss: of the current weights.
        directions: number of draws; models of one architecture share them.
        reach: largest |a|.
        seed: of the draws.
    """
    curves = []
    for draw in range(directions):
        steps = [reach * step for step in filter_normalized(parameters, seed + draw)]
        ends = tuple([(p.detach() + sign * s) for p, s in zip(parameters, steps, strict=True)] for sign in (-1, 1))
        curves.append(line_losses(parameters, ends, loss))
    return np.array(curves)


def width(coordinates: Sequence[float], losses: Sequence[float], rise: float) -> float:
    """Return the distance between the two points nearest the middle where the loss has risen by `rise`.

    The square root of the rise is interpolated linearly, which is exact for a parabola. NaN if the loss on one side
    does not rise that much.

    Args:
        coordinates: ascending, the middle one is 0.
        losses: at these coordinates.
        rise: above the loss at 0, positive.
    """
    middle = len(coordinates) // 2
    height = np.sqrt(np.maximum(np.asarray(losses, dtype=float) - losses[middle], 0))
    distance = np.abs(np.asarray(coordinates, dtype=float))
    return float(
        sum(crossing(distance[side], height[side], np.sqrt(rise)) for side in (np.s_[middle:], np.s_[middle::-1]))
    )


def crossing(distances: np.ndarray, heights: np.ndarray, level: float) -> float:
    """Return the distance at which linearly interpolated heights first reach a level, NaN if they do not."""
    reached = np.flatnonzero(heights >= level)
    if not len(reached):
        return float("nan")
    i = reached[0]
    fraction = (level - heights[i - 1]) / (heights[i] - heights[i - 1])
    return float(distances[i - 1] + fraction * (distances[i] - distances[i - 1]))
