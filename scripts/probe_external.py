"""Probe features from elsewhere on one task, with the heads, splits and scores of our own frozen encoders."""

import logging
from pathlib import Path
from typing import Any

from clm.provenance.command import parser, run
from clm.provenance.cost import Meter
from clm.provenance.files import write_json
from clm.tasks.baselines import as_result
from clm.tasks.predictions import write_predictions
from clm.tasks.table import load_split, load_task
from clm.transfer.external import table_features
from clm.transfer.external_models import model_features
from clm.transfer.probe import probe_cells

log = logging.getLogger(__name__)


def probe_external(molecules: Path, splits: list[Path], config: dict[str, Any], out: Path) -> list[dict[str, Any]]:
    """Write the scores of one external model or table of embeddings; return the records of test predictions.

    Args:
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `config["splits"]`.
        config: `name`, `task`, `kind`, `labels`, `splits`, and `model` (see `model_features`) or `file`.
        out: JSON of cells.
    """
    task = load_task(molecules, config["labels"])
    about: dict[str, Any] = {}
    if "file" in config:
        features = table_features(task.smiles, Path(config["file"]), config["name"])
    else:
        features, about = model_features(task.smiles, config, config["name"])
    cells, records = [], []
    for path, (split, seed) in zip(splits, config["splits"], strict=True):
        keys = {"budget": None, "split": split, "split_seed": seed, "finetune_seed": None, "features": "mean"}
        found, rows, _ = probe_cells(features, task, load_split(path, task.rows), config["kind"], keys)
        cells += found
        records += rows
    write_json(out, as_result(config["name"], config["task"], cells) | {"external": about})
    return records


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("molecules", "out", "predictions", "cost"):
        command.add_argument(f"--{name}", type=Path, required=True)
    command.add_argument("--splits", type=Path, nargs="+", required=True)
    a = command.parse_args(argv)
    with Meter() as meter:
        write_predictions(a.predictions, probe_external(a.molecules, a.splits, a.config, a.out))
    meter.write(a.cost)


if __name__ == "__main__":
    run(main)
