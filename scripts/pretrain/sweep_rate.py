"""Check the pretraining learning rate of one size: validation loss at multiples of it."""

import logging
from pathlib import Path
from typing import Any

from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.files import read_json, sha256_file, write_json
from clm.provenance.state import lease, state_folder
from clm.tokens.shards import read_shard
from clm.tokens.vocabulary import class_ids
from clm.training.masked_loss import validation_loss
from clm.training.schedule import Schedule
from clm.training.trainer import Trainer
from clm.training.trunk import train_budget

log = logging.getLogger(__name__)


def sweep_rate(
    settings: dict[str, Any],
    start: Path,
    tokens: Path,
    valid: Path,
    vocabulary: Path,
    state: Path,
    out: Path,
    code: str,
) -> None:
    """Write the validation loss at each rate; a diverged run has none.

    Args:
        settings: `factors`, `training` (with `learning_rate`), `budget_tokens`, `mask_fraction`, `seed`, `size`,
            `corpus`.
        start: folder of the untrained model.
        tokens: training shard.
        valid: validation shard of the same corpus.
        vocabulary: vocabulary.json.
        state: folder of the saved states of all computations.
        code: digest of the code that this job runs; saved states are resumed by the same code only.
        out: JSON with size, corpus, budget_tokens and rates [{factor, learning_rate, loss, status}].
    """
    digests = [sha256_file(path) for path in (start / "model.safetensors", tokens)]
    own = state_folder(state, settings, digests, code)
    with lease(own):
        write_json(out, sweep(settings, start, tokens, valid, vocabulary, own))


def sweep(
    settings: dict[str, Any], start: Path, tokens: Path, valid: Path, vocabulary: Path, state: Path
) -> dict[str, Any]:
    """Return the losses; `state` is the folder of this computation, whose lease the process holds."""
    classes, rates = class_ids(read_json(vocabulary)), []
    for factor in settings["factors"]:
        training = settings["training"] | {"learning_rate": settings["training"]["learning_rate"] * factor}
        folder = state / f"factor-{factor}"
        folder.mkdir(exist_ok=True)
        trainer = Trainer(load_model(start).to(device()), read_shard(tokens), training, settings["seed"])
        schedule = Schedule(training["learning_rate"], training["warmup_tokens"], training["decay_fraction"])
        train_budget(trainer, schedule, settings["budget_tokens"], folder)
        loss = validation_loss(trainer.model.eval(), read_shard(valid), settings["mask_fraction"], classes)["loss"]
        status = "diverged" if trainer.progress.diverged else "ok"
        rates.append({"factor": factor, "learning_rate": training["learning_rate"], "loss": loss, "status": status})
        log.info("learning rate %g: loss %.4f", training["learning_rate"], loss)
    told = {key: settings[key] for key in ("size", "corpus", "budget_tokens")}
    return told | {"tokens_read": trainer.progress.tokens, "rates": rates}


if __name__ == "__main__":
    run(sweep_rate, handles_sigterm=True)
