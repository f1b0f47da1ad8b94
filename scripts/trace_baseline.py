"""Trace the error of a random forest on fingerprint counts on one task against the number of labels."""

from pathlib import Path
from typing import Any

import numpy as np
from clm.provenance.command import parser, run
from clm.provenance.files import write_json
from clm.tasks.baselines import features_of, fit_predict
from clm.tasks.table import Task, load_split, load_task
from clm.transfer.learning import Fit, learning_curve

FOREST = "ecfp_forest"


def trace_baseline(molecules: Path, split: Path, config: dict[str, Any], out: Path) -> None:
    """Write the learning curve of the forest.

    Args:
        molecules: molecules.csv of the task.
        split: CSV of the primary split.
        config: `task`, `kind`, `label_columns`, `labels` (numbers of labelled molecules), `seeds`.
        out: JSON of one curve.
    """
    task = load_task(molecules, config["label_columns"])
    parts = load_split(split, task.rows)
    fit = forest(task, parts, config["kind"])
    rows = learning_curve(task, parts, config["kind"], config["labels"], config["seeds"], fit)
    write_json(out, {"task": config["task"], "curves": [{"cell": None, "baseline": FOREST, "rows": rows}]})


def forest(task: Task, parts: dict[str, np.ndarray], kind: str) -> Fit:
    """Return a function that fits a forest on some molecules, label by label."""
    features = features_of(FOREST, task.smiles)

    def fit(train: np.ndarray, seed: int) -> np.ndarray:
        chosen = parts | {"train": train}
        return np.column_stack(
            [fit_predict(FOREST, features, y, chosen, task.groups, kind, seed)[0] for y in task.labels.T]
        )

    return fit


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("molecules", "split", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    trace_baseline(a.molecules, a.split, a.config, a.out)


if __name__ == "__main__":
    run(main)
