"""Rows of transfer.csv: scores of every model, their predictors, and paired bootstrap draws of their errors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from clm.provenance.files import read_json, write_parquet
from clm.study.paths import baseline, fine_tuned, linear_probe
from clm.tables.cells import baselines_of, fine_tuned_of, probes_of
from clm.tables.columns import BASELINE, KEYS, TRUNK_KEYS
from clm.tables.frames import write_table
from clm.tasks.draws import SPLIT, log_error_draws
from clm.tasks.table import load_task

TRUNK = TRUNK_KEYS
CELL = ("split", "split_seed", "finetune_seed", "features", "label", "metric", "error", "score", "mae", "r2", "pr_auc")
CELL += ("trivial_error", "lower", "upper", "n_train", "n_valid", "n_test", "status")
PREDICTOR = ("budget", "split", "split_seed", "label", "name", "value", "reason")


def write_transfer(
    results: Path, settings: dict[str, Any], out: Path, draws: Path, predictors: Path | None = None
) -> None:
    """Write the scores of some models.

    Args:
        results: folder of the study.
        settings: `trunks` and `fine_tuned` (see clm.tables.cells), `tasks`, `baselines`, `kinds` of the tasks and
            `bootstrap`, the number of draws.
        out: one row per score.
        draws: one row per checkpoint and task on the scaffold split, with the log errors on drawn test sets and halves.
        predictors: one row per predictor of the score of a checkpoint on a task; `reason`: why it has no value.
    """
    rows, found, drawn = [], [], []
    groups: dict[str, dict[int, int]] = {}
    for path, task in files(results, settings):
        told = read_json(path)
        names = {name: told.get(name) for name in ("mode", *TRUNK, "baseline")} | {"task": task}
        budget = told.get("budget")
        scored = [{"budget": budget} | cell for cell in told["cells"]]
        rows += [names | {name: cell.get(name) for name in ("budget", *CELL)} for cell in scored]
        items = [{"budget": budget} | item for item in told.get("predictors") or []]
        found += [names | {name: item.get(name) for name in PREDICTOR} for item in items]
        if told["mode"] != BASELINE:
            if task not in groups:
                groups[task] = clusters(results, task)
            sampled = log_error_draws(
                path.with_suffix(".parquet"), groups[task], settings["kinds"][task], settings["bootstrap"]
            )
            for (at, features), values in sampled.items():
                drawn.append(names | {"budget": at or budget, "split": SPLIT, "features": features} | values)
    write_table(out, rows, ["mode", *KEYS, "baseline", "task", *CELL])
    if predictors:
        write_table(predictors, found, [*TRUNK, "budget", "task", *PREDICTOR[1:]])
    columns = ["mode", *KEYS, "task", "split", "features", "log_error", "half_error"]
    write_parquet(draws, pd.DataFrame(drawn, columns=columns))


def files(results: Path, settings: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield the result file and task of every cell: linear probes, fine-tuned models, baselines."""
    yield from ((linear_probe(results, cell), cell.task) for cell in probes_of(settings))
    yield from ((fine_tuned(results, cell, task), task) for cell, task in fine_tuned_of(settings))
    yield from ((baseline(results, cell), cell.task) for cell in baselines_of(settings))


def clusters(results: Path, task: str) -> dict[int, int]:
    """Return {row of a task's table: its scaffold cluster}."""
    table = load_task(results / "tasks" / task / "molecules.csv", [])
    return dict(zip(table.rows.tolist(), table.groups.tolist(), strict=True))
