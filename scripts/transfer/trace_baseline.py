"""Trace the error of a random forest on fingerprint counts on one task against the number of labels."""

from pathlib import Path
from typing import Any

import numpy as np
from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.tasks.baselines import features_of, fit_predict
from clm.tasks.table import Task, load_split, load_task
from clm.transfer.learning import Fit, learning_curve

FOREST = "ecfp_forest"


def trace_baseline(molecules: Path, split: Path, settings: dict[str, Any], out: Path) -> None:
    """Write the learning curve of the forest.

    Args:
        molecules: molecules.csv of the task.
        split: CSV of the primary split.
        settings: `task`, `kind`, `label_columns`, `train_sizes` (numbers of labelled molecules), `seeds`.
        out: JSON of one curve.
    """
    task = load_task(molecules, settings["label_columns"])
    parts = load_split(split, task.rows)
    fit = forest(task, parts, settings["kind"])
    rows = learning_curve(task, parts, settings["kind"], settings["train_sizes"], settings["seeds"], fit)
    write_json(out, {"task": settings["task"], "curves": [{"cell": None, "baseline": FOREST, "rows": rows}]})


def forest(task: Task, parts: dict[str, np.ndarray], kind: str) -> Fit:
    """Return a function that fits a forest on some molecules, label by label."""
    features = features_of(FOREST, task.smiles)

    def fit(train: np.ndarray, seed: int) -> np.ndarray:
        chosen = parts | {"train": train}
        return np.column_stack(
            [fit_predict(FOREST, features, y, chosen, task.groups, kind, seed)[0] for y in task.labels.T]
        )

    return fit


if __name__ == "__main__":
    run(trace_baseline)
