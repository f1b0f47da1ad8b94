"""Compare choosing a checkpoint by a predictor with free rules, resampling trunks and tasks.

A rule often picks the same checkpoint for every task. An interval over tasks alone then mistakes the luck of one
pretraining run for skill: with three runs of the largest model, a rule finds the best one by chance in 1/3 of cases.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clm.statistics.intervals import mean_interval, percentile_interval
from clm.statistics.predictors import LOSS
from clm.tables.columns import SCALES
from clm.tables.panels import Panel

FREE = ("random", "largest_model", "loss")  # rules without extra cost: pretraining reports the loss anyway
Rules = Mapping[str, tuple[np.ndarray, float]]  # predictor to its values, NaN if unknown, and the sign that is better
DIFFERENCE = ("rival", "difference", "difference_lower", "difference_upper")


def differences(
    panels: Sequence[Panel], errors: Sequence[np.ndarray], rules: Sequence[Rules], count: int, seed: int
) -> dict[str, dict[str, Any]]:
    """Return {predictor: DIFFERENCE}: its mean log error over tasks minus that of the best free rule, its rival.

    Both choose among the checkpoints for which the predictor is known. The interval is the wider of two: one over
    tasks, and one that resamples tasks and trunks (within corpus, size and molecules) and repeats every choice.

    Args:
        panels: the tasks that count.
        errors: for each panel, mean log error of each checkpoint, float64 (n,).
        rules: for each panel.
        count: draws.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    weights = trunk_weights(panels, count, random)
    names = [name for name in dict.fromkeys(name for rule in rules for name in rule) if name != LOSS]
    found = {}
    for name in names:
        used = [i for i, rule in enumerate(rules) if name in rule]
        made = [task_errors(panels[i], errors[i], rules[i], name, weights[i]) for i in used]
        found[name] = compared(made, random.integers(len(used), size=(count, len(used))), count, seed)
    return found


def trunk_weights(panels: Sequence[Panel], count: int, random: np.random.Generator) -> list[np.ndarray]:
    """Return for each panel how often each checkpoint's trunk is drawn, float64 (1 + count, n); row 0 is all ones."""
    groups: dict[tuple, dict[Any, int]] = {}
    for panel in panels:
        for trunk, *key in panel.cells[["trunk", "corpus", "size", "subset"]].itertuples(index=False, name=None):
            groups.setdefault(tuple(key), {}).setdefault(trunk, len(groups.get(tuple(key), {})))
    drawn = {key: random.multinomial(len(trunks), np.full(len(trunks), 1 / len(trunks)), size=count)
             for key, trunks in groups.items()}  # fmt: skip
    weights = []
    for panel in panels:
        columns = []
        for trunk, *key in panel.cells[["trunk", "corpus", "size", "subset"]].itertuples(index=False, name=None):
            columns.append(drawn[tuple(key)][:, groups[tuple(key)][trunk]])
        weights.append(np.vstack([np.ones(len(columns)), np.column_stack(columns)]))
    return weights


def task_errors(
    panel: Panel, errors: np.ndarray, rules: Rules, name: str, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Return {rule: log error of its choice in each draw} for a predictor (under "") and the free rules."""
    values, sign = rules[name]
    known = np.isfinite(values)
    orders = {"": sign * values, "random": np.zeros(len(values)), "largest_model": scale_rank(panel)}
    if LOSS in rules:
        orders["loss"] = rules[LOSS][1] * rules[LOSS][0]
    return {rule: chosen_errors(np.where(known, order, np.nan), weights, errors) for rule, order in orders.items()}


def scale_rank(panel: Panel) -> np.ndarray:
    """Return the rank of each checkpoint by size, then molecules, then tokens, float64 (n,); seeds share it."""
    means = [panel.cells.groupby(name)[column].transform("mean") for name, column in SCALES.items()]
    return panel.cells.groupby(means, sort=True).ngroup().to_numpy(dtype=float)


def chosen_errors(order: np.ndarray, weights: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return the log error in each draw of the checkpoint with the highest `order` (n,); ties share by weight."""
    able = np.isfinite(order) & (weights > 0)
    ranked = np.where(able, order, -np.inf)
    shares = (ranked == ranked.max(axis=1, keepdims=True)) * able * weights
    with np.errstate(invalid="ignore"):  # a draw without any checkpoint for which the predictor is known
        return (shares @ errors) / shares.sum(axis=1)


def compared(made: Sequence[Mapping[str, np.ndarray]], tasks: np.ndarray, count: int, seed: int) -> dict[str, Any]:
    """Return DIFFERENCE of a predictor from the errors of all rules on each task; `tasks` are those of each draw."""
    free = [rule for rule in FREE if all(rule in one for one in made)]
    rival = min(free, key=lambda rule: np.mean([one[rule][0] for one in made]))
    apart = np.stack([one[""] - one[rival] for one in made])  # tasks, 1 + draws
    low, high = mean_interval(apart[:, 0], count, seed)
    told = {"rival": rival, "difference": float(apart[:, 0].mean()), "difference_lower": None, "difference_upper": None}
    if low is None:
        return told
    drawn = np.nanmean(apart[tasks, np.arange(1, count + 1)[:, None]], axis=1)
    wide_low, wide_high = percentile_interval(drawn)
    if wide_low is None:
        return told
    return told | {"difference_lower": min(low, wide_low), "difference_upper": max(high, wide_high)}
