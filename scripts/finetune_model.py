"""Fine-tune one checkpoint on one task: all splits and seeds, test scored once."""

import logging
from pathlib import Path
from typing import Any

from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import parser, run
from clm.provenance.cost import Meter
from clm.provenance.files import read_json, write_json
from clm.provenance.state import watch_signals
from clm.tables.columns import FINE_TUNED, PRIMARY
from clm.tasks.cells import prediction_columns, score_labels, unscored
from clm.tasks.predictions import write_predictions
from clm.tasks.table import load_split, load_task
from clm.transfer.finetune import Tuner, predict
from clm.transfer.tokens import tokenize

log = logging.getLogger(__name__)


def finetune_model(
    checkpoint: Path,
    tokenizer: Path,
    rate: Path,
    molecules: Path,
    splits: list[Path],
    config: dict[str, Any],
    out: Path,
) -> list[dict[str, Any]]:
    """Write the scores of every split and seed; return the records of test predictions.

    Args:
        checkpoint: folder of the model.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        rate: JSON with the learning rate of this size.
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `config["splits"]`.
        config: `identity`, `budget`, `task`, `kind`, `labels`, `splits`, `seeds`, `settings` of fine-tuning.
        out: JSON of cells.
    """
    task = load_task(molecules, config["labels"])
    shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
    diverged = read_json(checkpoint / "metrics.json")["status"] != "ok"
    model = load_model(checkpoint).to(device())
    tuner = Tuner(model, len(task.names), config["kind"], config["settings"])
    chosen_rate = read_json(rate)["learning_rate"]
    cells, records = [], []
    selected = {"selected": {"learning_rate": chosen_rate}}
    for path, (split, split_seed) in zip(splits, config["splits"], strict=True):
        parts = load_split(path, task.rows)
        for seed in config["seeds"]:
            keys = {"budget": config["budget"], "split": split, "split_seed": split_seed, "finetune_seed": seed}
            keys["features"] = PRIMARY
            if diverged:
                cells += [cell | keys | selected for cell in unscored(task, parts, config["kind"], "diverged")]
                continue
            tuned, scaling = tuner.run(task, shard, parts["train"], chosen_rate, seed)
            prediction = predict(tuned, scaling, shard, parts["test"], config["kind"])
            found = score_labels(task, parts, prediction, config["kind"])
            cells += [cell | keys | selected for cell in found]
            records += prediction_columns(task, parts, prediction, **keys)
            log.info("%s %s, seed %d: error %s", split, split_seed, seed, found[-1]["error"])
    told = {"mode": FINE_TUNED, "task": config["task"], "cells": cells, "predictors": []}
    write_json(out, config["identity"] | told)
    return records


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("checkpoint", "tokenizer", "rate", "molecules", "out", "predictions", "cost"):
        command.add_argument(f"--{name}", type=Path, required=True)
    command.add_argument("--splits", type=Path, nargs="+", required=True)
    a = command.parse_args(argv)
    watch_signals()
    with Meter() as meter:
        records = finetune_model(a.checkpoint, a.tokenizer, a.rate, a.molecules, a.splits, a.config, a.out)
        write_predictions(a.predictions, records)
    meter.write(a.cost)


if __name__ == "__main__":
    run(main)
