"""Which predictor should a user compute for a new task? Requirements, rank correlation and regret of each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.choice_draws import DIFFERENCE, FREE
from clm.statistics.intervals import MIN_TASKS, mean_interval
from clm.tables.columns import FINE_TUNED, POOLED, PRIMARY
from clm.tables.predictors import family_of

NESTED = "(best on the other tasks)"
TOLD = ("hindsight", "against_random")  # regrets that are reported; comparisons use the oracle of other repeats


def source_of(predictor: str) -> tuple[str, str | None]:
    """Return the requirements of a predictor and the stage in costs.csv whose job measures it."""
    if family := family_of(predictor):
        return family.needs, family.stage
    return ("the regret of all predictors on other tasks", FINE_TUNED) if predictor == NESTED else ("not stated", None)


def nested_choice(table: pd.DataFrame) -> pd.Series:
    """Return for each task the predictor that had the least regret on the other tasks.

    Args:
        table: tasks x predictors, regrets; predictors that lack a task are excluded.
    """
    complete = table.dropna(axis=1)
    if complete.empty or len(complete) < 2:
        return pd.Series(dtype=object)
    others = (complete.sum() - complete) / (len(complete) - 1)
    return others.idxmin(axis=1)


def regret_tables(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return {kind of regret: tasks x predictors}, with the nested choice as one of the predictors.

    Args:
        rows: of regret.csv, one mode and split, tasks that count.
    """
    tables = {
        kind: rows.pivot_table(index="task", columns="predictor", values=kind, sort=False) for kind in ("regret", *TOLD)
    }
    nested = nested_choice(tables["regret"])
    if len(nested):
        for table in tables.values():
            table[NESTED] = [table.loc[task, name] for task, name in nested.reindex(table.index).items()]
    return tables


def told_regrets(name: str, tables: Mapping[str, pd.DataFrame], draws: int, seed: int) -> dict[str, float | None]:
    """Return the mean regret of a predictor in hindsight and against a random choice, with intervals over tasks."""
    row: dict[str, float | None] = {}
    for kind in TOLD:
        values = tables[kind][name].dropna().to_numpy(dtype=float)
        lower, upper = mean_interval(values, draws, seed)
        row |= {kind: float(values.mean()), f"{kind}_lower": lower, f"{kind}_upper": upper}
    return row


def decide(row: Mapping[str, Any], free: bool) -> tuple[str, str]:
    """Return verdict and reason of one predictor from its regret minus that of the best free rule."""
    if free:
        return "costs nothing", "the choice that predictors must beat"
    if row["n_tasks"] < MIN_TASKS or pd.isna(row["difference_upper"]):
        return "undecided", f"{row['n_tasks']} tasks; an interval needs {MIN_TASKS}"
    if row["difference_upper"] < 0:
        return "recommended", f"less regret than {row['rival']}, which costs nothing"
    if row["difference_lower"] > 0:
        return "not recommended", f"more regret than {row['rival']}, which costs nothing"
    return "undecided", f"its regret does not differ clearly from that of {row['rival']}, which costs nothing"


def decision_rows(
    correlations: pd.DataFrame, regret: pd.DataFrame, aggregate: list[str], draws: int, seed: int
) -> list[dict[str, Any]]:
    """Return the rows of decision.csv: per mode and split one row per predictor, least regret first.

    Args:
        correlations: correlations.csv.
        regret: regret.csv; predictors are oriented by the other tasks, so each task is treated as new.
        aggregate: tasks that count.
        draws: of the bootstrap over tasks.
        seed: of the bootstrap.
    """
    rows = []
    for (mode, split), group in regret.groupby(["mode", "split"], sort=False):
        kept = group[group["task"].isin(aggregate)]
        tables = regret_tables(kept)
        table = tables["regret"]
        if table.empty:
            continue
        links = correlations[(correlations["mode"] == mode) & (correlations["split"] == split)]
        links = links[(links["features"] == PRIMARY) & (links["task"] == POOLED)].set_index("predictor")
        cells = kept.groupby("predictor")["n_cells"].min()
        apart = group[group["task"] == POOLED].set_index("predictor")
        records = [predictor_row(name, table, links, draws, seed) | apart_of(name, apart) for name in table]
        records = [row | told_regrets(row["predictor"], tables, draws, seed) for row in records]
        records = [row | {"n_cells": cells.get(row["predictor"])} for row in records]
        judged = {row["predictor"]: decide(row, row["predictor"] in FREE) for row in records}
        if NESTED in judged:
            judged[NESTED] = decide_nested(set(nested_choice(table.drop(columns=NESTED))), judged)
        for row in sorted(records, key=lambda row: (np.isnan(row["regret"]), row["regret"])):
            verdict, reason = judged[row["predictor"]]
            rows.append({"mode": mode, "split": split} | row | {"verdict": verdict, "reason": reason})
    return rows


def apart_of(name: str, apart: pd.DataFrame) -> dict[str, Any]:
    """Return DIFFERENCE of a predictor from the pooled rows of regret.csv; None if there is none."""
    found = apart.loc[name, list(DIFFERENCE)].to_dict() if name in apart.index else dict.fromkeys(DIFFERENCE)
    return {key: None if pd.isna(value) else value for key, value in found.items()}


def decide_nested(picks: set[str], judged: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Return verdict and reason of the nested choice by other tasks: it is no better than the predictors it picks."""
    if all(judged[name][0] == "recommended" for name in picks):
        return "recommended", "all that it picks are"
    return "undecided", "not all that it picks are recommended"


def predictor_row(name: str, table: pd.DataFrame, links: pd.DataFrame, draws: int, seed: int) -> dict[str, Any]:
    """Return regret and rank correlation of one predictor; table: tasks x predictors, links: pooled correlations."""
    values = table[name].dropna()
    lower, upper = mean_interval(values.to_numpy(dtype=float), draws, seed)
    needs, stage = source_of(name)
    row = {"predictor": name, "needs": needs, "stage": stage, "n_tasks": len(values)}
    row |= {"regret": float(values.mean()), "regret_lower": lower, "regret_upper": upper}
    if name in links.index:
        link = links.loc[name]
        row |= {"spearman": link["spearman"], "spearman_lower": link["lower"], "spearman_upper": link["upper"]}
        row |= {"n_trunks": link["n_trunks"]}
    return row
