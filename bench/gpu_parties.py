"""The parties of the GPU's benchmarks, for processes that take one case after another.

A case of pretraining has `size` and `marks`, step numbers: what lies between two neighbours is a window on the clock,
which waits for the device at both ends. Compilation, recording and the start of workers come before the first.
"""

import gc
import os
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import finetuning
import inputs
import pretraining
from harness import Case

KEPT: dict[str, Any] = {}  # the molecules as the Trainer reads them


def now() -> float:
    """Return the time when the device has done what it was told."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def hello(_case: Case) -> dict[str, Any]:
    """Import the libraries; return the name of the GPU, or None."""
    import torch
    import transformers  # noqa: F401

    return {"gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None}


def forget() -> None:
    """Give memory of models back to the device: the other party may need it."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def ours(case: Case) -> dict[str, Any]:
    """Train by the workflow's own loop."""
    from clm.training.cuda_graphs import compiled_layers

    trainer = fresh_trainer(case["size"])
    batch_tokens, marks = trainer.settings["batch_tokens"], []
    rate = rates(trainer.settings, case["marks"][-1] * batch_tokens)
    with compiled_layers(trainer.model, case["fused"]):
        for step in case["marks"]:
            trainer.run(step * batch_tokens, rate, lambda: None, 1e9)
            marks.append((now(), trainer.progress.tokens, operations(trainer)))
    spent = [[after - before for before, after in zip(*pair, strict=True)] for pair in pairwise(marks)]
    told = {
        "microseconds_per_token": [1e6 * seconds / tokens for seconds, tokens, _ in spent],
        "flops_per_second": [flops / seconds for seconds, _, flops in spent],
        "tokens": trainer.progress.tokens,
    }
    return told | ({"validation_loss": pretraining.validation(trainer.model.eval())} if case["score"] else {})


def operations(trainer: Any) -> int:
    """Return the operations that training has taken: without what it spares in the last layer."""
    from clm.models.flops import skipped_flops

    progress = trainer.progress
    masked = round(trainer.settings["mask_fraction"] * progress.tokens)  # specials, of which none is masked, in it
    return progress.flops - skipped_flops(trainer.model.config, progress.tokens, masked)


def fresh_trainer(size: str) -> Any:
    """Return a trainer of an untrained model."""
    from clm.models.build import load_model
    from clm.models.device import device
    from clm.tokens.shards import read_shard
    from clm.training.trainer import Trainer

    settings = inputs.training_settings(size)
    return Trainer(load_model(inputs.untrained(size)).to(device()), read_shard(inputs.TOKENS), settings, 0)


def rates(settings: dict[str, Any], budget: int) -> Callable[[int], float]:
    """Return the learning rate of a budget by tokens: warm-up, trunk, decay."""
    from clm.training.schedule import Schedule

    schedule = Schedule(settings["learning_rate"], settings["warmup_tokens"], settings["decay_fraction"])
    branch = schedule.branch_tokens(budget)
    return lambda tokens: schedule.trunk(tokens) if tokens < branch else schedule.decay(tokens, branch, budget)


def theirs(case: Case) -> dict[str, Any]:
    """Train by transformers.Trainer on as many molecules a step as hold the tokens of one of our steps."""
    import torch
    from clm.models.build import load_model
    from transformers import AutoModelForMaskedLM, Trainer

    forget_compilations()
    counted, steps = molecules(), case["marks"][-1]
    tokens = inputs.training_settings(case["size"])["batch_tokens"]
    one = case | {"seed": 0, "batch": round(tokens / counted.mean_length), "budget": steps * tokens}
    with tempfile.TemporaryDirectory() as folder:
        model = AutoModelForMaskedLM.from_pretrained(inputs.untrained(case["size"]), attn_implementation="sdpa")
        clock = pretraining.steady_clock(case["marks"], now)
        arguments = pretraining.trainer_arguments(one, folder, steps)
        Trainer(model, arguments, data_collator=counted, train_dataset=counted.molecules, callbacks=[clock]).train()
        seen = counted.tokens_of(steps)
        spent = [(clock.at[b] - clock.at[a]) / (b - a) for a, b in pairwise(case["marks"])]
        told = {"microseconds_per_token": [1e6 * seconds * steps / seen for seconds in spent], "tokens": seen}
        if case["score"]:
            model.save_pretrained(folder)
            scored = load_model(Path(folder)).to("cuda" if torch.cuda.is_available() else "cpu")
            told |= {"validation_loss": pretraining.validation(scored)}
    return told | {"batch": one["batch"]}


def forget_compilations() -> None:
    """Undo what an earlier case that compiled has left in this process; its kernels stay on the disk."""
    import torch

    for name in [name for name in os.environ if name.startswith("ACCELERATE_")]:
        del os.environ[name]
    torch._dynamo.reset()


def molecules() -> Any:
    """Return the collator with the molecules, read once, its counts at zero."""
    if "molecules" not in KEPT:
        inputs.build("60k")  # for its tokenizer
        KEPT["molecules"] = pretraining.Counter("60k", 0, multiple=8)
    for total in KEPT["molecules"].seen:
        total.value = 0
    return KEPT["molecules"]


def tune_ours(case: Case) -> dict[str, Any]:
    """Fine-tune all seeds by the workflow's code."""
    return finetuning.ours(finetuning.CASE | case)


def tune_theirs(case: Case) -> dict[str, Any]:
    """Fine-tune seed after seed with transformers.Trainer."""
    forget_compilations()
    return finetuning.theirs(finetuning.CASE | case)


def party(work: Callable[[Case], dict[str, Any]]) -> Callable[[Case], dict[str, Any]]:
    """Return a party that first builds the model that its case names, and afterwards leaves the device empty."""

    def run(case: Case) -> dict[str, Any]:
        inputs.build(case["size"])
        try:
            return work(case)
        finally:
            forget()

    return run


PARTIES = {"hello": hello} | {one.__name__: party(one) for one in (ours, theirs, tune_ours, tune_theirs)}
