"""Configuration errors that a schema cannot detect: invalid combinations of values that are each valid."""

from collections.abc import Iterator, Mapping
from itertools import chain, pairwise
from typing import Any

from clm.study.grid import (
    Checkpoint,
    Trunk,
    all_fine_tuned,
    curve_cells,
    learning_cells,
    pretrained,
    shuffled_corpora,
    shuffled_trunks,
    spectrum_cells,
    trunks,
)
from clm.study.paths import below
from clm.tables.columns import UNTRAINED


def contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per error of a configuration whose names are all defined: the key and what is wrong."""
    checks = (impossible_training, lonely_controls, missing_cells, impossible_tasks, unreadable_tables)
    return chain.from_iterable(check(config) for check in checks)


def impossible_training(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield errors of sizes, budgets and masks with which training is impossible."""
    for name, size in config["sizes"].items():
        if size["width"] % size["heads"]:
            yield f"sizes.{name}: width {size['width']} is not a multiple of heads {size['heads']}"
    for (small, low), (large, high) in pairwise(config["grid"]["budgets"].items()):
        if low == high:
            yield f"grid.budgets: {small} and {large} are the same number of tokens ({low})"
    pretraining = config["pretraining"]
    if pretraining["mask_token_fraction"] + pretraining["random_token_fraction"] > 1:
        yield "pretraining: mask_token_fraction and random_token_fraction add up to more than 1"


def lonely_controls(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield errors of shuffled corpora: keys that belong to the corpus they shuffle, sizes without twins."""
    for name, source in shuffled_corpora(config).items():
        extra = [key for key in config["corpora"][name] if key != "shuffle_tokens_of"]
        if extra:
            told = f"cannot stand beside shuffle_tokens_of: all is that of corpus {source}"
            yield f"corpora.{name}: {', '.join(extra)} {told}"
    sizes = {trunk.size for trunk in trunks(config)}
    for size in dict.fromkeys(trunk.size for trunk in shuffled_trunks(config)):
        if size not in sizes:
            yield f"grid.trunks: {size} is pretrained on shuffled tokens only, so there is nothing to compare it with"


def missing_cells(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield each checkpoint or trunk that a section names but the grid does not contain."""
    grown = pretrained(config)
    made = {(below(trunk), budget) for trunk in grown for budget in trunk.budgets}
    for place, cell in dict.fromkeys(named_checkpoints(config)):
        key = (below(cell.trunk), cell.budget)
        if cell.trunk.corpus == UNTRAINED:
            if (cell.trunk.subset, cell.budget) != ("none", "0"):
                yield f"{place}: {'/'.join(map(str, key))}: an untrained encoder has subset none and budget '0'"
        elif key not in made:
            yield f"{place}: {'/'.join(map(str, key))} is not a checkpoint of grid.trunks"
    folders = {below(trunk) for trunk in grown}
    for number, m in enumerate(config["landscape"]["maps"]):
        folder = below(Trunk(m["corpus"], m["size"], m["subset"], m["seed"]))
        if folder not in folders:
            yield f"landscape.maps.{number}: {folder} is not a trunk of grid.trunks"


def named_checkpoints(config: Mapping[str, Any]) -> Iterator[tuple[str, Checkpoint]]:
    """Yield (place, checkpoint) for every checkpoint that a section names."""
    tuned = config["transfer"]["fine_tuning"]["tune_cell"]
    for cell, task in all_fine_tuned(config):
        yield f"transfer.fine_tuning.cells (task {task})", cell
        if cell.trunk.corpus != UNTRAINED:
            size = cell.trunk.size
            trunk = Trunk(tuned["corpus"], size, tuned["subset"], tuned["seed"])
            yield f"transfer.fine_tuning.tune_cell (size {size})", Checkpoint(trunk, tuned["budget"])
    sections = {
        "transfer.learning_curves": learning_cells,
        "landscape.curves": curve_cells,
        "curvature.spectrum": spectrum_cells,
    }
    for place, cells in sections.items():
        yield from ((f"{place}.cells", cell) for cell in cells(config))
    for number, s in enumerate(config["landscape"]["surfaces"]):
        trunk = Trunk(s["corpus"], s["size"], s["subset"], s["seed"])
        yield f"landscape.surfaces.{number}", Checkpoint(trunk, s["budget"])


def unreadable_tables(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield errors in the format options of tables."""
    for name, task in config["tasks"].items():
        decimal = task.get("decimal", ".")
        for key in ("separator", "thousands"):
            if task.get(key) == decimal:
                yield f"tasks.{name}.{key}: '{decimal}' is the decimal mark too, so numbers cannot be told apart"
        if isinstance(task.get("smiles"), int) and not all(label.isdigit() for label in task["labels"]):
            yield f"tasks.{name}.labels: `smiles` is a number, so the table has no header; give labels as numbers too"


def impossible_tasks(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield errors of tasks and splits."""
    for name in config["transfer"]["tasks"]:
        control = config["tasks"][name].get("control")
        if control and control["molecules"] > config["corpora"][control["corpus"]]["validation_molecules"]:
            yield (
                f"tasks.{name}.control.molecules: {control['molecules']} is more than "
                f"corpora.{control['corpus']}.validation_molecules"
            )
        if control and name in config["corpora"][control["corpus"]]["decontaminate"]:
            yield f"corpora.{control['corpus']}.decontaminate: task {name} is itself made from this corpus"
    if "time" in config["splits"] and not any("time" in config["tasks"][name] for name in config["transfer"]["tasks"]):
        yield "splits.time: no task of transfer.tasks has a column of times; name it with `time` of the task"
    for split, seeds in config["transfer"]["fine_tuning"]["splits"].items():
        extra = [str(seed) for seed in seeds if seed not in config["splits"].get(split, [])]
        if extra:
            yield f"transfer.fine_tuning.splits.{split}: seed {', '.join(extra)} is not in splits.{split}"
