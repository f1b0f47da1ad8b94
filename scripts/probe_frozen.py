"""Probe all budgets of one trunk on one task: linear heads on frozen features, and predictors of transfer."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import parser, run
from clm.provenance.cost import Meter
from clm.provenance.files import read_json, write_json
from clm.tables.columns import LAYER_FEATURES, LINEAR_PROBE, PRIMARY
from clm.tasks.algebra import on
from clm.tasks.cells import unscored
from clm.tasks.predictions import write_predictions
from clm.tasks.table import Task, load_split, load_task
from clm.tokens.shards import Shard
from clm.tokens.vocabulary import class_ids
from clm.transfer.embed import embed, project
from clm.transfer.predictors import domain_predictors, label_predictors
from clm.transfer.probe import probe_cells
from clm.transfer.tokens import cut_count, tokenize

log = logging.getLogger(__name__)
Split = tuple[str, int, dict[str, np.ndarray]]


def probe_frozen(
    checkpoints: list[Path], tokenizer: Path, molecules: Path, splits: list[Path], config: dict[str, Any], out: Path
) -> list[dict[str, Any]]:
    """Write scores and predictors of all budgets; return the records of test predictions.

    Args:
        checkpoints: folder of each budget, in the order of `config["budgets"]`.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `config["splits"]` (the first is the primary one).
        config: `identity` (corpus, size, subset, seed), `task`, `kind`, `labels`, `budgets`, `splits`, `mask_share`,
            `max_tokens`, `projected_width`, `inner_layers`, `domain_molecules`, `roughness_molecules`.
        out: JSON of cells and predictors.
    """
    task = load_task(molecules, config["labels"])
    parts = [
        (name, seed, load_split(path, task.rows)) for path, (name, seed) in zip(splits, config["splits"], strict=True)
    ]
    shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
    classes = class_ids(read_json(tokenizer / "vocabulary.json"))
    cells, predictors, records = [], [], []
    for budget, folder in zip(config["budgets"], checkpoints, strict=True):
        made = probe_budget(folder, budget, task, shard, parts, classes, config)
        for collected, new in zip((cells, predictors, records), made, strict=True):
            collected += new
        log.info("budget %s done", budget)
    told = {"mode": LINEAR_PROBE, "task": config["task"], "cut_molecules": cut_count(shard, config["max_tokens"])}
    write_json(out, config["identity"] | told | {"cells": cells, "predictors": predictors})
    return records


def probe_budget(
    folder: Path, budget: str, task: Task, shard: Shard, parts: list[Split], classes: list[int], config: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return cells, predictors and prediction records of one checkpoint; a diverged one has cells without numbers."""
    metrics = read_json(folder / "metrics.json")
    if metrics["status"] != "ok":
        return diverged_cells(budget, task, parts, config["kind"]), [], []
    model = load_model(folder).to(device())
    layers, algebra = embed(model, shard, every_layer=True), on(device())
    cells, predictors, records = [], [], []
    for number, (split, seed, part) in enumerate(parts):
        keys = {"budget": budget, "split": split, "split_seed": seed}
        for name, features in feature_sets(layers, config, number == 0).items():
            told = keys | {"finetune_seed": None, "features": name}
            new, rows, scores = probe_cells(features, task, part, config["kind"], told, algebra)
            cells += new
            if name == PRIMARY:
                records += rows
                predictors += [keys | score for score in scores]
        if number == 0:
            found = label_predictors(layers[-1], task, part["train"], config["kind"], config["roughness_molecules"])
            own = metrics["validation"].get(config["identity"]["corpus"], {}).get("loss")
            some = shard.take(sample(task, part["train"], config["domain_molecules"]))
            found += domain_predictors(model, some, config["mask_share"], classes, own)
            predictors += [keys | record for record in found]
    return cells, predictors, records


def diverged_cells(budget: str, task: Task, parts: list[Split], kind: str) -> list[dict[str, Any]]:
    """Return the cells of a checkpoint that diverged: no numbers, and why."""
    told = {"budget": budget, "finetune_seed": None, "features": PRIMARY}
    return [
        cell | told | {"split": split, "split_seed": seed}
        for split, seed, part in parts
        for cell in unscored(task, part, kind, "diverged")
    ]


def feature_sets(layers: np.ndarray, config: dict[str, Any], primary: bool) -> dict[str, np.ndarray]:
    """Return the features to probe: pooled last states, and on the primary split projected ones and inner layers."""
    sets = {PRIMARY: layers[-1]}
    if primary:
        sets["projected"] = project(layers[-1], config["projected_width"])
        sets |= {
            f"{LAYER_FEATURES}{depth}": layers[depth] for depth in inner_layers(len(layers) - 1, config["inner_layers"])
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


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--trunk", type=Path, required=True, help="folder of the checkpoints, one per budget")
    for name in ("tokenizer", "molecules", "out", "predictions", "cost"):
        command.add_argument(f"--{name}", type=Path, required=True)
    command.add_argument("--splits", type=Path, nargs="+", required=True)
    a = command.parse_args(argv)
    checkpoints = [a.trunk / budget for budget in a.config["budgets"]]
    with Meter() as meter:
        records = probe_frozen(checkpoints, a.tokenizer, a.molecules, a.splits, a.config, a.out)
        write_predictions(a.predictions, records)
    meter.write(a.cost)


if __name__ == "__main__":
    run(main)
