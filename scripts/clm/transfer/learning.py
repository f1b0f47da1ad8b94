"""Learning curves: the error of one model on one task against the number of training labels (nested subsets)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from clm.statistics.intervals import t_reach
from clm.tasks.cells import DRAWS
from clm.tasks.scores import CHANCE, cluster_weights, errors, mean_over_labels
from clm.tasks.table import Task

Fit = Callable[[np.ndarray, int], np.ndarray]  # indices of training molecules, seed -> predictions (n_test, L)


def nested_subsets(train: np.ndarray, numbers: list[int], seed: int) -> list[np.ndarray]:
    """Return for each number the first indices of a random permutation, so that each subset contains the smaller ones.

    Args:
        train: int64 (n,), indices of the training set.
        numbers: of molecules, ascending; those above n are left out.
        seed: of the order.
    """
    order = np.random.default_rng([seed, 5]).permutation(train)
    return [np.sort(order[:number]) for number in numbers if number <= len(train)]


def labelled(task: Task, indices: np.ndarray) -> np.ndarray:
    """Return the indices of molecules with at least one label."""
    return indices[np.isfinite(task.labels[indices]).any(axis=1)]


def learning_curve(
    task: Task, parts: dict[str, np.ndarray], kind: str, numbers: list[int], seeds: list[int], fit: Fit
) -> list[dict[str, Any]]:
    """Return one row per number of labelled molecules.

    Args:
        task: the task.
        parts: indices of train and test.
        kind: "regression" or "classification".
        numbers: of labelled training molecules, ascending.
        seeds: of the orders in which molecules are added.
        fit: trains on some molecules and predicts the test set.

    Returns:
        labels, n_seeds, error, lower, upper (mean over seeds of the log error, and its 95 % interval), and the relative
        fall of the error per doubling of labels since the previous number: gain, gain_lower, gain_upper. A row is empty
        if the error is undefined in any seed. Without test molecules there are no rows.
    """
    train, test = labelled(task, parts["train"]), parts["test"]
    if not len(test):
        return []
    subsets = [(seed, nested_subsets(train, numbers, seed)) for seed in seeds]
    sizes = [number for number in numbers if number <= len(train)]
    weights = np.vstack([np.ones((1, len(test))), cluster_weights(task.groups[test], DRAWS, 0)])
    logs = np.array(
        [
            [log_errors(task, test, fit(subset[i], seed), kind, weights) for seed, subset in subsets]
            for i in range(len(sizes))
        ]
    )  # (numbers, seeds, 1 + draws): the test set itself comes before its bootstrap draws
    rows = []
    for i, number in enumerate(sizes):
        level = mean_over_seeds(logs[i])
        row = {"labels": number, "n_seeds": len(seeds)}
        row |= dict(zip(("error", "lower", "upper"), np.exp(level).tolist(), strict=True))
        if i:
            step = mean_over_seeds((logs[i] - logs[i - 1]) / np.log2(number / sizes[i - 1]))
            gains = (-np.expm1(step[[0, 2, 1]])).tolist()
            row |= dict(zip(("gain", "gain_lower", "gain_upper"), gains, strict=True))
        rows.append(row)
    return rows


def log_errors(task: Task, test: np.ndarray, prediction: np.ndarray, kind: str, weights: np.ndarray) -> np.ndarray:
    """Return log errors, the mean over labels, for each row of weights: float64 (draws,), NaN where undefined."""
    label_errors = []
    for column, guess in enumerate(prediction.T):
        y = task.labels[test, column]
        known = np.isfinite(y) & np.isfinite(guess)
        if kind == "classification" and len(np.unique(guess[known])) < 2:
            label_errors.append(np.full(len(weights), CHANCE))
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            label_errors.append(errors(y[known], guess[known], weights[:, known], kind))
    with np.errstate(divide="ignore"):
        return np.log(mean_over_labels(np.array(label_errors), kind))


def mean_over_seeds(values: np.ndarray) -> np.ndarray:
    """Return the mean over seeds and its 95 % interval, float64 (3,).

    The variance is the sum of that of the mean over seeds (choice of labelled molecules) and that over bootstrap draws
    of the test set, which all seeds share. Intervals use Student's t with Satterthwaite's degrees of freedom.

    Args:
        values: float64 (seeds, 1 + draws); the first column is for the test set itself.
    """
    mean, count = values[:, 0].mean(), len(values)
    draws = values[:, 1:].mean(axis=0)
    test = np.var(draws[np.isfinite(draws)]) if np.isfinite(draws).any() else np.nan
    seeds = values[:, 0].var(ddof=1) / count if count > 1 else 0.0
    df = (test + seeds) ** 2 / (seeds**2 / (count - 1)) if seeds > 0 else np.inf
    half_width = t_reach(df) * np.sqrt(test + seeds)
    return np.array([mean, mean - half_width, mean + half_width])
