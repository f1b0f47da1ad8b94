"""Regret: the cost of choosing a checkpoint by a predictor, compared with the best checkpoint.

The best is chosen on some repeats (split or fine-tuning seeds) and scored on the others: if it were chosen and scored
on the same ones, the best of 60 equal checkpoints would seem to beat the rest by noise alone. A frozen encoder has no
repeats on the single scaffold split; there the best is chosen on half of the test scaffolds and scored on the other.
"""

import numpy as np

from clm.tables.panels import Panel

SEEDS, SCAFFOLDS = "seeds", "halves of the test scaffolds"


def repeats_of(panel: Panel) -> str | None:
    """Return the kind of repeats on which the best checkpoint of a task is chosen and scored, or None without any."""
    if len(panel.cells) < 2:
        return None
    if len(panel.replicates) > 1:
        return SEEDS
    return None if panel.halves is None else SCAFFOLDS


def panel_errors(panel: Panel) -> np.ndarray:
    """Return the log errors by which a choice is judged in hindsight, float64 (k, n)."""
    return panel.replicates if repeats_of(panel) == SEEDS else panel.errors


def panel_regret(panel: Panel, choice: np.ndarray) -> float:
    """Return the regret of a choice, float64 (n,) as in `chosen_regret`, on the repeats of `repeats_of`."""
    if repeats_of(panel) == SEEDS:
        return chosen_regret(panel.replicates, choice)
    return half_regret(panel.halves, choice)


def hindsight_regret(errors: np.ndarray, choice: np.ndarray) -> float:
    """Return the mean log error of a choice minus that of the best checkpoint in hindsight; never negative.

    Args:
        errors: float64 (k, n), log error of n checkpoints on k repeats.
        choice: float64 (n,), probability that each checkpoint is chosen; sums to 1.
    """
    means = errors.mean(axis=0)
    return float(means @ choice - means.min())


def random_regret(errors: np.ndarray, choice: np.ndarray) -> float:
    """Return the mean log error of a choice minus that of a random choice; negative is good."""
    means = errors.mean(axis=0)
    return float(means @ choice - means.mean())


def chosen_regret(errors: np.ndarray, choice: np.ndarray) -> float:
    """Return the mean log error of a choice minus that of the oracle, on repeats that the oracle did not see.

    Args:
        errors: float64 (k, n), log error of n checkpoints on k >= 2 repeats.
        choice: float64 (n,), probability that each checkpoint is chosen; sums to 1.

    Returns:
        mean over repeats of (error of the choice - error of the checkpoint that was best on the other repeats): 0.05
        means 5 % more error. It can be negative, because the oracle has not seen these repeats.
    """
    others = (errors.sum(axis=0) - errors) / (len(errors) - 1)
    oracle = errors[np.arange(len(errors)), np.argmin(others, axis=1)]
    return float(np.mean(errors @ choice - oracle))


def half_regret(halves: np.ndarray, choice: np.ndarray) -> float:
    """Return the regret of a choice against the oracle of one half, both scored on the other half; mean of both ways.

    Args:
        halves: float64 (h, 2, n), log error of n checkpoints on both halves of h divisions of the test scaffolds.
        choice: as in `chosen_regret`.
    """
    chosen, scored = np.concatenate([halves, halves[:, ::-1]]).transpose(1, 0, 2)
    oracle = scored[np.arange(len(scored)), np.argmin(chosen, axis=1)]
    return float(np.mean(scored @ choice - oracle))


def greedy_choice(values: np.ndarray, sign: float) -> np.ndarray:
    """Return the choice of the checkpoint with the largest sign * value; ties share the probability."""
    best = sign * values == np.max(sign * values)
    return best / best.sum()


def uniform_choice(count: int) -> np.ndarray:
    """Return the uniform random choice."""
    return np.full(count, 1 / count)
