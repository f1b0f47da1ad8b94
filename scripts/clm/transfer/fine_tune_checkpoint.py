"""Full fine-tuning of one checkpoint on one task: all splits and seeds, with the test part scored once."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.files import read_json
from clm.tables.columns import FINE_TUNED, PRIMARY
from clm.tasks.cells import prediction_columns, score_labels, unscored_cells
from clm.tasks.table import Task, load_split, load_task
from clm.transfer.finetune import FineTuner, predict
from clm.transfer.tokens import tokenize

log = logging.getLogger(__name__)
Settings = Mapping[str, Any]
Records = list[dict[str, Any]]
Run = tuple[dict[str, Any], dict[str, np.ndarray], float]  # names in the tables, parts of the split, learning rate


def fine_tune_checkpoint(
    checkpoint: Path,
    tokenizer: Path,
    rates: Sequence[Path],
    molecules: Path,
    splits: Sequence[Path],
    settings: Settings,
) -> tuple[dict[str, Any], Records]:
    """Return the result of a task with the cells of all splits and seeds, and the records of test predictions.

    Args:
        checkpoint: folder of the model.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        rates: JSON with the learning rate of this size on each split, in the same order.
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]`.
        settings: `identity` (corpus, size, subset, seed), `budget`, `task`, `kind`, `labels`, `splits`, `seeds`,
            `settings` of fine-tuning.
    """
    task = load_task(molecules, settings["labels"])
    runs = list(planned_runs(task, rates, splits, settings))
    if read_json(checkpoint / "metrics.json")["status"] == "ok":
        cells, records = scored_runs(checkpoint, tokenizer, task, runs, settings)
    else:
        cells, records = diverged_cells(task, runs, settings["kind"]), []
    told = {"mode": FINE_TUNED, "task": settings["task"], "cells": cells, "predictors": []}
    return settings["identity"] | told, records


def planned_runs(task: Task, rates: Sequence[Path], splits: Sequence[Path], settings: Settings) -> Iterator[Run]:
    """Yield the names, parts and learning rate of the run of each split and seed."""
    for path, rate, (split, split_seed) in zip(splits, rates, settings["splits"], strict=True):
        parts, chosen_rate = load_split(path, task.rows), read_json(rate)["learning_rate"]
        for seed in settings["seeds"]:
            keys = {"budget": settings["budget"], "split": split, "split_seed": split_seed, "finetune_seed": seed}
            yield keys | {"features": PRIMARY}, parts, chosen_rate


def diverged_cells(task: Task, runs: Sequence[Run], kind: str) -> Records:
    """Return the cells of a checkpoint that diverged, with a reason instead of numbers."""
    return [
        cell | keys | selected(rate)
        for keys, parts, rate in runs
        for cell in unscored_cells(task, parts, kind, "diverged")
    ]


def scored_runs(
    checkpoint: Path, tokenizer: Path, task: Task, runs: Sequence[Run], settings: Settings
) -> tuple[Records, Records]:
    """Fine-tune once per run; return cells and prediction records."""
    kind = settings["kind"]
    shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
    tuner = FineTuner(load_model(checkpoint).to(device()), len(task.names), kind, settings["settings"])
    cells, records = [], []
    for keys, parts, rate in runs:
        tuned, scaler = tuner.run(task, shard, parts["train"], rate, keys["finetune_seed"])
        prediction = predict(tuned, scaler, shard, parts["test"], kind)
        found = score_labels(task, parts, prediction, kind)
        cells += [cell | keys | selected(rate) for cell in found]
        records += prediction_columns(task, parts, prediction, **keys)
        names = (settings["task"], keys["split"], keys["split_seed"], keys["finetune_seed"])
        log.info("%s, %s %s, seed %d: error %s", *names, found[-1]["error"])
    return cells, records


def selected(rate: float) -> dict[str, Any]:
    """Return the entry of a cell on settings chosen on validation molecules."""
    return {"selected": {"learning_rate": rate}}
