"""One GPU: pretraining and fine-tuning against transformers.Trainer, and the share of the peak that training reaches.

Encoders are untrained ones of studies/gpu.yaml (CLM_BENCH_STUDY=gpu), batches of 16 384 tokens in bfloat16 on both
sides. Steady parts are timed: compilation, recording and the first steps are left out on both sides. A run of either
party does all sizes in one process and tells each, so that one which is stopped at its limit keeps what it has.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["CLM_BENCH_STUDY"] = "gpu"

import inputs  # noqa: E402
import pretraining  # noqa: E402
from harness import ROOT, Case, main  # noqa: E402

SIZES = ("60k", "10m", "800k")
WIDE = ("100m", "30m")
BUDGET, WARM = 3_000_000, 1_000_000  # tokens: of a run, and before its clock starts
PEAK = 989.4e12  # bfloat16 operations/s of a H100 SXM without sparsity (NVIDIA H100 data sheet)
FINETUNED = {"settings": {"steps": 200, "warmup_steps": 20, "batch_molecules": 32}, "gpu": True}


def ours(case: Case) -> None:
    """Train every size by the workflow's own loop and tell each."""
    for size in case["sizes"]:
        tell(size, trained(size, case.get("fused", False)))


def trained(size: str, fused: bool) -> dict[str, Any]:
    """Return speed, utilization and validation loss of one training; the clock runs after the warm-up."""
    import torch
    from clm.models.build import load_model
    from clm.models.device import device
    from clm.tokens.shards import read_shard
    from clm.training.recorded import compiled
    from clm.training.schedule import Schedule
    from clm.training.trainer import Trainer

    settings = inputs.training_settings(size)
    schedule = Schedule(settings["learning_rate"], settings["warmup_tokens"], settings["decay_share"])
    trainer = Trainer(load_model(inputs.untrained(size)).to(device()), read_shard(inputs.TOKENS), settings, 0)
    marks = []
    with compiled(trainer.model, fused):
        for until in (WARM, schedule.branch_tokens(BUDGET)):
            trainer.run(until, schedule.trunk, lambda: None, 1e9)
            torch.cuda.synchronize()
            marks.append((time.perf_counter(), trainer.progress.tokens, trainer.progress.flops))
        start = trainer.progress.tokens
        trainer.run(BUDGET, lambda tokens: schedule.decay(tokens, start, BUDGET), lambda: None, 1e9)
    seconds, tokens, flops = (after - before for before, after in zip(*marks, strict=True))
    told = {"microseconds_per_token": 1e6 * seconds / tokens, "utilization": flops / seconds / PEAK}
    return told | {"validation_loss": pretraining.validation(trainer.model.eval()), "tokens": trainer.progress.tokens}


def theirs(case: Case) -> None:
    """Train every size by transformers.Trainer and tell each; the same schedule, tokens per step and total tokens."""
    import torch
    from clm.models.build import load_model
    from clm.models.device import device
    from transformers import AutoModelForMaskedLM, Trainer

    for size in case["sizes"]:
        counted = pretraining.Counter(size, 0)
        batch = round(inputs.training_settings(size)["batch_tokens"] / counted.mean_length)
        steps = round(BUDGET / (counted.mean_length * batch))
        one = case | {"size": size, "seed": 0, "batch": batch, "budget": BUDGET, "gpu": True}
        with tempfile.TemporaryDirectory() as folder:
            model = AutoModelForMaskedLM.from_pretrained(inputs.untrained(size), attn_implementation="sdpa")
            warm = pretraining.steady_clock(round(steps * WARM / BUDGET))
            arguments = pretraining.trainer_arguments(one, folder, steps)
            trainer = Trainer(
                model, arguments, data_collator=counted, train_dataset=counted.molecules, callbacks=[warm]
            )
            trainer.train()
            torch.cuda.synchronize()
            seconds = time.perf_counter() - warm.at
            model.save_pretrained(folder)
            loss = pretraining.validation(load_model(Path(folder)).to(device()))
        tokens = counted.tokens_of(steps)
        steady = 1e6 * seconds / (tokens * (1 - warm.step / steps))
        tell(size, {"microseconds_per_token": steady, "validation_loss": loss, "tokens": tokens})


