"""Faults of a configuration that no schema can see: unknown names and impossible combinations."""

import difflib
from collections.abc import Iterator, Mapping
from itertools import chain, pairwise
from typing import Any

from clm.study.grid import UNTRAINED, curve_cells, full_cells, learning_cells, spectrum_cells, trunks

MANY = 20  # more names than that are not listed in a message


def contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault: place, what is wrong, what is allowed."""
    names = list(unknown_names(config))
    yield from names
    if not names:  # cells can only be looked up when their names exist
        checks = (impossible_training, missing_cells, impossible_tasks, unreadable_tables)
        yield from chain.from_iterable(check(config) for check in checks)


def unknown_names(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield each name that a section uses and no table defines."""
    references = [("sizes", "sizes"), ("subsets", "subsets"), ("corpora", "corpora")]
    blocks = [(f"grid.trunks.{i}", block) for i, block in enumerate(config["grid"]["trunks"])]
    for section in ("full", "learning_curves"):
        cells = config["transfer"][section]["cells"]
        blocks += [(f"transfer.{section}.cells.{i}", block) for i, block in enumerate(cells)]
    for place, section in (("landscape.curves", "curves"), ("curvature.spectrum", "spectrum")):
        cells = config[place.split(".")[0]][section]["cells"]
        blocks += [(f"{place}.cells.{i}", block) for i, block in enumerate(cells)]
    for place, block in blocks:
        for key, table in references:
            extra = [UNTRAINED, "none"] if place.startswith("transfer") else []
            yield from missing(f"{place}.{key}", block[key], [*config[table], *extra], table)
        budgets = [*config["grid"]["budgets"], *(["0"] if place.startswith("transfer") else [])]
        yield from missing(f"{place}.budgets", block.get("budgets", []), budgets, "grid.budgets")
    for place, names in task_lists(config):
        yield from missing(place, names, list(config["tasks"]), "tasks")
    for place, cell in single_cells(config):
        for key, table in (("corpus", "corpora"), ("size", "sizes"), ("subset", "subsets")):
            if key in cell:
                yield from missing(f"{place}.{key}", [cell[key]], list(config[table]), table)
        if "budget" in cell:
            yield from missing(f"{place}.budget", [cell["budget"]], list(config["grid"]["budgets"]), "grid.budgets")
    for table in ("corpora", "tasks"):
        for name, entry in config[table].items():
            used = [file["source"] for file in entry.get("files", [entry]) if "source" in file]
            yield from missing(f"{table}.{name}", used, list(config["sources"]), "sources")


