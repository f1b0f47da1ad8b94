"""How many steps of fine-tuning are enough, and what pretraining gains at each number of them.

For each size, start and number of steps a process chooses the learning rate as the study does (on validation molecules,
averaged over its `tune_tasks`; all pretrained encoders of a size have the rate of that with most tokens) and fine-tunes
three tasks with several seeds; errors are those of the test part. A measurement that
reference/bench/finetuning_steps.json has already is not made again, so that a run that was stopped goes on; remove the
file to begin anew.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import inputs
import numpy as np
from harness import OUT, Case, machine, main, run_party, write

TASKS = ("esol", "control_logp", "bace")
SPLIT = ("scaffold", 0)
SEEDS = [0, 1]
UNTRAINED, FEWEST, MOST = "untrained", "fewest tokens", "most tokens"
# Numbers of steps by size and start: each is the double of the one before. Large encoders take five times as long
STEPS = {
    "60k": {start: (200, 400, 800, 1600) for start in (UNTRAINED, MOST, FEWEST)},
    "800k": {start: (200, 400, 800) for start in (UNTRAINED, MOST)},
}
NAME = Path(__file__).stem


def checkpoint(size: str, start: str, config: dict[str, Any]) -> Path:
    """Return the untrained encoder of a size, or that of its choice of rates with the fewest or the most tokens."""
    if start == UNTRAINED:
        return inputs.untrained(size)
    budgets, cell = config["grid"]["budgets"], config["transfer"]["fine_tuning"]["tune_cell"]
    budget = (min if start == FEWEST else max)(budgets, key=budgets.get)
    return inputs.STUDY / f"pretrain/{cell['corpus']}/{size}/{cell['subset']}/seed{cell['seed']}/{budget}"


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
    model = load_model(checkpoint(case["size"], case["start"], config)).to(device())
    data = {name: loaded(name, config) for name in TASKS}
    tuners = {name: FineTuner(model, 1, kind, case["settings"]) for name, (_, _, _, kind) in data.items()}
    rates, names = sorted(case["rates"]), config["transfer"]["fine_tuning"]["tune_tasks"]
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
    """Return what doubling the steps changes."""
    found = {(row["size"], row["start"], row["steps"]): row for row in rows}
    return [
        {"size": size, "start": start, "from": steps, "to": 2 * steps} | change(row, found[size, start, 2 * steps])
        for (size, start, steps), row in found.items()
        if (size, start, 2 * steps) in found
    ]


def gained(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what pretraining with the most tokens changes, at equal steps."""
    found = {(row["size"], row["steps"], row["start"]): row for row in rows}
    return [
        {"size": size, "steps": steps, "from": start, "to": MOST} | change(row, found[size, steps, MOST])
        for (size, steps, start), row in found.items()
        if start != MOST and (size, steps, MOST) in found
    ]


def change(row: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    """Return from one row to another the relative change of the mean test error, of each task and of all, in percent.

    `standard_error` is that of the mean over tasks by the spread of the seeds, which differ in the order of molecules
    alone, and `validation` the mean change of validation errors.
    """
    test, valid = (changed(row, other, key) for key in ("error", "validation_error"))
    told = {name: change for name, (change, _) in test.items()} | {"mean": np.mean([one for one, _ in test.values()])}
    told |= {"standard_error": np.sqrt(sum(variance for _, variance in test.values())) / len(TASKS)}
    return told | {"validation": np.mean([one for one, _ in valid.values()])}


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
    config = inputs.configuration()
    fine_tuning = config["transfer"]["fine_tuning"]
    cells = [(n, size, start) for size, starts in STEPS.items() for start, numbers in starts.items() for n in numbers]
    models = {checkpoint(size, start, config) / "model.safetensors" for _, size, start in cells}
    names = {*TASKS, *fine_tuning["tune_tasks"]}
    inputs.make([*models, *(path for name in names for path in (inputs.task(name), inputs.split(name, *SPLIT)))])
    settings = {key: fine_tuning[key] for key in ("batch_molecules", "weight_decay", "head", "dropout")}
    told = settings | {"rates": fine_tuning["learning_rates"], "tune_tasks": fine_tuning["tune_tasks"]}
    old = inputs.read_json(OUT / f"{NAME}.json") if (OUT / f"{NAME}.json").exists() else {"rows": []}
    rows = old["rows"] if old.get("settings") == told else []
    order = [UNTRAINED, MOST, FEWEST]  # the last takes the rate of the one before
    for steps, size, start in sorted(cells, key=lambda cell: (cell[0], cell[1], order.index(cell[2]))):
        key = f"finetuning steps {size} {start} {steps}"
        if any(row["key"] == key for row in rows):
            continue
        most = [row["learning_rate"] for row in rows if row["key"] == f"finetuning steps {size} {MOST} {steps}"]
        rates = most if start == FEWEST else fine_tuning["learning_rates"]
        updates = {"steps": steps, "warmup_steps": steps // 10, "precision": "float32"}
        case = {"size": size, "start": start, "seeds": SEEDS, "rates": rates, "settings": settings | updates}
        rows.append({"key": key, "size": size, "start": start, "steps": steps, **run_party(__file__, "errors", case)})
        write(NAME, {"machine": machine()} | summary(told, rows))
    return summary(told, rows)


def summary(settings: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the record but for the machine."""
    return {"settings": settings, "rows": rows, "doubled": doubled(rows), "gained": gained(rows)}


if __name__ == "__main__":
    main(__file__, measure, {"errors": errors})
