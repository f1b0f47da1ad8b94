"""Errors on activity cliffs and on all test molecules, from the stored predictions of a finished study."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clm.chemistry.reader.tables import open_table
from clm.provenance.chain import RECORDS, read_records
from clm.provenance.command import UserError
from clm.study.paths import FINE_TUNED, PROBED

BASELINES = "transfer/baselines"
KEYS = ["budget", "split", "split_seed", "finetune_seed", "features", "label"]


def tasks_with_cliffs(results: Path) -> dict[str, dict[str, Any]]:
    """Return the tasks of a study with a column of activity cliffs, and their settings.

    Raises:
        UserError: the study has not finished, its records are damaged, or no task names such a column.
    """
    config = read_records(results / RECORDS)["config"]
    found = {name: config["tasks"][name] for name in config["transfer"]["tasks"] if "cliffs" in config["tasks"][name]}
    if not found:
        raise UserError(f"{results}: no task has a column of activity cliffs; name it with `cliffs` of the task")
    return found


def cliff_rows(results: Path, task: dict[str, Any]) -> set[int]:
    """Return the rows of the source table of a task that are activity cliffs."""
    source = Path(task["file"]) if "file" in task else results.parent / "sources" / task["source"] / "content"
    members = task.get("member")
    cells: list[str] = []
    for member in members if isinstance(members, list) else [members]:
        with open_table(source, [task["cliffs"]], member, task.get("separator")) as table:
            cells += [str(row.cells.get(task["cliffs"], "")).strip() for row in table.rows]
    return {number for number, cell in enumerate(cells) if cell in ("1", "1.0", "True", "true")}


def cliff_errors(results: Path) -> pd.DataFrame:
    """Return RMSE on all and on cliff molecules of the test part for every model of a study and every such task.

    Columns: task, model (mode and path of its scores), KEYS, n_test, n_cliff, rmse, rmse_cliff, ratio (of both).
    """
    parts = []
    for name, task in tasks_with_cliffs(results).items():
        cliffs = cliff_rows(results, task)
        for model, path in predictions_of(results, name):
            table = pd.read_parquet(path)
            for keys, group in table.groupby(KEYS, dropna=False, sort=True):
                on_cliff = group["row"].isin(cliffs).to_numpy()
                squares = np.square(group["y"] - group["prediction"]).to_numpy()
                told = {"task": name, "model": model, **dict(zip(KEYS, keys, strict=True))}
                parts.append(told | {"n_test": len(group), "n_cliff": int(on_cliff.sum())} | errors(squares, on_cliff))
    return pd.DataFrame(parts)


def errors(squares: np.ndarray, on_cliff: np.ndarray) -> dict[str, float]:
    """Return rmse, rmse_cliff and their ratio from squared errors, float64 (n,); NaN without a cliff molecule."""
    rmse = float(np.sqrt(squares.mean()))
    cliff = float(np.sqrt(squares[on_cliff].mean())) if on_cliff.any() else float("nan")
    return {"rmse": rmse, "rmse_cliff": cliff, "ratio": cliff / rmse if rmse else float("nan")}


def predictions_of(results: Path, task: str) -> Iterator[tuple[str, Path]]:
    """Yield (model, file of test predictions) of a task."""
    for folder in (PROBED, FINE_TUNED, BASELINES):
        for path in sorted((results / folder).glob(f"**/{task}.parquet")):
            yield str(path.relative_to(results / "transfer").parent), path