def task_lists(config: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield (place, names) for every list of tasks in the configuration."""
    transfer = config["transfer"]
    yield "transfer.tasks", transfer["tasks"]
    yield "transfer.full.tasks", transfer["full"]["tasks"]
    yield "transfer.answers", transfer["answers"]
    yield "transfer.learning_curves.tasks", transfer["learning_curves"]["tasks"]
    yield "transfer.full.tune_tasks", transfer["full"].get("tune_tasks", [])
    for name, corpus in config["corpora"].items():
        yield f"corpora.{name}.decontaminate", corpus["decontaminate"]
    for number, entry in enumerate(config["landscape"]["maps"]):
        yield f"landscape.maps.{number}.tasks", entry["tasks"]


def single_cells(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (place, entry) for every entry that names a single cell."""
    yield "pretraining.sweep", config["pretraining"]["sweep"]
    yield "transfer.full.tune_cell", config["transfer"]["full"]["tune_cell"]
    for section in ("surfaces", "maps"):
        for number, entry in enumerate(config["landscape"][section]):
            yield f"landscape.{section}.{number}", entry
    for name, task in config["tasks"].items():
        if "control" in task:
            yield f"tasks.{name}.control", pick_corpus(task["control"])


def pick_corpus(control: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a control task that names a corpus."""
    return {"corpus": control["corpus"]}


def missing(place: str, names: list[str], known: list[str], table: str) -> Iterator[str]:
    """Yield a fault for each name that `table` does not define."""
    for name in names:
        if name not in known:
            hint = nearest(str(name), list(map(str, known)))
            listed = ", ".join(map(str, known)) if len(known) <= MANY else f"{len(known)} names"
            yield f"{place}: '{name}' is not defined in {table}{hint}; defined: {listed}"


def nearest(name: str, known: list[str]) -> str:
    """Return a hint at the known name most like `name`, or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def impossible_training(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield faults of sizes, budgets and masks that no training could satisfy."""
    for name, size in config["sizes"].items():
        if size["width"] % size["heads"]:
            yield f"sizes.{name}: width {size['width']} is not a multiple of heads {size['heads']}"
    for (small, low), (large, high) in pairwise(config["grid"]["budgets"].items()):
        used = {budget for trunk in trunks(config) for budget in trunk.budgets}
        if low >= high and {small, large} <= used:
            yield f"grid.budgets: {large} ({high} tokens) comes after {small} ({low}); list budgets in ascending order"
    pretraining = config["pretraining"]
    if pretraining["mask_token_share"] + pretraining["random_token_share"] > 1:
        yield "pretraining: mask_token_share and random_token_share add up to more than 1"


def missing_cells(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield each checkpoint that a section names and grid.trunks does not make."""
    made = {(t.corpus, t.size, t.subset, t.seed, b) for t in trunks(config) for b in t.budgets}
    tuned = config["transfer"]["full"]["tune_cell"]
    wanted = []
    for cell, task in full_cells(config):
        t = cell.trunk
        if t.corpus != UNTRAINED:
            wanted.append((f"transfer.full.cells (task {task})", (t.corpus, t.size, t.subset, t.seed, cell.budget)))
            tune = (tuned["corpus"], t.size, tuned["subset"], tuned["seed"], tuned["budget"])
            wanted.append((f"transfer.full.tune_cell (size {t.size})", tune))
    for cell in learning_cells(config):
        t = cell.trunk
        if t.corpus != UNTRAINED:
            wanted.append(("transfer.learning_curves.cells", (t.corpus, t.size, t.subset, t.seed, cell.budget)))
    for place, cells in (("landscape.curves", curve_cells), ("curvature.spectrum", spectrum_cells)):
        for cell in cells(config):
            t = cell.trunk
            wanted.append((f"{place}.cells", (t.corpus, t.size, t.subset, t.seed, cell.budget)))
    for number, s in enumerate(config["landscape"]["surfaces"]):
        wanted.append((f"landscape.surfaces.{number}", (s["corpus"], s["size"], s["subset"], s["seed"], s["budget"])))
    for place, key in dict.fromkeys(wanted):
        if key not in made:
            corpus, size, subset, seed, budget = key
            yield f"{place}: {corpus}/{size}/{subset}/seed{seed}/{budget} is not a checkpoint of grid.trunks"
    grown = {key[:4] for key in made}
    for number, m in enumerate(config["landscape"]["maps"]):
        if (m["corpus"], m["size"], m["subset"], m["seed"]) not in grown:
            place = f"{m['corpus']}/{m['size']}/{m['subset']}/seed{m['seed']}"
            yield f"landscape.maps.{number}: {place} is not a trunk of grid.trunks"


def unreadable_tables(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield faults of how tables are said to be written."""
    for name, task in config["tasks"].items():
        decimal = task.get("decimal", ".")
        for key in ("separator", "thousands"):
            if task.get(key) == decimal:
                yield f"tasks.{name}.{key}: '{decimal}' is the decimal mark too, so numbers cannot be told apart"
        if isinstance(task.get("smiles"), int) and not all(label.isdigit() for label in task["labels"]):
            yield f"tasks.{name}.labels: `smiles` is a number, so the table has no header; give labels as numbers too"


def impossible_tasks(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield faults of tasks and splits."""
    for name in config["transfer"]["tasks"]:
        control = config["tasks"][name].get("control")
        if control and control["molecules"] > config["corpora"][control["corpus"]]["validation_molecules"]:
            yield (
                f"tasks.{name}.control.molecules: {control['molecules']} is more than "
                f"corpora.{control['corpus']}.validation_molecules"
            )
        if control and name in config["corpora"][control["corpus"]]["decontaminate"]:
            yield f"corpora.{control['corpus']}.decontaminate: task {name} is itself made from this corpus"
    for split, seeds in config["transfer"]["full"]["splits"].items():
        extra = [str(seed) for seed in seeds if seed not in config["splits"].get(split, [])]
        if extra:
            yield f"transfer.full.splits.{split}: seed {', '.join(extra)} is not in splits.{split}"
    for name in config["transfer"]["answers"]:
        if name not in config["transfer"]["tasks"]:
            yield f"transfer.answers: '{name}' is not in transfer.tasks, so it has no scores"
    if config["figures"]["split"] not in config["splits"]:
        yield f"figures.split: {config['figures']['split']} is not in splits ({', '.join(config['splits'])})"
