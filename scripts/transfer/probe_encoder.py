"""Probe all budgets of one trunk on all tasks: linear heads on frozen features, and predictors of transfer."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.cost import metered
from clm.provenance.files import sha256_file, write_json
from clm.provenance.state import stop_if_requested
from clm.provenance.store import opened
from clm.study.grid import Probe, Trunk
from clm.study.paths import linear_probe, probe_store, task_molecules, task_split, trunk_folder

log = logging.getLogger(__name__)
CHECKPOINT = ("model.safetensors", "config.json", "metrics.json")  # what is read of each
TOKENIZER = ("tokenizer.json", "vocabulary.json")


def probe_encoder(results: Path, tokenizer: Path, settings: dict[str, Any], code: str) -> None:
    """Write scores and predictors, test predictions and cost of each task; what is in the store is not computed again.

    The cost of a task is that of its computation, whenever it was; its memory is the peak of the process until then.

    Args:
        results: folder of the study.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        settings: `tasks`: {name: its own `task`, `kind`, `labels`}; and for all of them what `probe_trunk` reads.
        code: digest of the code that this job runs.
    """
    shared = {name: value for name, value in settings.items() if name != "tasks"}
    trunk = Trunk(**settings["identity"], budgets=tuple(settings["budgets"]))
    folder = trunk_folder(results, trunk)
    models = [sha256_file(folder / budget / name) for budget in trunk.budgets for name in CHECKPOINT]
    read = [code, models, [sha256_file(tokenizer / name) for name in TOKENIZER]]
    with opened(probe_store(results, trunk)) as store:
        for task, own in settings["tasks"].items():
            stop_if_requested()
            molecules = task_molecules(results, task)
            splits = [task_split(results, task, *split) for split in settings["splits"]]
            identity = [*read, shared | own, [sha256_file(path) for path in (molecules, *splits)]]
            make = partial(probe_task, folder, tokenizer, molecules, splits, shared | own)
            out = linear_probe(results, Probe(trunk, task))
            targets = {"out": out, "predictions": out.with_suffix(".parquet"), "cost": out.with_suffix(".cost.json")}
            log.info("%s: %s", task, "taken from the store" if store.obtain(identity, targets, make) else "computed")


def probe_task(
    trunk: Path,
    tokenizer: Path,
    molecules: Path,
    splits: list[Path],
    settings: dict[str, Any],
    files: dict[str, Path],
) -> None:
    """Write `out`, `predictions` and `cost` of one task; a job that takes all from the store imports no torch."""
    from clm.tasks.predictions import write_predictions
    from clm.transfer.probe_trunk import probe_trunk

    with metered(files["cost"]):
        result, records = probe_trunk(trunk, tokenizer, molecules, splits, settings)
        write_json(files["out"], result)
        write_predictions(files["predictions"], records)


if __name__ == "__main__":
    run(probe_encoder, handles_sigterm=True)
