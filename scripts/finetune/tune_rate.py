"""Choose the fine-tuning learning rate of one size and split, pretrained or untrained, on validation."""

import logging
from pathlib import Path
from typing import Any

from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.tasks.table import load_split, load_task
from clm.transfer.finetune import FineTuner
from clm.transfer.tokens import tokenize
from clm.transfer.tune import best_rate, validation_error

log = logging.getLogger(__name__)


def tune_rate(
    checkpoint: Path, tokenizer: Path, molecules: list[Path], splits: list[Path], settings: dict[str, Any], out: Path
) -> None:
    """Write the chosen rate and the validation error of every rate on every task.

    Args:
        checkpoint: folder of the checkpoint that represents its size.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        molecules: molecules.csv of each task of `settings["tasks"]` (name, kind, labels).
        splits: CSV of the split of each task, of one kind and seed; its validation part decides.
        settings: `tasks`, `learning_rates`, and the settings of fine-tuning.
        out: JSON.
    """
    model = load_model(checkpoint).to(device())
    rates, table = sorted(settings["learning_rates"]), []
    loaded = []
    for path, split, about in zip(molecules, splits, settings["tasks"], strict=True):
        task = load_task(path, about["labels"])
        shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
        tuner = FineTuner(model, len(task.names), about["kind"], settings["settings"])
        loaded.append((tuner, task, shard, load_split(split, task.rows)))
    for rate in rates:
        table.append([validation_error(*one, rate) for one in loaded])
        log.info("learning rate %g: relative validation errors %s", rate, table[-1])
    names = [about["name"] for about in settings["tasks"]]
    rows = [
        {"learning_rate": rate, "task": name, "relative_error": error}
        for rate, errors in zip(rates, table, strict=True)
        for name, error in zip(names, errors, strict=True)
    ]
    write_json(out, settings["identity"] | {"learning_rate": best_rate(rates, table), "tried": rows})


if __name__ == "__main__":
    run(tune_rate, handles_sigterm=True)
