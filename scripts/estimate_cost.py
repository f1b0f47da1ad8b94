"""Print the processor or GPU hours of a study before it runs, from measured or stated rates.

python scripts/estimate_cost.py studies/gpu.yaml --flops 1.5e14
python scripts/estimate_cost.py --measured results/tiny/tables/costs.csv
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.models.flops import training_flops
from clm.provenance.command import UserError, run
from clm.study import grid
from clm.study.resolved import resolved_configuration
from clm.tables.columns import UNTRAINED
from clm.tables.named import named_table

LENGTH = 40  # tokens of a typical molecule
MOLECULES = 2000  # of a typical task
COSTS = ("stage", "job", "wall_seconds", "tokens_per_second")  # columns of costs.csv
START_SECONDS = 5.0  # maximum overhead of a job, or a task in it: imports, reading, the linear head of a probe


def parameters(size: Mapping[str, Any]) -> int:
    """Return the number of parameters of a size, without embeddings and head."""
    width = size["width"]
    return size["layers"] * (12 * width**2 + 13 * width)


def trunk_tokens(config: Mapping[str, Any], trunk: grid.Trunk) -> int:
    """Return the tokens that a trunk processes: its constant part once and the decay of each budget."""
    share = config["pretraining"]["decay_fraction"]
    budgets = [config["grid"]["budgets"][name] for name in trunk.budgets]
    return round(max(budgets) * (1 - share) + share * sum(budgets))


def token_flops(config: Mapping[str, Any], size: Mapping[str, Any]) -> float:
    """Return training operations per token at a typical length (exact ones are in runs.csv)."""
    width, masked = size["width"], round(LENGTH * config["pretraining"]["mask_fraction"])
    shape = {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": size["layers"]}
    return training_flops(shape | {"vocab_size": 100}, [LENGTH], masked) / LENGTH


def jobs(config: Mapping[str, Any]) -> tuple[Counter, Counter]:
    """Return numbers of jobs and of tokens, by (stage, size), of everything that runs a model after pretraining.

    For probes and fine-tuning each task counts as a job, although one job handles several tasks.

    Tokens are counted as training tokens with the same number of operations: a forward pass is a third of a training
    step, a Hessian-vector product two training steps.
    """
    tuning, curvature = config["transfer"]["fine_tuning"], config["curvature"]
    fitted = tuning["steps"] * tuning["batch_molecules"] * LENGTH
    runs = fitted * len(tuning["seeds"]) * sum(map(len, tuning["splits"].values()))
    batch = curvature["molecules_per_batch"] * LENGTH * curvature["batches"]
    products = 2 * batch * (curvature["probes_per_batch"] + curvature["max_products"])
    sharpness = batch * curvature["draws"] * len(curvature["rhos"]) / 3
    sweep = config["pretraining"]["sweep"]
    work = [
        ("linear_probe", c.trunk.size, MOLECULES * LENGTH * len(c.trunk.budgets) / 3)
        for c in grid.probe_cells(config) + grid.shuffled_probe_cells(config)
    ]
    work += [("fine_tuned", cell.trunk.size, runs) for cell, _ in grid.all_fine_tuned(config)]
    work += [("curvature", c.trunk.size, products + sharpness) for c in grid.final_checkpoints(config)]
    tuned = {(cell.trunk.size, cell.trunk.corpus == UNTRAINED) for cell, _ in grid.all_fine_tuned(config)}
    splits = sum(map(len, tuning["splits"].values()))
    trials = fitted * len(tuning["learning_rates"]) * len(tuning["tune_tasks"]) * splits
    work += [("tuning", size, trials) for size, _ in sorted(tuned)]
    swept = config["grid"]["budgets"][sweep["budget"]] * len(sweep["factors"])
    work += [("sweep", size, swept) for size in grid.sizes(config) if not config.get("base")]
    count, tokens = Counter(), Counter()
    for stage, size, amount in work:
        count[stage, size] += 1
        tokens[stage, size] += amount
    return count, tokens


def measured(paths: list[Path], config: Mapping[str, Any]) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    """Return tokens per second of training by size, and seconds per job by stage and size, as in costs.csv."""
    tokens: dict[str, list[float]] = {}
    seconds: dict[tuple[str, str], list[float]] = {}
    for row in (row for path in paths for row in named_table(path, COSTS).to_dict("records")):
        size = next((part for part in row["job"].split("/") if part in config["sizes"]), None)
        if size and row["stage"] == "pretraining" and row["tokens_per_second"] > 0:
            tokens.setdefault(size, []).append(row["tokens_per_second"])
        elif size:
            seconds.setdefault((row["stage"], size), []).append(row["wall_seconds"])
    mean = {key: sum(values) / len(values) for key, values in tokens.items()}
    return mean, {key: sum(values) / len(values) for key, values in seconds.items()}


def training_rate(
    config: Mapping[str, Any], size: str, flops: float | None, rates: Mapping[str, float]
) -> tuple[float, str]:
    """Return the training tokens per second of one size and the origin of the number.

    Raises:
        UserError: neither a rate nor a measurement covers the size.
    """
    if size in rates:
        return rates[size], "training measured"
    if flops:
        return flops / token_flops(config, config["sizes"][size]), "training from the stated rate"
    raise UserError(f"no rate for size {size}: give --flops, or --measured with a study that trained it")


def scoring_hours(
    work: tuple[Counter, Counter], size: str, seconds: Mapping[tuple[str, str], float], rate: float
) -> tuple[float, str]:
    """Return the hours of everything else that runs models of one size, and the origin of the number."""
    counts, tokens = work
    stages = [stage for stage, of in counts if of == size]
    total = 0.0
    for stage in stages:
        start = counts[stage, size] * START_SECONDS + tokens[stage, size] / rate
        total += counts[stage, size] * seconds[stage, size] if (stage, size) in seconds else start
    counted = [stage for stage in stages if (stage, size) not in seconds]
    return total / 3600, f"counted: {', '.join(counted)}"


def estimate(config: Mapping[str, Any], flops: float | None, costs: list[Path]) -> list[str]:
    """Return a table with a line per size: parameters, tokens, hours of training and of everything else.

    Args:
        config: the merged configuration.
        flops: sustained operations per second, used for training if no rate was measured at that size.
        costs: costs.csv of finished studies on the same kind of machine.
    """
    rates, seconds = measured(costs, config)
    work, tokens, total = jobs(config), Counter(), 0.0
    for trunk in grid.pretrained(config) if not config.get("base") else ():
        tokens[trunk.size] += trunk_tokens(config, trunk)
    names = ("size", "parameters", "tokens", "training", "scoring", "all")
    lines = ["{:>8} {:>12} {:>14} {:>10} {:>10} {:>10}   hours, and from what".format(*names)]
    for name in grid.sizes(config):
        rate, source = training_rate(config, name, flops, rates)
        training = tokens[name] / rate / 3600
        scoring, other = scoring_hours(work, name, seconds, rate)
        total += training + scoring
        row = f"{name:>8} {parameters(config['sizes'][name]):12,} {tokens[name]:14,} {training:10.3f} {scoring:10.3f}"
        lines.append(f"{row} {training + scoring:10.3f}   {source}, {other}")
    return [*lines, f"total {total:.3f} hours on one device"]


def estimate_cost(configs: list[Path], /, flops: float | None = None, measured: list[Path] | None = None) -> list[str]:
    """Return what a study will cost: a line per size.

    Args:
        configs: overlays, as for `--configfile`, later ones over earlier ones; if none, the default study.
        flops: sustained floating-point operations per second of one device.
        measured: costs.csv of finished studies.
    """
    config = resolved_configuration(configs, files=False)  # its files may be in another folder
    return estimate(config, flops, measured or [])


if __name__ == "__main__":
    run(estimate_cost)
