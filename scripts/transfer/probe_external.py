"""Probe features from elsewhere on one task, with the heads, splits and scores of our own frozen encoders."""

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
from clm.transfer.external import model_features, table_features
from clm.transfer.probe import probe_cells

log = logging.getLogger(__name__)


def probe_external(
    molecules: Path, splits: list[Path], settings: dict[str, Any], out: Path, predictions: Path, cost: Path
) -> None:
    """Write the scores of one external model or table of embeddings and the test predictions.

    Args:
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]`.
        settings: `name`, `task`, `kind`, `labels`, `splits`, and `model` (with `revision`, `remote_code`) or `file`.
        out: JSON of cells.
        predictions: Parquet of test predictions.
        cost: JSON of what the job cost.
    """
    with metered(cost):
        task = load_task(molecules, settings["labels"])
        if "file" in settings:
            features = table_features(task.smiles, Path(settings["file"]), settings["name"])
        else:
            features = model_features(task.smiles, settings, settings["name"])
        cells, records = [], []
        for path, (split, seed) in zip(splits, settings["splits"], strict=True):
            keys = {"budget": None, "split": split, "split_seed": seed, "finetune_seed": None, "features": PRIMARY}
            found, rows, _ = probe_cells(features, task, load_split(path, task.rows), settings["kind"], keys)
            cells += found
            records += rows
        write_json(out, baseline_result(settings["name"], settings["task"], cells))
        write_predictions(predictions, records)


if __name__ == "__main__":
    run(probe_external)
