"""Error against the number of labels: one model, one task, nested subsets of the training part."""

from collections.abc import Callable
from typing import Any

import numpy as np

from clm.statistics.intervals import t_reach
from clm.tasks.cells import DRAWS
from clm.tasks.scores import CHANCE, cluster_weights, errors, mean_over_labels
from clm.tasks.table import Task

Fit = Callable[[np.ndarray, int], np.ndarray]  # positions of training molecules, seed -> predictions (n_test, L)


def nested_subsets(train: np.ndarray, numbers: list[int], seed: int) -> list[np.ndarray]:
    """Return positions of the first molecules of one random order, so that each subset contains the smaller ones.

    Args:
        train: int64 (n,), positions of the training part.
        numbers: of molecules, ascending; those above n are left out.
        seed: of the order.
    """
    order = np.random.default_rng([seed, 5]).permutation(train)
    return [np.sort(order[:number]) for number in numbers if number <= len(train)]


def labelled(task: Task, positions: np.ndarray) -> np.ndarray:
    """Return the positions of molecules that have at least one label."""
    return positions[np.isfinite(task.labels[positions]).any(axis=1)]


def curve(
    task: Task, parts: dict[str, np.ndarray], kind: str, numbers: list[int], seeds: list[int], fit: Fit
) -> list[dict[str, Any]]:
    """Return one row per number of labelled molecules.

    Args:
        task: the task.
        parts: positions of train and test.
        kind: "regression" or "classification".
        numbers: of labelled training molecules, ascending.
        seeds: of the orders in which molecules are added.
        fit: trains on some molecules and predicts the test part.

    Returns:
        labels, n_seeds, error, lower, upper (mean over seeds of the log error, and its 95 % interval), and the relative
        fall of the error per doubling of labels since the preceding number: gain, gain_lower, gain_upper. An error that
        is undefined in any seed leaves its row empty.
    """
    train, test = labelled(task, parts["train"]), parts["test"]
    drawn = [(seed, nested_subsets(train, numbers, seed)) for seed in seeds]
    used = [number for number in numbers if number <= len(train)]
    weights = np.vstack([np.ones((1, len(test))), cluster_weights(task.groups[test], DRAWS, 0)])
    logs = np.array(
        [
            [log_errors(task, test, fit(subset[i], seed), kind, weights) for seed, subset in drawn]
            for i in range(len(used))
        ]
    )  # (numbers, seeds, 1 + draws): the test part itself comes before the drawn test sets
    rows = []
    for i, number in enumerate(used):
        level = pooled(logs[i])
        row = {"labels": number, "n_seeds": len(seeds)}
        row |= dict(zip(("error", "lower", "upper"), np.exp(level).tolist(), strict=True))
        if i:
            step = pooled((logs[i] - logs[i - 1]) / np.log2(number / used[i - 1]))
            gains = (-np.expm1(step[[0, 2, 1]])).tolist()
            row |= dict(zip(("gain", "gain_lower", "gain_upper"), gains, strict=True))
        rows.append(row)
    return rows


def log_errors(task: Task, test: np.ndarray, prediction: np.ndarray, kind: str, weights: np.ndarray) -> np.ndarray:
    """Return log errors, the mean over labels, for each row of weights: float64 (draws,), NaN where undefined."""
    found = []
    for column, guess in enumerate(prediction.T):
        y = task.labels[test, column]
        known = np.isfinite(y) & np.isfinite(guess)
        if kind == "classification" and len(np.unique(guess[known])) < 2:
            found.append(np.full(len(weights), CHANCE))
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(errors(y[known], guess[known], weights[:, known], kind))
    with np.errstate(divide="ignore"):
        return np.log(mean_over_labels(np.array(found), kind))


def pooled(values: np.ndarray) -> np.ndarray:
    """Return the mean over seeds and its 95 % interval, float64 (3,).

    Two variances are added: that of the mean over seeds (which molecules had labels), and that over drawn test sets,
    which all seeds share. Student's t with the degrees of freedom of Satterthwaite.

    Args:
        values: float64 (seeds, 1 + draws), the first column on the test part itself.
    """
    mean, count = values[:, 0].mean(), len(values)
    drawn = values[:, 1:].mean(axis=0)
    test = np.var(drawn[np.isfinite(drawn)]) if np.isfinite(drawn).any() else np.nan
    seeds = values[:, 0].var(ddof=1) / count if count > 1 else 0.0
    df = (test + seeds) ** 2 / (seeds**2 / (count - 1)) if seeds > 0 else np.inf
    reach = t_reach(df) * np.sqrt(test + seeds)
    return np.array([mean, mean - reach, mean + reach])