def tuned(case: Case) -> None:
    """Fine-tune five seeds of a size on BACE, by our code or by the Trainer, and tell seconds and scores."""
    import finetuning

    for size in case["sizes"]:
        one = finetuning.CASE | FINETUNED | case | {"size": size}
        told = finetuning.ours(one) if case["party"] == "ours" else finetuning.theirs(one)
        tell(size, told)


def tell(size: str, record: dict[str, Any]) -> None:
    """Print what was measured, one line each."""
    print(json.dumps({"size": size} | record, default=float), flush=True)


def party(name: str, case: Case, limit: float) -> dict[str, dict[str, Any]]:
    """Return what a party tells of each size within so many seconds."""
    command = [sys.executable, __file__, "--party", name, "--case", json.dumps(case)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as log:
        try:
            subprocess.run(command, stdout=out, stderr=log, env=environment, cwd=ROOT, timeout=limit)
        except subprocess.TimeoutExpired:
            print(f"   {name} {case}: stopped after {limit:.0f} s", file=sys.stderr)
        for file in (out, log):
            file.seek(0)
        told = [json.loads(line) for line in out if line.startswith('{"size"')]
        if len(told) < len(case["sizes"]):
            print(log.read()[-1500:], file=sys.stderr)
    print(f"   {name} {case}: {time.perf_counter() - began:.0f} s {told}", file=sys.stderr, flush=True)
    return {record.pop("size"): record for record in told}


def rows_of(key: str, value: str, unit: str, mine: list[dict], rivals: dict[str, dict]) -> list[dict[str, Any]]:
    """Return a row per size: our runs against the best of the other party's settings."""
    rows = []
    for size in mine[0]:
        runs = [run[size] for run in mine if size in run]
        tried = {name: told[size] for name, told in rivals.items() if size in told}
        if not tried:
            continue
        best = min(tried, key=lambda name: tried[name][value])
        ratios = sorted(tried[best][value] / run[value] for run in runs)
        middle = sorted(run[value] for run in runs)[len(runs) // 2]
        row = {"key": f"{key} {size}", "unit": unit, "ours": middle, "theirs": tried[best][value]}
        told = {"ratio": tried[best][value] / middle, "spread": [ratios[0], ratios[-1]], "best": best}
        rows.append(row | told | {"runs": {"ours": runs, "theirs": tried}})
    return rows


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure all within about four minutes of a H100."""
    import torch

    if not torch.cuda.is_available():
        sys.exit("no GPU here: nothing measured")
    folders = [inputs.untrained(size) for size in (*SIZES, *WIDE)]
    inputs.make([inputs.TOKENS, inputs.VALID, *(folder / "model.safetensors" for folder in folders)])
    grouped = {"sizes": SIZES, "sampling": "group_by_length", "workers": 4, "compile": False}
    first = party("ours", {"sizes": SIZES}, 60)
    rivals = {"group_by_length": party("theirs", grouped, 60)}
    wide = {name: party("ours", {"sizes": WIDE, "fused": name == "fused"}, 60) for name in ("recorded", "fused")}
    small = {"sizes": ("800k", "10m")}
    faster = party("tuned", small | {"party": "ours"}, 40)
    trainer = small | {"party": "theirs", "sampling": "group_by_length"}
    slower = {name: party("tuned", trainer | {"bf16": name == "bf16"}, 60) for name in ("bf16", "float32")}
    rivals["compiled"] = party("theirs", grouped | {"compile": True}, 90)
    rows = rows_of(
        "pretraining gpu", "microseconds_per_token", "us/token", [first, party("ours", {"sizes": SIZES}, 60)], rivals
    )
    rows += rows_of("finetuning gpu", "seconds", "s", [faster], slower)
    for size in WIDE:
        best = max((told[size]["utilization"] for told in wide.values() if size in told), default=None)
        rows += (
            []
            if best is None
            else [{"key": f"utilization gpu {size}", "unit": "of the peak", "ours": best, "ratio": best}]
        )
    return {"device": torch.cuda.get_device_name(), "rows": rows, "wide": wide}


if __name__ == "__main__":
    main(__file__, measure, {"ours": ours, "theirs": theirs, "tuned": tuned})
