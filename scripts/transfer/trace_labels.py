"""Trace the error of frozen checkpoints on one task against the number of labels."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.files import read_json, write_json
from clm.study.paths import checkpoint
from clm.tables.cells import checkpoint_of, read_cells
from clm.tasks.table import Task, load_split, load_task
from clm.transfer.embed import embed
from clm.transfer.learning import Fit, learning_curve
from clm.transfer.probe import probe
from clm.transfer.tokens import tokenize

log = logging.getLogger(__name__)


def trace_labels(
    results: Path,
    cells: list[Path],
    tokenizer: Path,
    molecules: Path,
    split: Path,
    settings: dict[str, Any],
    out: Path,
) -> None:
    """Write the learning curves of one task.

    Args:
        results: folder of the study.
        cells: file of the list `learning` of checkpoints (see clm.tables.cells).
        tokenizer: folder with tokenizer.json and vocabulary.json.
        molecules: molecules.csv of the task.
        split: CSV of the primary split.
        settings: `task`, `kind`, `label_columns`, `train_sizes` (numbers of labelled molecules), `seeds`.
        out: JSON of one curve per model; a diverged checkpoint has none.
    """
    task = load_task(molecules, settings["label_columns"])
    parts = load_split(split, task.rows)
    shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
    curves = []
    for cell in read_cells(cells)["learning"]:
        folder = checkpoint(results, checkpoint_of(cell))
        if read_json(folder / "metrics.json")["status"] != "ok":
            continue
        features = embed(load_model(folder).to(device()), shard)
        fit = head(features, task, parts, settings["kind"])
        rows = learning_curve(task, parts, settings["kind"], settings["train_sizes"], settings["seeds"], fit)
        curves.append({"cell": cell, "baseline": None, "rows": rows})
        log.info("%s done", " ".join(map(str, cell)))
    write_json(out, {"task": settings["task"], "curves": curves})


def head(features: np.ndarray, task: Task, parts: dict[str, np.ndarray], kind: str) -> Fit:
    """Return a function that fits a linear head on some molecules."""

    def fit(train: np.ndarray, seed: int) -> np.ndarray:
        return probe(features, task, parts | {"train": train}, kind)[0]

    return fit


if __name__ == "__main__":
    run(trace_labels)
