"""Rank what could predict transfer: correlations within tasks, and the regret of choosing by each predictor."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from clm.provenance.command import run
from clm.statistics.panels import PRIMARY, Panel, panels, study_runs
from clm.statistics.predictors import Predictors, regret_choices
from clm.statistics.ranking import POOLED, Ranking, Settings
from clm.statistics.regret import anyone, mean_interval, panel_regret, pick, repeats_of
from clm.tables.frames import read_table, write_table

FAMILY = ("mode", "split", "features")
CORRELATION = (*FAMILY, "task", "predictor", "pearson", "spearman", "lower", "upper", "p", "partial_loss")
CORRELATION += ("partial_lower", "partial_upper", "partial_p", "n_cells", "n_trunks", "ceiling", "verdict")
CORRELATION += ("partial_loss_flops", "both_lower", "both_upper", "both_p", "both_verdict")
REGRET = ("mode", "split", "predictor", "task", "regret", "lower", "upper", "n_cells", "repeats")


def rank_predictors(
    runs: Path, transfer: Path, draws: Path, predictors: Path, settings: dict[str, Any], out: Path, regret: Path
) -> None:
    """Write correlations.csv and regret.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        predictors: predictors.csv.
        settings: `corpus`, `bootstrap` (draws and permutations), `seed`, `min_trunks`, `correlation_margin`,
            `aggregate` (tasks that count in pooled rows).
        out: one row per mode, split, read-out, task and predictor.
        regret: one row per mode, split, predictor and task; primary read-out.
    """
    judgement = Settings(
        settings["bootstrap"],
        settings["seed"],
        settings["min_trunks"],
        settings["correlation_margin"],
        tuple(settings["aggregate"]),
    )
    known = Predictors(read_table(predictors))
    checkpoints = study_runs(read_table(runs), [settings["corpus"]])
    families: dict[tuple[str, ...], list[Panel]] = {}
    for panel in panels(read_table(transfer), checkpoints, pd.read_parquet(draws)):
        if not panel.names["features"].startswith("layer"):
            families.setdefault(tuple(panel.names[name] for name in FAMILY), []).append(panel)
    rows, regrets = [], []
    for family, members in families.items():
        found, links = correlate(members, known, Ranking(judgement))
        names = dict(zip(FAMILY, family, strict=True))
        rows += [names | row for row in found]
        if names["features"] == PRIMARY:
            regrets += [names | row for row in regret_rows(members, known, links, judgement)]
    write_table(out, rows, CORRELATION)
    write_table(regret, regrets, REGRET)


def correlate(
    members: list[Panel], known: Predictors, ranking: Ranking
) -> tuple[list[dict[str, Any]], dict[str, dict[str, float]]]:
    """Return the rows of one family, and {predictor: {task: Spearman}} for the orientation of predictors."""
    values = [known.values(panel) for panel in members]
    rows, links = [], {}
    for name in known.names:
        pairs = [
            (panel, table[name].to_numpy(dtype=float))
            for panel, table in zip(members, values, strict=True)
            if name in table
        ]
        found = [item for panel, x in pairs if (item := ranking.find(panel, name, x)) is not None]
        links[name] = {item.task: item.association.spearman for item in found}
        rows += ranking.rows(name, found)
    return rows, links


def regret_rows(
    members: list[Panel], known: Predictors, links: dict[str, dict[str, float]], settings: Settings
) -> list[dict[str, Any]]:
    """Return the regret of each predictor on each task with repeats, then over the tasks that count."""
    rows = []
    for panel in members:
        repeats = repeats_of(panel)
        if repeats is None:
            continue
        for name, choice in choices(panel, known, links).items():
            told = {"predictor": name, "task": panel.names["task"], "n_cells": int(np.sum(np.isfinite(choice)))}
            rows.append(told | {"regret": panel_regret(panel, np.nan_to_num(choice)), "repeats": repeats})
    pooled = []
    for name in dict.fromkeys(row["predictor"] for row in rows):
        own = [row for row in rows if row["predictor"] == name and row["task"] in settings.aggregate]
        if own:
            found = np.array([row["regret"] for row in own])
            lower, upper = mean_interval(found, settings.count, settings.seed)
            told = {"predictor": name, "task": POOLED, "regret": float(found.mean()), "lower": lower, "upper": upper}
            repeats = " or ".join(dict.fromkeys(row["repeats"] for row in own))
            pooled.append(told | {"n_cells": min(row["n_cells"] for row in own), "repeats": repeats})
    return rows + pooled


def choices(panel: Panel, known: Predictors, links: dict[str, dict[str, float]]) -> dict[str, np.ndarray]:
    """Return {predictor: probability of each checkpoint to be chosen}, NaN where the predictor is unknown."""
    found = {}
    for name, (values, sign) in regret_choices(known.values(panel), links, panel.names["task"]).items():
        measured = np.isfinite(values)
        if measured.sum() > 1:
            found[name] = np.full(len(values), np.nan)
            found[name][measured] = pick(values[measured], sign)
    names = ["size", "subset", "budget"]
    ordered = panel.cells.sort_values(["parameters", "molecules", "tokens"], kind="stable")
    largest = (panel.cells[names] == ordered[names].iloc[-1]).all(axis=1).to_numpy()
    found["largest_model"] = largest / largest.sum()  # its seeds share the choice
    found["random"] = anyone(len(panel.cells))
    return found


if __name__ == "__main__":
    run(rank_predictors)
