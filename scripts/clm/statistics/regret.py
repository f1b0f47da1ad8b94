"""What choosing a checkpoint by a predictor costs, against the best checkpoint.

The best is chosen on some repeats (split or fine-tuning seeds) and scored on the others: chosen and scored on the
same ones, the best of 60 equal checkpoints seems to beat the rest by noise alone.
"""

import numpy as np


def chosen_regret(errors: np.ndarray, choice: np.ndarray) -> float:
    """Return the mean log error of a choice over that of the oracle, on repeats that the oracle did not see.

    Args:
        errors: float64 (k, n), log error of n checkpoints on k >= 2 repeats.
        choice: float64 (n,), probability that each checkpoint is chosen; sums to 1.

    Returns:
        mean over repeats of (error of the choice - error of the checkpoint that was best on the other repeats): 0.05
        means 5 % more error. It can be negative: the oracle is not clairvoyant.
    """
    others = (errors.sum(axis=0) - errors) / (len(errors) - 1)
    oracle = errors[np.arange(len(errors)), np.argmin(others, axis=1)]
    return float(np.mean(errors @ choice - oracle))


def pick(values: np.ndarray, sign: float) -> np.ndarray:
    """Return the choice of the checkpoint with the largest sign * value; ties share the probability."""
    best = sign * values == np.max(sign * values)
    return best / best.sum()


def anyone(count: int) -> np.ndarray:
    """Return the choice at random."""
    return np.full(count, 1 / count)


def mean_interval(values: np.ndarray, draws: int, seed: int) -> tuple[float | None, float | None]:
    """Return the 95 % bootstrap interval of the mean over tasks, or (None, None) below 3 tasks."""
    if len(values) < 3:
        return None, None
    chosen = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    low, high = np.quantile(values[chosen].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
