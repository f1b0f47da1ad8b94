"""Trace the error of frozen checkpoints on one task against the number of labels."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import parser, run
from clm.provenance.files import read_json, write_json
from clm.tasks.table import Task, load_split, load_task
from clm.transfer.embed import embed
from clm.transfer.learning import Fit, learning_curve
from clm.transfer.probe import probe
from clm.transfer.tokens import tokenize

log = logging.getLogger(__name__)


def trace_labels(
    checkpoints: list[Path], tokenizer: Path, molecules: Path, split: Path, config: dict[str, Any], out: Path
) -> None:
    """Write the learning curves of one task.

    Args:
        checkpoints: folders, in the order of `config["cells"]`.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        molecules: molecules.csv of the task.
        split: CSV of the primary split.
        config: `task`, `kind`, `label_columns`, `cells` ([corpus, size, subset, seed, budget]), `labels` (numbers of
            labelled molecules), `seeds`.
        out: JSON of one curve per model; a diverged checkpoint has none.
    """
    task = load_task(molecules, config["label_columns"])
    parts = load_split(split, task.rows)
    shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
    curves = []
    for cell, folder in zip(config["cells"], checkpoints, strict=True):
        if read_json(folder / "metrics.json")["status"] != "ok":
            continue
        features = embed(load_model(folder).to(device()), shard)
        fit = head(features, task, parts, config["kind"])
        rows = learning_curve(task, parts, config["kind"], config["labels"], config["seeds"], fit)
        curves.append({"cell": cell, "baseline": None, "rows": rows})
        log.info("%s done", " ".join(map(str, cell)))
    write_json(out, {"task": config["task"], "curves": curves})


def head(features: np.ndarray, task: Task, parts: dict[str, np.ndarray], kind: str) -> Fit:
    """Return a function that fits a linear head on some molecules."""

    def fit(train: np.ndarray, seed: int) -> np.ndarray:
        return probe(features, task, parts | {"train": train}, kind)[0]

    return fit


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--checkpoints", type=Path, nargs="*", required=True)
    for name in ("tokenizer", "molecules", "split", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    trace_labels(a.checkpoints, a.tokenizer, a.molecules, a.split, a.config, a.out)


if __name__ == "__main__":
    run(main)
