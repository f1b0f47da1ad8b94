"""The checkpoints, tasks and seeds of a configuration that has not run, and plans with one more of each."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.replicates import Plan
from clm.statistics.sensitivity import is_named
from clm.statistics.sight import NO_CONTROL
from clm.study import grid
from clm.tables.columns import FINE_TUNED, LINEAR_PROBE, TRUNK_KEYS


def layer_parameters(size: Mapping[str, Any]) -> int:
    """Return the number of parameters of a size: layers with their norms, without embeddings and head."""
    width = size["width"]
    return size["layers"] * (12 * width**2 + 13 * width) + 2 * width


def planned_cells(config: Mapping[str, Any], cells: Iterable[grid.Checkpoint]) -> pd.DataFrame:
    """Return checkpoints with the columns of runs.csv that a design needs; compute is 6 N D.

    Args:
        config: the merged configuration.
        cells: pretrained checkpoints.
    """
    rows = []
    for cell in cells:
        trunk, n = cell.trunk, layer_parameters(config["sizes"][cell.trunk.size])
        d, u = config["grid"]["budgets"][cell.budget], config["subsets"][trunk.subset]
        keys = {"corpus": trunk.corpus, "size": trunk.size, "subset": trunk.subset, "seed": trunk.seed}
        rows.append(keys | {"budget": cell.budget, "parameters": n, "tokens": d, "molecules": u, "flops": 6.0 * n * d})
    return with_trunks(pd.DataFrame(rows))


def counted_tasks(config: Mapping[str, Any], tasks: Iterable[str]) -> list[str]:
    """Return the tasks that count in conclusions: no controls, none that `analysis.exclude_tasks` names."""
    left_out = config["analysis"]["exclude_tasks"]
    return [name for name in tasks if "control" not in config["tasks"].get(name, {}) and name not in left_out]


def planned_modes(config: Mapping[str, Any]) -> dict[tuple[str, str], Plan]:
    """Return {(mode, split): plan}, fine-tuning first, on the corpus that is judged.

    Args:
        config: the merged configuration, with its control tasks.
    """
    corpus, tuning = grid.corpora(config)[0], config["transfer"]["fine_tuning"]
    pairs = [pair for pair in grid.fine_tuned_cells(config) if pair[0].trunk.corpus == corpus]
    tuned, tuned_tasks = (list(dict.fromkeys(names)) for names in zip(*pairs, strict=True)) if pairs else ([], [])
    probed = [cell for cell in grid.checkpoints(config) if cell.trunk.corpus == corpus]
    modes = ((FINE_TUNED, tuned, tuning["splits"], tuned_tasks),)
    modes += ((LINEAR_PROBE, probed, config["splits"], config["transfer"]["tasks"]),)
    return {
        (mode, split): planned_mode(config, cells, tasks, len(seeds))
        for mode, cells, splits, tasks in modes
        for split, seeds in splits.items()
        if cells
    }


def planned_mode(config: Mapping[str, Any], cells: Iterable[grid.Checkpoint], tasks: Iterable[str], seeds: int) -> Plan:
    """Return the plan for one mode and split.

    Args:
        config: the merged configuration, with its control tasks.
        cells: pretrained checkpoints that are scored.
        tasks: on which they are scored, including controls.
        seeds: of the split.
    """
    names = tuple(counted_tasks(config, tasks))
    controls = [config["tasks"][name]["control"] for name in tasks if "control" in config["tasks"].get(name, {})]
    count = config["grid"]["untrained_initializations"]
    blind = None if any(map(is_named, controls)) else NO_CONTROL
    return Plan(planned_cells(config, cells), len(names), seeds, count, blind, names)


def with_trunks(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells with the number of their trunk."""
    cells = cells.reset_index(drop=True)
    return cells.assign(trunk=cells.groupby(list(TRUNK_KEYS), sort=False).ngroup())


def one_more(plan: Plan) -> dict[str, Plan]:
    """Return {what is added: plan with one more of it}."""
    cells = plan.cells
    return {
        "trunk": replace(plan, cells=with_trunks(another_trunk(cells))),
        "budget": replace(plan, cells=with_trunks(another_budget(cells))),
        "task": replace(plan, tasks=plan.tasks + 1),
        "split seed": replace(plan, seeds=plan.seeds + 1),
        "untrained initialization": replace(plan, initializations=plan.initializations + 1),
    }


def another_trunk(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with one more seed of the largest size on the most molecules, which helps slopes most."""
    largest = cells.sort_values(["parameters", "molecules", "seed"], kind="stable").iloc[-1]
    same = (cells[list(TRUNK_KEYS)] == largest[list(TRUNK_KEYS)]).all(axis=1)
    return pd.concat([cells, cells[same].assign(seed=int(cells["seed"].max()) + 1)])


def another_budget(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with one more budget of every trunk that has the largest: twice as many tokens."""
    last = cells[cells["tokens"] == cells["tokens"].max()]
    added = {name: 2 * last[name] for name in ("tokens", "flops")}
    return pd.concat([cells, last.assign(budget="twice " + last["budget"], **added)])


def beyond(runs: pd.DataFrame, cells: pd.DataFrame) -> list[str]:
    """Report how far planned cells lie beyond the finished ones, so that losses are extrapolated."""
    ratios = {name: float(cells[name].max() / runs[name].max()) for name in ("parameters", "tokens", "molecules")}
    return [f"{ratio:.2g} times the {name}" for name, ratio in ratios.items() if ratio > 1.05]


def fitted_loss(runs: pd.DataFrame, cells: pd.DataFrame) -> np.ndarray:
    """Return log losses of planned cells from a plane in log parameters, tokens and molecules, fitted to finished ones.

    Args:
        runs: finished checkpoints, with `loss`.
        cells: planned ones.
    """
    names = ("parameters", "tokens", "molecules")

    def columns(table: pd.DataFrame) -> np.ndarray:
        return np.column_stack([np.ones(len(table)), *(np.log2(table[name].to_numpy(dtype=float)) for name in names)])

    return columns(cells) @ np.linalg.pinv(columns(runs)) @ np.log(runs["loss"].to_numpy(dtype=float))
