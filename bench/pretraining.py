"""Masked-LM pretraining against transformers.Trainer: same model, data, tokens, validation masks.

The Trainer has the settings that `trainer_sweep.py` found best, an input that is tokenized beforehand, the same
schedule and the fused optimizer. Both models are scored by the same validation code. Larger batches are faster per
token and learn less from them, so the comparison that counts gives both sides batches of equal size, ours in packed
rows; another one shows the batches of the study. The Trainer computes in bfloat16 where that is faster in a trial.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import inputs
from harness import OUT, Case, alternate, compared, main, peak_mb, run_party

BUDGETS = {"60k": 200_000, "800k": 200_000, "3m": 100_000}  # tokens
TRIAL = 20_000  # tokens
BASE = {"batch": 32, "sampling": "group_by_length", "workers": 0, "compile": False}  # until a sweep has been run


def ours(case: Case) -> dict[str, Any]:
    """Train by the workflow's own loop, as its jobs do."""
    trainer, seconds = trained(case)
    return figures(seconds, trainer.progress.tokens, validation(trainer.model.eval()))


def trained(case: Case) -> tuple[Any, float]:
    """Return the trainer of the workflow after `budget` tokens of a `size` with a `seed`, and the seconds it took."""
    import torch
    from clm.models.build import load_model
    from clm.models.device import device
    from clm.tokens.shards import read_shard
    from clm.training.schedule import Schedule
    from clm.training.trainer import Trainer
    from clm.training.trunk import train_budget

    settings = inputs.training_settings(case["size"]) | case.get("settings", {})
    schedule = Schedule(settings["learning_rate"], settings["warmup_tokens"], settings["decay_fraction"])
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(case["seed"])
        began = time.perf_counter()
        model = load_model(inputs.untrained(case["size"])).to(device())
        trainer = Trainer(model, read_shard(inputs.TOKENS), settings, case["seed"])
        train_budget(trainer, schedule, case["budget"], Path(folder))
        return trainer, time.perf_counter() - began


