"""Probe external features on one task, with the same heads, splits and scores as our own frozen encoders."""

import logging
from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.cost import metered
from clm.provenance.files import write_json
from clm.tables.columns import PRIMARY
from clm.tasks.baselines import baseline_result
from clm.tasks.predictions import write_predictions
from clm.tasks.table import load_split, load_task
from clm.transfer.external import table_features
from clm.transfer.external_models import model_features
from clm.transfer.predictors import label_predictors
from clm.transfer.probe import probe_cells

log = logging.getLogger(__name__)


def probe_external(
    molecules: Path, splits: list[Path], settings: dict[str, Any], out: Path, predictions: Path, cost: Path
) -> None:
    """Write the scores of one external model or table of embeddings, their predictors, and the test predictions.

    Args:
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]`.
        settings: `name`, `task`, `kind`, `labels`, `splits`, `roughness_molecules`, and `model` (see
            `model_features`) or `file`.
        out: JSON of cells and predictors.
        predictions: Parquet of test predictions.
        cost: JSON of the cost of the job.
    """
    with metered(cost):
        task = load_task(molecules, settings["labels"])
        about: dict[str, Any] = {}
        if "file" in settings:
            features = table_features(task.smiles, Path(settings["file"]), settings["name"])
        else:
            features, about = model_features(task.smiles, settings, settings["name"])
        cells, records, predictors = [], [], []
        for number, (path, (split, seed)) in enumerate(zip(splits, settings["splits"], strict=True)):
            at, part = {"budget": None, "split": split, "split_seed": seed}, load_split(path, task.rows)
            keys = at | {"finetune_seed": None, "features": PRIMARY}
            found, rows, scores = probe_cells(features, task, part, settings["kind"], keys)
            if number == 0:  # the primary split, as for our own checkpoints
                scores += label_predictors(
                    features, task, part["train"], settings["kind"], settings["roughness_molecules"]
                )
            cells += found
            records += rows
            predictors += [at | score for score in scores]
        told = {"external": about, "predictors": predictors}
        write_json(out, baseline_result(settings["name"], settings["task"], cells) | told)
        write_predictions(predictions, records)


if __name__ == "__main__":
    run(probe_external)
