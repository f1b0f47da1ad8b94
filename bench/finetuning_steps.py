"""How many steps of fine-tuning are enough: what doubling them changes, at the rate that the study would choose.

For each size, pretrained and untrained, and each number of steps a process chooses the learning rate as the study does
(on validation molecules, averaged over two tasks) and fine-tunes three tasks with several seeds; errors are
those of the test part. A measurement that reference/bench/finetuning_steps.json has already is not made again, so that
a run that was stopped goes on; remove the file to begin anew.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import inputs
import numpy as np
from harness import OUT, Case, machine, main, run_party, write

TASKS, TUNE_TASKS = ("esol", "control_logp", "bace"), ["bace", "esol"]
SPLIT = ("scaffold", 0)
SEEDS = [0, 1]
# Other rates were worse in runs of 100 steps at 60k: 3e-3 everywhere, 1e-4 for the pretrained model; the untrained one
# loses what its probe knows at 1e-3 (bench/NOTES.md)
RATES = {"pretrained": [3e-4, 1e-3], "untrained": [1e-4, 3e-4]}
# Numbers of steps by size: each is the double of the one before
STEPS = {"60k": (100, 200, 400), "800k": (100, 200)}
STARTS = ("pretrained", "untrained")
NAME = Path(__file__).stem


def checkpoint(size: str, start: str, cell: dict[str, Any]) -> Path:
    """Return the model that stands for its size in the choice of the study's rates."""
    if start == "untrained":
        return inputs.untrained(size)
    return inputs.STUDY / f"pretrain/{cell['corpus']}/{size}/{cell['subset']}/seed{cell['seed']}/{cell['budget']}"


def loaded(name: str, config: dict[str, Any]) -> tuple[Any, Any, Any, str]:
    """Return a task, its molecules as tokens, the parts of its split, and its kind."""
    from clm.chemistry.keys import smiles_key
    from clm.tasks.table import load_split, load_task
    from clm.transfer.tokens import tokenize

    about = config["tasks"][name]
    task = load_task(inputs.task(name), about["labels"])
    shard = tokenize(task.smiles, inputs.VOCABULARY.parent, [smiles_key(text) for text in task.smiles])
    return task, shard, load_split(inputs.split(name, *SPLIT), task.rows), about["kind"]


def errors(case: Case) -> dict[str, Any]:
    """Return the chosen rate, and of each task the test errors and processor seconds of each seed."""
    from clm.models.build import load_model
    from clm.models.device import device
    from clm.transfer.finetune import FineTuner
    from clm.transfer.tune import best_rate, validation_error

    config = inputs.configuration()
    fine_tuning, settings = config["transfer"]["fine_tuning"], case["settings"]
    model = load_model(checkpoint(case["size"], case["start"], fine_tuning["tune_cell"])).to(device())
    data = {name: loaded(name, config) for name in TASKS}
    tuners = {name: FineTuner(model, 1, kind, settings) for name, (_, _, _, kind) in data.items()}
    rates, names = sorted(case["rates"]), TUNE_TASKS
    tried = [[validation_error(tuners[name], *data[name][:3], rate) for name in names] for rate in rates]
    rate = best_rate(rates, tried)
    found = {name: [one_run(tuners[name], *data[name], rate, seed) for seed in case["seeds"]] for name in TASKS}
    return {"learning_rate": rate, "tried": dict(zip(map(str, rates), tried, strict=True)), "tasks": found}


def one_run(tuner: Any, task: Any, shard: Any, parts: Any, kind: str, rate: float, seed: int) -> dict[str, float]:
    """Return errors (RMSE, or 1 - AUC) on test and validation part, and processor seconds, of one fine-tuning."""
    from clm.tasks import scores
    from clm.transfer.finetune import predict

    began = time.process_time()
    tuned, scaler = tuner.run(task, shard, parts["train"], rate, seed)
    told = {"seconds": time.process_time() - began}
    for name, part in (("error", "test"), ("validation_error", "valid")):
        y, guess = task.labels[parts[part], 0], predict(tuned, scaler, shard, parts[part], kind)[:, 0]
        told[name] = float(scores.errors(y, guess, np.ones((1, len(y))), kind)[0])
    return told


def doubled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what doubling the steps changes: of each task the relative change of the mean test error, in percent.

    `mean` is that over tasks, `standard_error` its standard error by the spread of the seeds, and `validation` the mean
    change of validation errors.
    """
    found = {(row["size"], row["start"], row["steps"]): row for row in rows}
    changes = []
    for (size, start, steps), row in found.items():
        double = found.get((size, start, 2 * steps))
        if double is None:
            continue
        test, valid = (changed(row, double, key) for key in ("error", "validation_error"))
        told = {name: change for name, (change, _) in test.items()}
        told |= {"mean": np.mean([change for change, _ in test.values()])}
        told |= {"standard_error": np.sqrt(sum(variance for _, variance in test.values())) / len(TASKS)}
        told |= {"validation": np.mean([change for change, _ in valid.values()])}
        changes.append({"size": size, "start": start, "from": steps, "to": 2 * steps} | told)
    return changes


def changed(row: dict[str, Any], double: dict[str, Any], key: str) -> dict[str, tuple[float, float]]:
    """Return by task the relative change of the mean over seeds, in percent, and its variance."""
    found = {}
    for name in TASKS:
        pair = [np.array([run[key] for run in one["tasks"][name]]) for one in (row, double)]
        noise = sum(values.var(ddof=1) / len(values) / values.mean() ** 2 for values in pair)
        found[name] = 100 * (pair[1].mean() / pair[0].mean() - 1), 100**2 * noise
    return found


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure what is not in the record yet; it is written after each measurement."""
    fine_tuning = inputs.configuration()["transfer"]["fine_tuning"]
    cell, tuned = fine_tuning["tune_cell"], TASKS
    models = [checkpoint(size, start, cell) / "model.safetensors" for size in STEPS for start in STARTS]
    inputs.make([*models, *(path for name in tuned for path in (inputs.task(name), inputs.split(name, *SPLIT)))])
    settings = {key: fine_tuning[key] for key in ("batch_molecules", "weight_decay", "head", "dropout")}
    settings |= {"rates": RATES, "tune_tasks": TUNE_TASKS}
    old = inputs.read_json(OUT / f"{NAME}.json") if (OUT / f"{NAME}.json").exists() else {"rows": []}
    rows = old["rows"] if old.get("settings") == settings else []
    cells = [(n, size, start) for size, numbers in STEPS.items() for start in STARTS for n in numbers]
    for steps, size, start in sorted(cells):  # the cheapest first: a run that is stopped has most of them
        key = f"finetuning steps {size} {start} {steps}"
        if any(row["key"] == key for row in rows):
            continue
        case = {"size": size, "start": start, "seeds": SEEDS, "rates": RATES[start]}
        updates = {"steps": steps, "warmup_steps": steps // 10, "precision": "float32"}
        case["settings"] = settings | updates
        rows.append({"key": key, "size": size, "start": start, "steps": steps, **run_party(__file__, "errors", case)})
        write(NAME, {"machine": machine(), "settings": settings, "rows": rows, "doubled": doubled(rows)})
    return {"settings": settings, "rows": rows, "doubled": doubled(rows)}


if __name__ == "__main__":
    main(__file__, measure, {"errors": errors})
