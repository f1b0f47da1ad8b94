"""The loss on lines through a checkpoint in random directions, and how wide the well around it is."""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from clm.landscape.directions import filter_normalized
from clm.landscape.paths import SHARES, line_losses


def positions(reach: float) -> list[float]:
    """Return where on a line losses are measured, in lengths of the weights: -reach to reach, 0 is the checkpoint."""
    return [reach * (2 * share - 1) for share in SHARES]


def loss_curves(
    parameters: Sequence[Tensor], loss: Callable[[], float], directions: int, reach: float, seed: int
) -> np.ndarray:
    """Return the loss at w + a d for each filter-normalized direction d, float64 (directions, positions).

    Args:
        parameters: changed in place and put back exactly.
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


def width(places: Sequence[float], losses: Sequence[float], rise: float) -> float:
    """Return the distance between the two places nearest the middle where the loss has risen by `rise`.

    Between measured places the square root of the rise is taken to be straight, which is exact for a parabola. NaN
    where a side does not rise that much.

    Args:
        places: ascending, the middle one is 0.
        losses: at these places.
        rise: above the loss at 0, positive.
    """
    middle = len(places) // 2
    height = np.sqrt(np.maximum(np.asarray(losses, dtype=float) - losses[middle], 0))
    far = np.abs(np.asarray(places, dtype=float))
    return float(sum(crossing(far[side], height[side], np.sqrt(rise)) for side in (np.s_[middle:], np.s_[middle::-1])))


def crossing(places: np.ndarray, heights: np.ndarray, level: float) -> float:
    """Return where straight lines between heights first reach a level above the first height, NaN if they do not."""
    reached = np.flatnonzero(heights >= level)
    if not len(reached):
        return float("nan")
    i = reached[0]
    share = (level - heights[i - 1]) / (heights[i] - heights[i - 1])
    return float(places[i - 1] + share * (places[i] - places[i - 1]))
