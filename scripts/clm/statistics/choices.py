"""The regret of choosing a checkpoint by each predictor, on each task and over the tasks that count."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.choice_draws import differences, scale_rank
from clm.statistics.intervals import mean_interval
from clm.statistics.predictors import LOSS, Predictors
from clm.statistics.ranking import Settings
from clm.statistics.regret import (
    greedy_choice,
    hindsight_regret,
    panel_errors,
    panel_regret,
    random_regret,
    repeats_of,
    uniform_choice,
)
from clm.tables.columns import POOLED
from clm.tables.panels import Panel
from clm.tables.predictors import within_size


def regret_rows(
    members: list[Panel], known: Predictors, links: dict[str, dict[str, float]], settings: Settings
) -> list[dict[str, Any]]:
    """Return the regret of each predictor on each task with repeats, then over the tasks that count.

    The latter include the difference to the best free rule (see `clm.statistics.choice_draws`).
    """
    rows, repeated = [], [panel for panel in members if repeats_of(panel) is not None]
    for panel in repeated:
        repeats = repeats_of(panel)
        for name, choice in choices(panel, known, links).items():
            row = {"predictor": name, "task": panel.names["task"], "n_cells": int(np.sum(np.isfinite(choice)))}
            chosen, errors = np.nan_to_num(choice), panel_errors(panel)
            row |= {"regret": panel_regret(panel, chosen), "repeats": repeats}
            row |= {"hindsight": hindsight_regret(errors, chosen), "against_random": random_regret(errors, chosen)}
            rows.append(row)
    counted = [panel for panel in repeated if panel.names["task"] in settings.aggregate]
    errors = [panel_errors(panel).mean(axis=0) for panel in counted]
    rules = [oriented(known.values(panel), links, panel.names["task"]) for panel in counted]
    apart = differences(counted, errors, rules, settings.count, settings.seed)
    return rows + [row | apart.get(row["predictor"], {}) for row in pooled_regrets(rows, settings)]


def pooled_regrets(rows: list[dict[str, Any]], settings: Settings) -> list[dict[str, Any]]:
    """Return the mean regrets of each predictor over the tasks that count, with their intervals."""
    pooled = []
    for name in dict.fromkeys(row["predictor"] for row in rows):
        own = [row for row in rows if row["predictor"] == name and row["task"] in settings.aggregate]
        if not own:
            continue
        row = {"predictor": name, "task": POOLED, "n_cells": min(row["n_cells"] for row in own)}
        row["repeats"] = " or ".join(dict.fromkeys(row["repeats"] for row in own))
        for column, prefix in (("regret", ""), ("hindsight", "hindsight_"), ("against_random", "against_random_")):
            values = np.array([one[column] for one in own])
            lower, upper = mean_interval(values, settings.count, settings.seed)
            row |= {column: float(values.mean()), f"{prefix}lower": lower, f"{prefix}upper": upper}
        pooled.append(row)
    return pooled


def choices(panel: Panel, known: Predictors, links: dict[str, dict[str, float]]) -> dict[str, np.ndarray]:
    """Return {predictor: probability of each checkpoint to be chosen}, NaN where the predictor is unknown."""
    probabilities = {}
    for name, (values, sign) in oriented(known.values(panel), links, panel.names["task"]).items():
        measured = np.isfinite(values)
        if measured.sum() > 1:
            probabilities[name] = np.full(len(values), np.nan)
            probabilities[name][measured] = greedy_choice(values[measured], sign)
    probabilities["largest_model"] = greedy_choice(scale_rank(panel), 1.0)  # its seeds share the choice
    probabilities["random"] = uniform_choice(len(panel.cells))
    return probabilities


def oriented(
    values: pd.DataFrame, links: Mapping[str, Mapping[str, float]], task: str
) -> dict[str, tuple[np.ndarray, float]]:
    """Return {predictor: (values, sign)}; the sign comes from the other tasks, except that a low loss is good.

    Args:
        values: predictors of the cells of a task.
        links: {predictor: {task: Spearman correlation with the score}}.
        task: the task left out.
    """
    predictors = {}
    for name in values:
        others = [rho for other, rho in links.get(name, {}).items() if other != task]
        sign = -1.0 if name == LOSS else float(np.sign(np.nanmean(others))) if others else 0.0
        if sign and not within_size(name):
            predictors[name] = (values[name].to_numpy(dtype=float), sign)
    return predictors
