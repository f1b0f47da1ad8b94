"""Fine-tune one checkpoint on each of its tasks: all splits and seeds, test scored once."""

from functools import partial
from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.study.grid import Checkpoint, Trunk
from clm.study.paths import CHECKPOINT, TOKENIZER, checkpoint, fine_tuned, fine_tuning_store
from clm.transfer.each_task import Compute, digests, score_each_task


def finetune_model(results: Path, tokenizer: Path, rates: list[Path], settings: dict[str, Any], code: str) -> None:
    """Write scores, test predictions and cost of each task; stored results are not computed again.

    Args:
        results: folder of the study.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        rates: JSON with the learning rate of this size on each split, in the order of `settings["splits"]`.
        settings: `tasks`: {name: its own `task`, `kind`, `labels`}; and the common settings of `fine_tune_checkpoint`.
        code: digest of the code that this job runs.
    """
    cell = Checkpoint(Trunk(**settings["identity"]), settings["budget"])
    folder = checkpoint(results, cell)
    read = [code, digests(*(folder / name for name in CHECKPOINT)), digests(*(tokenizer / name for name in TOKENIZER))]
    read.append(digests(*rates))
    load = partial(fine_tuning, folder, tokenizer, rates)
    out = lambda task: fine_tuned(results, cell, task)  # noqa: E731
    score_each_task(results, fine_tuning_store(results, cell), settings, read, out, load)


def fine_tuning(model: Path, tokenizer: Path, rates: list[Path]) -> Compute:
    """Return the function that scores a task; a job whose results are all stored does not import torch."""
    from clm.transfer.fine_tune_checkpoint import fine_tune_checkpoint

    return partial(fine_tune_checkpoint, model, tokenizer, rates)


if __name__ == "__main__":
    run(finetune_model, handles_sigterm=True)
