"""Resamples of checkpoints grouped in trunks: bootstrap draws and permutations of whole trunks."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Resamples:
    """Resamples of the n checkpoints of a family of tasks, shared by all tasks and predictors for paired comparisons.

    Attributes:
        weights: float64 (b, n), how often each checkpoint is drawn when trunks are drawn with replacement.
        permutations: int64 (p, n), positions after permuting whole trunks; empty if there are too few trunks.
    """

    weights: np.ndarray
    permutations: np.ndarray


def drawn_trunks(random: np.random.Generator, trunks: np.ndarray, count: int) -> np.ndarray:
    """Return how often each of n checkpoints counts when trunks are drawn with replacement, float64 (count, n).

    Args:
        random: draws.
        trunks: integer (n,).
        count: number of draws.
    """
    names, number = np.unique(trunks, return_inverse=True)
    return random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count)[:, number].astype(float)


def resamples(
    trunks: np.ndarray, budgets: np.ndarray, strata: np.ndarray, count: int, seed: int, min_trunks: int
) -> Resamples:
    """Draw resamples.

    Args:
        trunks: integer (n,).
        budgets: (n,), names of the budgets; only trunks with the same budgets are exchanged.
        strata: integer (n,); trunks are exchanged only within a stratum (models of one size, for example).
        count: number of bootstrap draws and of permutations.
        seed: of both.
        min_trunks: minimum number of exchangeable trunks for permutations.
    """
    random = np.random.default_rng(seed)
    weights = drawn_trunks(random, trunks, count)
    names, number = np.unique(trunks, return_inverse=True)
    blocks = [np.flatnonzero(number == i) for i in range(len(names))]
    blocks = [block[np.argsort(budgets[block], kind="stable")] for block in blocks]
    alike: dict[tuple, list[np.ndarray]] = {}
    for block in blocks:
        alike.setdefault((strata[block[0]], *budgets[block]), []).append(block)
    movable = [np.array(group) for group in alike.values() if len(group) > 1]
    if sum(map(len, movable)) < min_trunks:
        return Resamples(weights, np.empty((0, len(trunks)), dtype=np.int64))
    permutations = np.tile(np.arange(len(trunks)), (count, 1))
    for group in movable:
        orders = random.permuted(np.tile(np.arange(len(group)), (count, 1)), axis=1)
        for place, block in enumerate(group):
            permutations[:, block] = group[orders[:, place]]
    return Resamples(weights, permutations)
