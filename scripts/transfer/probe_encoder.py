"""Probe all budgets of one trunk on all tasks: linear heads on frozen features, and predictors of transfer."""

from functools import partial
from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.study.grid import Probe, Trunk
from clm.study.paths import CHECKPOINT, TOKENIZER, linear_probe, probe_store, trunk_folder
from clm.transfer.each_task import Compute, digests, score_each_task


def probe_encoder(results: Path, tokenizer: Path, settings: dict[str, Any], code: str) -> None:
    """Write scores and predictors, test predictions and cost of each task; stored results are not computed again.

    Args:
        results: folder of the study.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        settings: `tasks`: {name: its own `task`, `kind`, `labels`}; and the common settings of `probe_trunk`.
        code: digest of the code that this job runs.
    """
    trunk = Trunk(**settings["identity"], budgets=tuple(settings["budgets"]))
    folder = trunk_folder(results, trunk)
    models = [folder / budget / name for budget in trunk.budgets for name in CHECKPOINT]
    read = [code, digests(*models), digests(*(tokenizer / name for name in TOKENIZER))]
    out = lambda task: linear_probe(results, Probe(trunk, task))  # noqa: E731
    score_each_task(results, probe_store(results, trunk), settings, read, out, partial(probing, folder, tokenizer))


def probing(trunk: Path, tokenizer: Path) -> Compute:
    """Return the function that scores a task; a job whose results are all stored does not import torch."""
    from clm.transfer.probe_trunk import probe_trunk

    return partial(probe_trunk, trunk, tokenizer)


if __name__ == "__main__":
    run(probe_encoder, handles_sigterm=True)
