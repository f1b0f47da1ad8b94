"""Score one baseline on one task: all splits, all labels, test part."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from clm.provenance.command import run
from clm.provenance.cost import metered
from clm.provenance.files import write_json
from clm.tables.columns import COUNT_FEATURES, SEEDLESS
from clm.tasks.baselines import baseline_result, features_of, fit_predict, model_seeds
from clm.tasks.cells import prediction_columns, score_labels
from clm.tasks.predictions import write_predictions
from clm.tasks.table import Task, load_split, load_task

log = logging.getLogger(__name__)


def score_baseline(
    molecules: Path, splits: list[Path], settings: dict[str, Any], out: Path, predictions: Path, cost: Path
) -> None:
    """Write the scores and test predictions of a baseline.

    Args:
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]`.
        settings: `baseline`, `name` of the task, `kind`, `labels`, `splits` (list of [split, seed]); forests: `seeds`.
        out: JSON with one cell per split, seed and label.
        predictions: Parquet of test predictions.
        cost: JSON of the cost of the job.
    """
    with metered(cost):
        task = load_task(molecules, settings["labels"])
        features = features_of(settings["baseline"], task.smiles)
        cells, records = [], []
        for path, (split, split_seed) in zip(splits, settings["splits"], strict=True):
            parts = load_split(path, task.rows)
            for seed in model_seeds(settings.get("seeds"), split not in SEEDLESS):
                prediction, selected = fit_labels(task, features, parts, settings, seed)
                keys = {"budget": None, "split": split, "split_seed": split_seed, "finetune_seed": seed}
                keys["features"] = COUNT_FEATURES
                for cell in score_labels(task, parts, prediction, settings["kind"]):
                    cells.append(cell | keys | {"selected": selected.get(cell["label"], {})})
                records += prediction_columns(task, parts, prediction, **keys)
                log.info("%s %s, seed %s: error %s", split, split_seed, seed, cells[-1]["error"])
        write_predictions(predictions, records)
        write_json(out, baseline_result(settings["baseline"], settings["name"], cells))


def fit_labels(
    task: Task, features: np.ndarray, parts: dict[str, np.ndarray], settings: dict[str, Any], seed: int | None
) -> tuple[np.ndarray, dict[str, dict[str, Any]]]:
    """Return test predictions, float64 (n_test, L), and the selected settings of each label."""
    fitted = [
        fit_predict(settings["baseline"], features, y, parts, task.groups, settings["kind"], seed)
        for y in task.labels.T
    ]
    selected = dict(zip(task.names, (choice for _, choice in fitted), strict=True))
    return np.column_stack([values for values, _ in fitted]), selected


if __name__ == "__main__":
    run(score_baseline)
