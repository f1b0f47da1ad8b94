"""Score one method without pretraining on one task: all splits, all labels, test part."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from clm.provenance.command import parser, run
from clm.provenance.cost import Meter
from clm.provenance.files import write_json
from clm.tables.columns import COUNT_FEATURES, SCAFFOLD
from clm.tasks.baselines import as_result, features_of, fit_predict, model_seeds
from clm.tasks.cells import prediction_columns, score_labels
from clm.tasks.predictions import write_predictions
from clm.tasks.table import Task, load_split, load_task

log = logging.getLogger(__name__)


def score_baseline(molecules: Path, splits: list[Path], config: dict[str, Any], out: Path, predictions: Path) -> None:
    """Write the scores and test predictions of a baseline.

    Args:
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `config["splits"]`.
        config: `baseline`, `name` of the task, `kind`, `labels`, `splits` (list of [split, seed]); forests: `seeds`.
        out: JSON with one cell per split, seed and label.
        predictions: Parquet of test predictions.
    """
    task = load_task(molecules, config["labels"])
    features = features_of(config["baseline"], task.smiles)
    cells, records = [], []
    for path, (split, split_seed) in zip(splits, config["splits"], strict=True):
        parts = load_split(path, task.rows)
        for seed in model_seeds(config.get("seeds"), split != SCAFFOLD):
            prediction, selected = fit_labels(task, features, parts, config, seed)
            keys = {"budget": None, "split": split, "split_seed": split_seed, "finetune_seed": seed}
            keys["features"] = COUNT_FEATURES
            for cell in score_labels(task, parts, prediction, config["kind"]):
                cells.append(cell | keys | {"selected": selected.get(cell["label"], {})})
            records += prediction_columns(task, parts, prediction, **keys)
            log.info("%s %s, seed %s: error %s", split, split_seed, seed, cells[-1]["error"])
    write_predictions(predictions, records)
    write_json(out, as_result(config["baseline"], config["name"], cells))


def fit_labels(
    task: Task, features: np.ndarray, parts: dict[str, np.ndarray], config: dict[str, Any], seed: int | None
) -> tuple[np.ndarray, dict[str, dict[str, Any]]]:
    """Return test predictions, float64 (n_test, L), and what was selected for each label."""
    fitted = [
        fit_predict(config["baseline"], features, y, parts, task.groups, config["kind"], seed) for y in task.labels.T
    ]
    selected = dict(zip(task.names, (choice for _, choice in fitted), strict=True))
    return np.column_stack([values for values, _ in fitted]), selected


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--molecules", type=Path, required=True)
    command.add_argument("--splits", type=Path, nargs="+", required=True)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--predictions", type=Path, required=True)
    command.add_argument("--cost", type=Path, required=True)
    a = command.parse_args(argv)
    with Meter() as meter:
        score_baseline(a.molecules, a.splits, a.config, a.out, a.predictions)
    meter.write(a.cost)


if __name__ == "__main__":
    run(main)
