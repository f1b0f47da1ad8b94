"""A finished study in miniature: one checkpoint, its probe and the forest, on two tasks."""

import csv
from pathlib import Path

import numpy as np
from clm.provenance.files import write_json
from clm.study.paths import PROBED
from clm.tables.columns import PRIMARY
from clm.tasks.baselines import baseline_result
from clm.tasks.splits import random_split
from clm.tasks.table import load_split, load_task
from clm.transfer.encoder import SmilesEncoder
from clm.transfer.probe import probe_cells
from rdkit.Chem import CanonSmiles
from small_checkpoints import small_checkpoint

CHECKPOINT = "zinc/s/2k/seed0/10k"
KINDS = {"length": "regression", "amine": "classification"}


def molecules(count: int, seed: int = 0) -> list[str]:
    """Return distinct chains of carbon, oxygen and nitrogen."""
    rng, found = np.random.default_rng(seed), {}
    while len(found) < count:
        found[CanonSmiles("C" + "".join(rng.choice(["C", "O", "N"], rng.integers(2, 14), p=[0.7, 0.15, 0.15])))] = None
    return list(found)


def made_study(folder: Path, count: int = 120) -> dict[str, list]:
    """Write the study; return for each task the prediction records of the checkpoint's probe."""
    source = small_checkpoint(folder / "made")
    target = folder / "pretrain" / CHECKPOINT
    target.parent.mkdir(parents=True)
    source.rename(target)
    smiles, records = molecules(count), {}
    for task, kind in KINDS.items():
        y = [text.count("C") + 0.5 * text.count("O") if kind == "regression" else int("N" in text) for text in smiles]
        place = folder / "tasks" / task
        (place / "splits").mkdir(parents=True)
        rows = [(row, text, text, "", text, value) for row, (text, value) in enumerate(zip(smiles, y, strict=True))]
        write_table(place / "molecules.csv", [("row", "smiles", "source_smiles", "scaffold", "identity", task)], rows)
        write_table(place / "splits/random-0.csv", [("row", "part")], enumerate(random_split(smiles, smiles, 0)))
        write_json(place / "summary.json", {"task": task, "kind": kind, "labels": {task: {"present": count}}})
        records[task] = probed(folder, task, kind)
        write_json(folder / f"transfer/baselines/ecfp_forest/{task}.json", baseline_result("ecfp_forest", task, []))
    return records


def probed(folder: Path, task: str, kind: str) -> list:
    """Write the scores of the checkpoint's probe as the study does; return its prediction records."""
    place = folder / "tasks" / task
    table = load_task(place / "molecules.csv", [task])
    parts = load_split(place / "splits/random-0.csv", table.rows)
    features = SmilesEncoder(folder / "pretrain" / CHECKPOINT).fit([]).features(table.smiles)
    keys = {"budget": "10k", "split": "random", "split_seed": 0, "finetune_seed": None, "features": PRIMARY}
    cells, records, _ = probe_cells(features, table, parts, kind, keys)
    path = Path(folder, PROBED, *CHECKPOINT.split("/")[:-1], f"{task}.json")
    write_json(path, {"mode": "frozen", "task": task, "cells": cells})
    return records


def write_table(path: Path, header: list, rows) -> None:
    with path.open("w", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([*header, *rows])
