"""Pretrain one trunk to one token budget, with its own decay, and measure the checkpoint."""

import logging
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from clm.models.build import count_parameters, load_model, save_model
from clm.models.card import write_card
from clm.models.device import device
from clm.provenance.command import UserError, run
from clm.provenance.cost import Meter
from clm.provenance.files import atomic, read_json, sha256_file, write_json
from clm.provenance.state import lease, state_folder
from clm.tokens.shards import Shard, read_shard
from clm.tokens.vocabulary import class_ids
from clm.training.cuda_graphs import compiled_layers
from clm.training.masked_loss import validation_loss
from clm.training.process_group import (
    SINGLE_PROCESS,
    ProcessGroup,
    destroy_process_group,
    init_process_group,
    launch,
    launched_rank,
)
from clm.training.schedule import Schedule
from clm.training.trainer import Progress, Trainer
from clm.training.trunk import remove_branch_state, train_budget

log = logging.getLogger(__name__)


def pretrain_checkpoint(
    settings: dict[str, Any],
    start: Path,
    tokens: Path,
    valid: list[Path],
    vocabulary: Path,
    state: Path,
    out: Path,
    code: str,
    processes: int = 1,
    micro_tokens: int = 0,
    compile: int = 0,
) -> None:
    """Write one checkpoint of a trunk, and its cost; several processes can train it together.

    Args:
        settings: `identity` (corpus, size, subset, seed, budget), `budget_tokens`, `training`, `seed`, `mask_fraction`,
            `corpora`.
        start: folder of the untrained model.
        tokens: training shard.
        valid: validation shards, in the order of `settings["corpora"]`.
        vocabulary: vocabulary.json of the tokenizer.
        state: folder of the saved states of all trunks.
        out: folder of the checkpoint.
        code: digest of the code that this job runs; saved states are resumed by the same code only.
        processes: number of processes that train together; results do not depend on it.
        micro_tokens: tokens of a micro-batch, 0 for no gradient accumulation.
        compile: 1 to compile the layers by torch.compile on a GPU.
    """
    rank = launched_rank()
    if processes > 1 and rank is None:
        launch(processes)
    if rank:
        logging.disable(logging.INFO)  # the process of rank 0 logs
    # Identity of the trunk, without budgets and decay, so that a new budget continues it, and without processes
    training = {key: value for key, value in settings["training"].items() if key != "decay_fraction"}
    digests = [sha256_file(path) for path in (start / "model.safetensors", tokens)]
    own = state_folder(state, training, settings["seed"], digests, code)
    with nullcontext() if rank else lease(own), Meter() as meter:
        group = SINGLE_PROCESS if rank is None else init_process_group(rank)
        trainer = train(settings, start, tokens, vocabulary, own, group, micro_tokens or None, bool(compile))
        if group.rank == 0:
            shards = dict(zip(settings["corpora"], valid, strict=True))
            cost = write_checkpoint(trainer, settings, start, shards, vocabulary, out)
            remove_branch_state(schedule_of(settings["training"]), settings["budget_tokens"], own)
        destroy_process_group(group)
    if group.rank == 0:
        meter.write(out / "cost.json", **cost)


def train(
    settings: dict[str, Any],
    start: Path,
    tokens: Path,
    vocabulary: Path,
    state: Path,
    group: ProcessGroup,
    micro_tokens: int | None,
    compile: bool = False,
) -> Trainer:
    """Train in a group of processes and return the trainer at the decayed checkpoint.

    Args:
        settings: `budget_tokens`, `training`, `seed`.
        start: folder of the untrained model.
        tokens: training shard.
        vocabulary: vocabulary.json of the tokenizer.
        state: folder of the saved states of this trunk; the process of rank 0 holds its lease.
        group: the processes that train this model; they and `micro_tokens` affect rounding only.
        micro_tokens: tokens of a micro-batch, or None for no gradient accumulation.
        compile: whether to compile the layers with torch.compile, if this job has a GPU.
    """
    training, shard = settings["training"], read_shard(tokens)
    check_vocabulary(shard, tokens, read_json(vocabulary)["digest"])
    trainer = Trainer(load_model(start).to(device()), shard, training, settings["seed"], group, micro_tokens)
    with compiled_layers(trainer.model, compile and device().type == "cuda"):
        train_budget(trainer, schedule_of(training), settings["budget_tokens"], state)
    return trainer


def schedule_of(training: dict[str, Any]) -> Schedule:
    """Return the schedule of learning rates."""
    return Schedule(training["learning_rate"], training["warmup_tokens"], training["decay_fraction"])


def write_checkpoint(
    trainer: Trainer, settings: dict[str, Any], start: Path, valid: dict[str, Path], vocabulary: Path, out: Path
) -> dict[str, Any]:
    """Write the checkpoint folder (model, tokenizer, metrics.json, model card, curve.csv) and return the cost.

    Args:
        trainer: at the decayed checkpoint.
        settings: `identity` (corpus, size, subset, seed, budget), `mask_fraction`.
        start: folder of the untrained model, whose tokenizer is copied.
        valid: validation shard of each corpus.
        vocabulary: vocabulary.json of the tokenizer.
        out: folder of the checkpoint.
    """
    model, progress, classes = trainer.model.eval(), trainer.progress, class_ids(read_json(vocabulary))
    losses = {
        corpus: validation_loss(model, read_shard(path), settings["mask_fraction"], classes)
        for corpus, path in valid.items()
    }
    save_model(model, start, out)
    write_curve(out / "curve.csv", progress)
    record = metrics(settings, trainer, losses)
    write_json(out / "metrics.json", record)
    write_card(out, record, model.config["max_position_embeddings"] - 1)
    log.info("done: %d tokens, losses %s", progress.tokens, {name: loss["loss"] for name, loss in losses.items()})
    speed = trainer.trained_tokens / trainer.training_seconds if trainer.training_seconds else None
    cost = {"tokens": trainer.trained_tokens, "training_seconds": trainer.training_seconds, "tokens_per_second": speed}
    return cost | {"processes": trainer.group.size}


def check_vocabulary(shard: Shard, path: Path, digest: str) -> None:
    """Raise UserError when a shard was made with another vocabulary."""
    if shard.metadata.get("vocabulary") != digest:
        raise UserError(f"{path}: made with another vocabulary; remove it and run snakemake again")


def metrics(settings: dict[str, Any], trainer: Trainer, losses: dict[str, Any]) -> dict[str, Any]:
    """Return metrics.json: scale, cost in operations, and validation losses; a diverged run has its scale only."""
    progress, shard, count = trainer.progress, trainer.shard, count_parameters(trainer.model)
    visits = trainer.loader.count_visits(progress.step)
    finite = all(loss["loss"] is not None and loss["loss"] < 1e4 for loss in losses.values())
    return settings["identity"] | {
        "status": "ok" if finite and not progress.diverged else "diverged",
        "parameters": count,
        "tokens": progress.tokens,
        "molecules": len(shard),
        "subset_tokens": len(shard.tokens),
        "epochs": progress.tokens / len(shard.tokens),
        "visits_least": int(visits.min()),
        "visits_mean": float(visits.mean()),
        "visits_most": int(visits.max()),
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


if __name__ == "__main__":
    run(pretrain_checkpoint, handles_sigterm=True)
