"""Linear probes of all checkpoints of one trunk on one task, and predictors of transfer."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.files import read_json
from clm.provenance.state import stop_if_requested
from clm.tables.columns import LAYER_FEATURES, LINEAR_PROBE, PRIMARY
from clm.tasks.algebra import algebra_for
from clm.tasks.cells import unscored_cells
from clm.tasks.table import Task, load_split, load_task
from clm.tokens.shards import Shard
from clm.tokens.vocabulary import class_ids
from clm.transfer.embed import embed, project
from clm.transfer.predictors import domain_predictors, label_predictors
from clm.transfer.probe import probe_cells
from clm.transfer.tokens import count_truncated, tokenize

log = logging.getLogger(__name__)
Settings = Mapping[str, Any]
Split = tuple[str, int, dict[str, np.ndarray]]
Records = list[dict[str, Any]]


def probe_trunk(
    trunk: Path, tokenizer: Path, molecules: Path, splits: Sequence[Path], settings: Settings
) -> tuple[dict[str, Any], Records]:
    """Return the result of a task with the cells and predictors of all budgets, and the records of test predictions.

    Args:
        trunk: folder of the checkpoints, one per budget.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]` (the first is the primary one).
        settings: `identity` (corpus, size, subset, seed), `task`, `kind`, `labels`, `budgets`, `splits`,
            `mask_fraction`, `max_tokens`, `projected_width`, `inner_layers`, `domain_molecules`, `roughness_molecules`.
    """
    task = load_task(molecules, settings["labels"])
    parts = [
        (name, seed, load_split(path, task.rows)) for path, (name, seed) in zip(splits, settings["splits"], strict=True)
    ]
    shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
    classes = class_ids(read_json(tokenizer / "vocabulary.json"))
    cells, predictors, records = [], [], []
    for budget in settings["budgets"]:
        stop_if_requested()
        made = probe_budget(trunk / budget, budget, task, shard, parts, classes, settings)
        for collected, new in zip((cells, predictors, records), made, strict=True):
            collected += new
        log.info("%s: budget %s done", settings["task"], budget)
    told = {
        "mode": LINEAR_PROBE,
        "task": settings["task"],
        "cut_molecules": count_truncated(shard, settings["max_tokens"]),
    }
    return settings["identity"] | told | {"cells": cells, "predictors": predictors}, records


def probe_budget(
    folder: Path,
    budget: str,
    task: Task,
    shard: Shard,
    parts: list[Split],
    classes: Sequence[int],
    settings: Settings,
) -> tuple[Records, Records, Records]:
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


def diverged_cells(budget: str, task: Task, parts: list[Split], kind: str) -> Records:
    """Return the cells of a checkpoint that diverged, with a reason instead of numbers."""
    told = {"budget": budget, "finetune_seed": None, "features": PRIMARY}
    return [
        cell | told | {"split": split, "split_seed": seed}
        for split, seed, part in parts
        for cell in unscored_cells(task, part, kind, "diverged")
    ]


def feature_sets(layers: np.ndarray, settings: Settings, primary: bool) -> dict[str, np.ndarray]:
    """Return the features to probe: pooled last states, their projection, and inner layers on the primary split."""
    sets = {PRIMARY: layers[-1], "projected": project(layers[-1], settings["projected_width"])}
    if primary:
        sets |= {
            f"{LAYER_FEATURES}{depth}": layers[depth]
            for depth in inner_layers(len(layers) - 1, settings["inner_layers"])
        }
    return sets


def inner_layers(count: int, most: int) -> list[int]:
    """Return the probed ones of `count` inner layers: `most` of them, evenly spaced, and the middle one."""
    if count <= most:
        return list(range(count))
    return sorted({round(step * (count - 1) / (most - 1)) for step in range(most)} | {count // 2})


def sample(task: Task, train: np.ndarray, molecules: int) -> np.ndarray:
    """Return positions of at most `molecules` training molecules, those with the smallest keys."""
    keys = np.array([smiles_key(task.smiles[i]) for i in train], dtype=np.uint64)
    return train[np.argsort(keys, kind="stable")[:molecules]]
