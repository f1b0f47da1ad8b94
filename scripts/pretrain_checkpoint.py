"""Pretrain one trunk to one token budget, with a decay of its own, and measure the checkpoint."""

import logging
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from clm.models.build import load_model, parameters, save_model
from clm.models.card import write_card
from clm.models.device import device
from clm.provenance.command import UserError, parser, run
from clm.provenance.cost import Meter
from clm.provenance.files import atomic, read_json, sha256_file, write_json
from clm.provenance.state import lease, state_folder, watch_signals
from clm.tokens.shards import Shard, read_shard
from clm.tokens.vocabulary import class_ids
from clm.training.masked_loss import validation_loss
from clm.training.recorded import compiled
from clm.training.schedule import Schedule
from clm.training.team import ALONE, Team, join, launch, leave, member
from clm.training.trainer import Progress, Trainer
from clm.training.trunk import forget_branch, train_budget

log = logging.getLogger(__name__)


def pretrain_checkpoint(
    config: dict[str, Any],
    start: Path,
    tokens: Path,
    vocabulary: Path,
    state: Path,
    team: Team,
    micro_tokens: int | None,
    fused: bool = False,
) -> Trainer:
    """Train with a team of processes and return the trainer at the decayed checkpoint.

    Args:
        config: `budget_tokens`, `training`, `seed`.
        start: folder of the untrained model.
        tokens: training shard.
        vocabulary: vocabulary.json of the tokenizer.
        state: folder of this trunk's resume states; the first process holds its lease.
        team: the processes that train this model; they and `micro_tokens` change nothing but rounding.
        micro_tokens: tokens that a process handles at once, or None for all of its part of a batch.
        fused: compile the layers if this job has a GPU.
    """
    training, shard = config["training"], read_shard(tokens)
    check_vocabulary(shard, tokens, read_json(vocabulary)["digest"])
    trainer = Trainer(load_model(start).to(device()), shard, training, config["seed"], team, micro_tokens)
    with compiled(trainer.model, fused and device().type == "cuda"):
        train_budget(trainer, schedule_of(training), config["budget_tokens"], state)
    return trainer


def schedule_of(training: dict[str, Any]) -> Schedule:
    """Return the schedule of learning rates."""
    return Schedule(training["learning_rate"], training["warmup_tokens"], training["decay_share"])


def write_checkpoint(
    trainer: Trainer, config: dict[str, Any], start: Path, valid: dict[str, Path], vocabulary: Path, out: Path
) -> dict[str, Any]:
    """Write the checkpoint folder (model, tokenizer, metrics.json, model card, curve.csv) and return what the run cost.

    Args:
        trainer: at the decayed checkpoint.
        config: `identity` (corpus, size, subset, seed, budget), `mask_share`.
        start: folder of the untrained model, whose tokenizer is copied.
        valid: validation shard of each corpus.
        vocabulary: vocabulary.json of the tokenizer.
        out: folder of the checkpoint.
    """
    model, progress, classes = trainer.model.eval(), trainer.progress, class_ids(read_json(vocabulary))
    losses = {
        corpus: validation_loss(model, read_shard(path), config["mask_share"], classes)
        for corpus, path in valid.items()
    }
    save_model(model, start, out)
    write_curve(out / "curve.csv", progress)
    record = metrics(config, trainer, losses)
    write_json(out / "metrics.json", record)
    write_card(out, record, model.config["max_position_embeddings"] - 1)
    log.info("done: %d tokens, losses %s", progress.tokens, {name: loss["loss"] for name, loss in losses.items()})
    speed = trainer.trained_tokens / trainer.training_seconds if trainer.training_seconds else None
    told = {"tokens": trainer.trained_tokens, "training_seconds": trainer.training_seconds, "tokens_per_second": speed}
    return told | {"processes": trainer.team.size}


def check_vocabulary(shard: Shard, path: Path, digest: str) -> None:
    """Raise UserError when a shard was made with another vocabulary."""
    if shard.metadata.get("vocabulary") != digest:
        raise UserError(f"{path}: made with another vocabulary; remove it and run snakemake again")


def metrics(config: dict[str, Any], trainer: Trainer, losses: dict[str, Any]) -> dict[str, Any]:
    """Return metrics.json: scale, cost in operations, and validation losses; a diverged run keeps its scale only."""
    progress, shard, count = trainer.progress, trainer.shard, parameters(trainer.model)
    finite = all(loss["loss"] is not None and loss["loss"] < 1e4 for loss in losses.values())
    return config["identity"] | {
        "status": "ok" if finite and not progress.diverged else "diverged",
        "parameters": count,
        "tokens": progress.tokens,
        "molecules": len(shard),
        "subset_tokens": len(shard.tokens),
        "epochs": progress.tokens / len(shard.tokens),
        "flops": progress.flops,
        "flops_6nd": 6 * count["non_embedding"] * progress.tokens,
        "learning_rate": trainer.settings["learning_rate"],
        "optimizer": trainer.settings["optimizer"]["name"],
        "steps": progress.step,
        "validation": losses,
    }


def write_curve(path: Path, progress: Progress) -> None:
    """Write step, tokens, learning_rate and training loss of the trunk and this branch."""
    rows = [",".join(map(repr, (int(step), int(tokens), rate, loss))) for step, tokens, rate, loss in progress.curve]
    with atomic(path) as temporary:
        temporary.write_text("\n".join(["step,tokens,learning_rate,training_loss", *rows]) + "\n", encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("start", "tokens", "vocabulary", "state", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    command.add_argument("--valid", nargs="+", required=True, help="validation shards in the order of config corpora")
    command.add_argument("--processes", type=int, default=1, help="that train together; results do not depend on it")
    command.add_argument("--micro-tokens", type=int, default=0, help="tokens that a process handles at once, 0 for all")
    command.add_argument("--fused", type=int, default=0, help="1: compile the layers on a GPU")
    a = command.parse_args(argv)
    rank = member()
    if a.processes > 1 and rank is None:
        launch(a.processes)
    if rank:
        logging.disable(logging.INFO)  # the first process tells
    watch_signals()
    valid = dict(zip(a.config["corpora"], map(Path, a.valid), strict=True))
    # What the trunk computes: no budgets and no decay, so that a new budget continues it; nor how many processes
    training = {key: value for key, value in a.config["training"].items() if key != "decay_share"}
    digests = [sha256_file(path) for path in (a.start / "model.safetensors", a.tokens)]
    state = state_folder(a.state, training, a.config["seed"], digests, a.code)
    with nullcontext() if rank else lease(state), Meter() as meter:
        team = ALONE if rank is None else join(rank)
        micro = a.micro_tokens or None
        trainer = pretrain_checkpoint(a.config, a.start, a.tokens, a.vocabulary, state, team, micro, bool(a.fused))
        if team.rank == 0:
            cost = write_checkpoint(trainer, a.config, a.start, valid, a.vocabulary, a.out)
            forget_branch(schedule_of(a.config["training"]), a.config["budget_tokens"], state)
        leave(team)
    if team.rank == 0:
        meter.write(a.out / "cost.json", **cost)


if __name__ == "__main__":
    run(main)
