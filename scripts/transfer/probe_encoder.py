"""Probe all budgets of one trunk on one task: linear heads on frozen features, and predictors of transfer."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.cost import metered
from clm.provenance.files import read_json, write_json
from clm.tables.columns import LAYER_FEATURES, LINEAR_PROBE, PRIMARY
from clm.tasks.algebra import algebra_for
from clm.tasks.cells import unscored_cells
from clm.tasks.predictions import write_predictions
from clm.tasks.table import Task, load_split, load_task
from clm.tokens.shards import Shard
from clm.tokens.vocabulary import class_ids
from clm.transfer.embed import embed, project
from clm.transfer.predictors import domain_predictors, label_predictors
from clm.transfer.probe import probe_cells
from clm.transfer.tokens import count_truncated, tokenize

log = logging.getLogger(__name__)
Split = tuple[str, int, dict[str, np.ndarray]]


def probe_encoder(
    trunk: Path,
    tokenizer: Path,
    molecules: Path,
    splits: list[Path],
    settings: dict[str, Any],
    out: Path,
    predictions: Path,
    cost: Path,
) -> None:
    """Write scores and predictors of all budgets and the test predictions.

    Args:
        trunk: folder of the checkpoints, one per budget.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]` (the first is the primary one).
        settings: `identity` (corpus, size, subset, seed), `task`, `kind`, `labels`, `budgets`, `splits`,
            `mask_fraction`, `max_tokens`, `projected_width`, `inner_layers`, `domain_molecules`, `roughness_molecules`.
        out: JSON of cells and predictors.
        predictions: Parquet of test predictions.
        cost: JSON of what the job cost.
    """
    with metered(cost):
        task = load_task(molecules, settings["labels"])
        parts = [
            (name, seed, load_split(path, task.rows))
            for path, (name, seed) in zip(splits, settings["splits"], strict=True)
        ]
        shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
        classes = class_ids(read_json(tokenizer / "vocabulary.json"))
        cells, predictors, records = [], [], []
        for budget in settings["budgets"]:
            made = probe_budget(trunk / budget, budget, task, shard, parts, classes, settings)
            for collected, new in zip((cells, predictors, records), made, strict=True):
                collected += new
            log.info("budget %s done", budget)
        told = {
            "mode": LINEAR_PROBE,
            "task": settings["task"],
            "cut_molecules": count_truncated(shard, settings["max_tokens"]),
        }
        write_json(out, settings["identity"] | told | {"cells": cells, "predictors": predictors})
        write_predictions(predictions, records)


def probe_budget(
    folder: Path,
    budget: str,
    task: Task,
    shard: Shard,
    parts: list[Split],
    classes: list[int],
    settings: dict[str, Any],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return cells, predictors and prediction records of one checkpoint; a diverged one has cells without numbers."""
    metrics = read_json(folder / "metrics.json")
    if metrics["status"] != "ok":
        return diverged_cells(budget, task, parts, settings["kind"]), [], []
    model = load_model(folder).to(device())
    layers, algebra = embed(model, shard, every_layer=True), algebra_for(device())
    cells, predictors, records = [], [], []
    for number, (split, seed, part) in enumerate(parts):
        keys = {"budget": budget, "split": split, "split_seed": seed}
        for name, features in feature_sets(layers, settings, number == 0).items():
            told = keys | {"finetune_seed": None, "features": name}
            new, rows, scores = probe_cells(features, task, part, settings["kind"], told, algebra)
            cells += new
            if name == PRIMARY:
                records += rows
                predictors += [keys | score for score in scores]
        if number == 0:
            found = label_predictors(layers[-1], task, part["train"], settings["kind"], settings["roughness_molecules"])
            own = metrics["validation"].get(settings["identity"]["corpus"], {}).get("loss")
            some = shard.take(sample(task, part["train"], settings["domain_molecules"]))
            found += domain_predictors(model, some, settings["mask_fraction"], classes, own)
            predictors += [keys | record for record in found]
    return cells, predictors, records


def diverged_cells(budget: str, task: Task, parts: list[Split], kind: str) -> list[dict[str, Any]]:
    """Return the cells of a checkpoint that diverged: no numbers, and why."""
    told = {"budget": budget, "finetune_seed": None, "features": PRIMARY}
    return [
        cell | told | {"split": split, "split_seed": seed}
        for split, seed, part in parts
        for cell in unscored_cells(task, part, kind, "diverged")
    ]


def feature_sets(layers: np.ndarray, settings: dict[str, Any], primary: bool) -> dict[str, np.ndarray]:
    """Return the features to probe: pooled last states, the same projected, and on the primary split inner layers."""
    sets = {PRIMARY: layers[-1], "projected": project(layers[-1], settings["projected_width"])}
    if primary:
        sets |= {
            f"{LAYER_FEATURES}{depth}": layers[depth]
            for depth in inner_layers(len(layers) - 1, settings["inner_layers"])
        }
    return sets


def inner_layers(count: int, most: int) -> list[int]:
    """Return which of `count` inner layers are probed: `most` of them, evenly spaced, and the middle one."""
    if count <= most:
        return list(range(count))
    return sorted({round(step * (count - 1) / (most - 1)) for step in range(most)} | {count // 2})


def sample(task: Task, train: np.ndarray, molecules: int) -> np.ndarray:
    """Return positions of at most `molecules` training molecules, those with the smallest keys."""
    keys = np.array([smiles_key(task.smiles[i]) for i in train], dtype=np.uint64)
    return train[np.argsort(keys, kind="stable")[:molecules]]


if __name__ == "__main__":
    run(probe_encoder)
