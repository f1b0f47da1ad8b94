"""Fine-tune one checkpoint on one task: all splits and seeds, test scored once."""

import logging
from pathlib import Path
from typing import Any

from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.cost import metered
from clm.provenance.files import read_json, write_json
from clm.tables.columns import FINE_TUNED, PRIMARY
from clm.tasks.cells import prediction_columns, score_labels, unscored_cells
from clm.tasks.predictions import write_predictions
from clm.tasks.table import load_split, load_task
from clm.transfer.finetune import FineTuner, predict
from clm.transfer.tokens import tokenize

log = logging.getLogger(__name__)


def finetune_model(
    checkpoint: Path,
    tokenizer: Path,
    rates: list[Path],
    molecules: Path,
    splits: list[Path],
    settings: dict[str, Any],
    out: Path,
    predictions: Path,
    cost: Path,
) -> None:
    """Write the scores of every split and seed and the test predictions.

    Args:
        checkpoint: folder of the model.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        rates: JSON with the learning rate of this size on each split, in the same order.
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]`.
        settings: `identity`, `budget`, `task`, `kind`, `labels`, `splits`, `seeds`, `settings` of fine-tuning.
        out: JSON of cells.
        predictions: Parquet of test predictions.
        cost: JSON of what the job cost.
    """
    with metered(cost):
        task = load_task(molecules, settings["labels"])
        shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
        diverged = read_json(checkpoint / "metrics.json")["status"] != "ok"
        model = load_model(checkpoint).to(device())
        tuner = FineTuner(model, len(task.names), settings["kind"], settings["settings"])
        cells, records = [], []
        for path, rate, (split, split_seed) in zip(splits, rates, settings["splits"], strict=True):
            parts, chosen_rate = load_split(path, task.rows), read_json(rate)["learning_rate"]
            selected = {"selected": {"learning_rate": chosen_rate}}
            for seed in settings["seeds"]:
                keys = {"budget": settings["budget"], "split": split, "split_seed": split_seed, "finetune_seed": seed}
                keys["features"] = PRIMARY
                if diverged:
                    cells += [
                        cell | keys | selected for cell in unscored_cells(task, parts, settings["kind"], "diverged")
                    ]
                    continue
                tuned, scaler = tuner.run(task, shard, parts["train"], chosen_rate, seed)
                prediction = predict(tuned, scaler, shard, parts["test"], settings["kind"])
                found = score_labels(task, parts, prediction, settings["kind"])
                cells += [cell | keys | selected for cell in found]
                records += prediction_columns(task, parts, prediction, **keys)
                log.info("%s %s, seed %d: error %s", split, split_seed, seed, found[-1]["error"])
        told = {"mode": FINE_TUNED, "task": settings["task"], "cells": cells, "predictors": []}
        write_json(out, settings["identity"] | told)
        write_predictions(predictions, records)


if __name__ == "__main__":
    run(finetune_model, handles_sigterm=True)