def theirs(case: Case) -> dict[str, Any]:
    """Train by transformers.Trainer."""
    from clm.models.build import load_model
    from transformers import AutoModelForMaskedLM, Trainer

    counted = Counter(case["size"], case["seed"])
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        model = AutoModelForMaskedLM.from_pretrained(inputs.untrained(case["size"]), attn_implementation="sdpa")
        steps = round(case["budget"] / (counted.mean_length * case["batch"]))
        arguments = trainer_arguments(case, folder, steps)
        first = max(1, steps // 5)
        warm = steady_clock([first])
        trainer = Trainer(model, arguments, data_collator=counted, train_dataset=counted.molecules, callbacks=[warm])
        trainer.train()
        now = time.perf_counter()
        model.save_pretrained(folder)
        scored = validation(load_model(Path(folder)))
    tokens = counted.tokens_of(steps)
    steady = 1e6 * (now - warm.at[first]) / (tokens * (1 - first / steps))
    return figures(now - began, tokens, scored) | {"steady_microseconds_per_token": steady}


def steady_clock(steps: Sequence[int], now: Callable[[], float] = time.perf_counter) -> Any:
    """Return a callback that notes when steps are reached: what comes later has no compilation or warm-up in it."""
    from transformers import TrainerCallback

    class SteadyClock(TrainerCallback):
        def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            if state.global_step in steps:
                self.at[state.global_step] = now()

    clock = SteadyClock()
    clock.at = {}
    return clock


def trainer_arguments(case: Case, folder: str, steps: int) -> Any:
    """Return TrainingArguments: our schedule and optimizer, nothing logged, evaluated or saved."""
    from transformers import TrainingArguments

    settings = inputs.training_settings(case["size"])
    decay = round(steps * settings["decay_fraction"])
    warm = max(1, round(steps * settings["warmup_tokens"] / case["budget"]))
    return TrainingArguments(
        folder,
        max_steps=steps,
        per_device_train_batch_size=case["batch"],
        train_sampling_strategy=case["sampling"],
        dataloader_num_workers=case["workers"],
        dataloader_persistent_workers=case["workers"] > 0,
        torch_compile=case["compile"],
        learning_rate=settings["learning_rate"],
        lr_scheduler_type="warmup_stable_decay",
        lr_scheduler_kwargs={"num_decay_steps": decay, "decay_type": "1-sqrt"},
        warmup_steps=warm,
        optim="adamw_torch_fused",
        adam_beta2=settings["optimizer"]["beta2"],
        weight_decay=settings["optimizer"]["weight_decay"],
        max_grad_norm=settings["clip_norm"],
        use_cpu=not case.get("gpu", False),
        bf16=case.get("gpu", False) or case.get("bf16", False),
        tf32=True if case.get("gpu", False) else None,
        logging_nan_inf_filter=False,  # looks at the loss after every step, for which a GPU has to be waited for
        dataloader_drop_last=case.get("gpu", False),
        seed=case["seed"],
        eval_strategy="no",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


class Counter:
    """The Trainer's own collator for masked language models over tokenized molecules; it counts real tokens."""

    def __init__(self, size: str, seed: int, multiple: int | None = None) -> None:
        """Load molecules and tokenizer; batches are padded to a multiple of that many tokens."""
        from clm.tokens.shards import read_shard
        from torch.multiprocessing import Value
        from transformers import AutoTokenizer, DataCollatorForLanguageModeling

        shard = read_shard(inputs.TOKENS)
        self.molecules = [{"input_ids": ids.tolist()} for ids in shard.sequences()]
        self.mean_length = float(shard.lengths.mean())
        tokenizer = AutoTokenizer.from_pretrained(inputs.untrained(size))
        self.collate = DataCollatorForLanguageModeling(
            tokenizer, mlm_probability=0.15, seed=seed, pad_to_multiple_of=multiple
        )
        self.seen = Value("l", 0), Value("l", 0)  # shared with the workers: tokens, batches

    def __call__(self, molecules: list[dict[str, Any]]) -> Any:
        """Return a batch of the Trainer."""
        for total, new in zip(self.seen, (sum(len(one["input_ids"]) for one in molecules), 1), strict=True):
            with total.get_lock():
                total.value += new
        return self.collate(molecules)

    def tokens_of(self, steps: int) -> int:
        """Return the real tokens of the steps taken (workers collate a few batches ahead)."""
        tokens, batches = (total.value for total in self.seen)
        return round(tokens * steps / batches)


def validation(model: Any) -> float:
    """Return the loss on the fixed masks of the validation molecules, by the workflow's code."""
    from clm.tokens.shards import read_shard
    from clm.tokens.vocabulary import class_ids
    from clm.training.masked_loss import validation_loss

    classes = class_ids(inputs.read_json(inputs.VOCABULARY))
    return validation_loss(model, read_shard(inputs.VALID), 0.15, classes)["loss"]


def figures(seconds: float, tokens: int, loss: float) -> dict[str, Any]:
    """Return what a run is judged by."""
    return {
        "seconds": seconds,
        "tokens": tokens,
        "microseconds_per_token": 1e6 * seconds / tokens,
        "validation_loss": loss,
        "peak_mb": peak_mb(),
    }


def best_settings(threads: int) -> dict[str, Any]:
    """Return the Trainer settings that the committed sweep chose for a number of threads."""
    path = OUT / "trainer_sweep.json"
    return inputs.read_json(path)["best"][str(threads)] if path.exists() else BASE


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Compare one thread with one thread for every size, and with the Trainer on two threads for one."""
    inputs.prepare()
    rows = []
    both = ((size, 1, equal) for size in ("60k", "800k") for equal in (True, False))
    for size, threads, equal in (*both, ("800k", 2, True), ("3m", 1, True)):
        inputs.build(size)
        trainer = with_precision({"size": size, "budget": BUDGETS[size], "seed": 0} | best_settings(threads), threads)
        case = trainer | ({"settings": {"batch_tokens": batch_tokens(trainer["batch"])}} if equal else {})
        pairs = alternate(__file__, ("ours", case, 1), ("theirs", trainer, threads), arguments.repeats)
        key = f"pretraining {size} threads {threads}" + ("" if equal else " batches of the study")
        row = compared(key, pairs, "microseconds_per_token", "us/token")
        told = {
            name: {side: pairs[0][place][name] for place, side in enumerate(("ours", "theirs"))}
            for name in ("validation_loss", "tokens")
        }
        rows.append(row | told | {"trainer": trainer, "settings": case.get("settings", {})})
    return {"rows": rows}


def with_precision(trainer: dict[str, Any], threads: int) -> dict[str, Any]:
    """Return a case of the Trainer with `bf16`, true where a trial on this machine is faster with it."""
    cases = [trainer | {"bf16": bf16} for bf16 in (False, True)]
    trials = [run_party(__file__, "theirs", case | {"budget": TRIAL}, threads) for case in cases]
    return min(zip(trials, cases, strict=True), key=lambda pair: pair[0]["steady_microseconds_per_token"])[1]


def batch_tokens(molecules: int) -> int:
    """Return the tokens of the packed rows that hold about that many molecules."""
    from clm.tokens.shards import read_shard

    row = inputs.configuration()["tokenizer"]["max_tokens"]
    return max(1, round(molecules * float(read_shard(inputs.TOKENS).lengths.mean()) / row)) * row


if __name__ == "__main__":
    main(__file__, measure, {"ours": ours, "theirs": theirs})
