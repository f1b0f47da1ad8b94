"""Check the pretraining learning rate of one size: validation loss at multiples of it."""

import logging
from pathlib import Path
from typing import Any

from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import parser, run
from clm.provenance.files import read_json, sha256_file, write_json
from clm.provenance.state import lease, state_folder, watch_signals
from clm.tokens.shards import read_shard
from clm.tokens.vocabulary import class_ids
from clm.training.masked_loss import validation_loss
from clm.training.schedule import Schedule
from clm.training.trainer import Trainer
from clm.training.trunk import train_budget

log = logging.getLogger(__name__)


def sweep_rate(
    config: dict[str, Any], start: Path, tokens: Path, valid: Path, vocabulary: Path, state: Path, out: Path
) -> None:
    """Write the validation loss at each rate; a diverged run has none.

    Args:
        config: `factors`, `training` (with `learning_rate`), `budget_tokens`, `mask_fraction`, `seed`, `size`,
            `corpus`.
        start: folder of the untrained model.
        tokens: training shard.
        valid: validation shard of the same corpus.
        vocabulary: vocabulary.json.
        state: folder of resume states; this process holds its lease.
        out: JSON with size, corpus, budget_tokens and rates [{factor, learning_rate, loss, status}].
    """
    classes, rates = class_ids(read_json(vocabulary)), []
    for factor in config["factors"]:
        training = config["training"] | {"learning_rate": config["training"]["learning_rate"] * factor}
        folder = state / f"factor-{factor}"
        folder.mkdir(exist_ok=True)
        trainer = Trainer(load_model(start).to(device()), read_shard(tokens), training, config["seed"])
        schedule = Schedule(training["learning_rate"], training["warmup_tokens"], training["decay_fraction"])
        train_budget(trainer, schedule, config["budget_tokens"], folder)
        loss = validation_loss(trainer.model.eval(), read_shard(valid), config["mask_fraction"], classes)["loss"]
        status = "diverged" if trainer.progress.diverged else "ok"
        rates.append({"factor": factor, "learning_rate": training["learning_rate"], "loss": loss, "status": status})
        log.info("learning rate %g: loss %.4f", training["learning_rate"], loss)
    told = {key: config[key] for key in ("size", "corpus", "budget_tokens")}
    write_json(out, told | {"tokens_read": trainer.progress.tokens, "rates": rates})


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("start", "tokens", "valid", "vocabulary", "state", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    watch_signals()
    digests = [sha256_file(path) for path in (a.start / "model.safetensors", a.tokens)]
    state = state_folder(a.state, a.config, digests, a.code)
    with lease(state):
        sweep_rate(a.config, a.start, a.tokens, a.valid, a.vocabulary, state, a.out)


if __name__ == "__main__":
    run(main)
