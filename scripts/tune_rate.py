"""Choose the fine-tuning learning rate of one size, for pretrained or untrained encoders, on validation."""

import logging
from pathlib import Path
from typing import Any

from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import parser, run
from clm.provenance.files import write_json
from clm.provenance.state import watch_signals
from clm.tasks.table import load_split, load_task
from clm.transfer.finetune import FineTuner
from clm.transfer.tokens import tokenize
from clm.transfer.tune import best_rate, validation_error

log = logging.getLogger(__name__)


def tune_rate(
    checkpoint: Path, tokenizer: Path, molecules: list[Path], splits: list[Path], config: dict[str, Any], out: Path
) -> None:
    """Write the chosen rate and the validation error of every rate on every task.

    Args:
        checkpoint: folder that stands for its size.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        molecules: molecules.csv of each task of `config["tasks"]` (name, kind, labels).
        splits: CSV of the split of each task.
        config: `tasks`, `learning_rates`, and the settings of fine-tuning.
        out: JSON.
    """
    model = load_model(checkpoint).to(device())
    rates, table = sorted(config["learning_rates"]), []
    loaded = []
    for path, split, about in zip(molecules, splits, config["tasks"], strict=True):
        task = load_task(path, about["labels"])
        shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
        tuner = FineTuner(model, len(task.names), about["kind"], config["settings"])
        loaded.append((tuner, task, shard, load_split(split, task.rows)))
    for rate in rates:
        table.append([validation_error(*one, rate) for one in loaded])
        log.info("learning rate %g: relative validation errors %s", rate, table[-1])
    names = [about["name"] for about in config["tasks"]]
    rows = [
        {"learning_rate": rate, "task": name, "relative_error": error}
        for rate, errors in zip(rates, table, strict=True)
        for name, error in zip(names, errors, strict=True)
    ]
    write_json(out, config["identity"] | {"learning_rate": best_rate(rates, table), "tried": rows})


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("checkpoint", "tokenizer", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    for name in ("molecules", "splits"):
        command.add_argument(f"--{name}", type=Path, nargs="+", required=True)
    a = command.parse_args(argv)
    watch_signals()
    tune_rate(a.checkpoint, a.tokenizer, a.molecules, a.splits, a.config, a.out)


if __name__ == "__main__":
    run(main)
