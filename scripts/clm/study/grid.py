"""The cells of a configured study: trunks, checkpoints, transfer cells, in one fixed order.

A block of the configuration lists `sizes`, `subsets`, `seeds`, ... and stands for their product; a section is a
list of blocks and stands for their union, so single cells can be added to a grid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from clm.tables.columns import NO_BUDGET, NO_SUBSET, UNTRAINED


@dataclass(frozen=True, order=True)
class Trunk:
    """One initialization, one subset, one data order; its budgets branch from it."""

    corpus: str
    size: str
    subset: str
    seed: int
    budgets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """A trunk decayed to one token budget."""

    trunk: Trunk
    budget: str


class Probe(NamedTuple):
    """All budgets of one trunk probed on one task."""

    trunk: Trunk
    task: str


class Baseline(NamedTuple):
    """A baseline or an external model on one task."""

    baseline: str
    task: str


def shuffled_corpora(config: Mapping[str, Any]) -> dict[str, str]:
    """Return {shuffled corpus: corpus whose molecules it shuffles}."""
    key = "shuffle_tokens_of"
    return {name: corpus[key] for name, corpus in config["corpora"].items() if key in corpus}


def read_corpora(config: Mapping[str, Any]) -> list[str]:
    """Return the corpora that are read from files: all but shuffled ones."""
    return [name for name in config["corpora"] if name not in shuffled_corpora(config)]


def trunks(config: Mapping[str, Any]) -> list[Trunk]:
    """Return the pretrained trunks that the study judges.

    Those on shuffled tokens are a control: they are only in the lists of this module named `shuffled_...`, so that
    their numbers appear only in the tables of the control.
    """
    shuffled = shuffled_corpora(config)
    return [trunk for trunk in pretrained(config) if trunk.corpus not in shuffled]


def shuffled_trunks(config: Mapping[str, Any]) -> list[Trunk]:
    """Return the trunks that are pretrained on shuffled tokens."""
    shuffled = shuffled_corpora(config)
    return [trunk for trunk in pretrained(config) if trunk.corpus in shuffled]


def pretrained(config: Mapping[str, Any]) -> list[Trunk]:
    """Return the trunks of `grid.trunks`, merged: budgets in the order of `grid.budgets`."""
    found: dict[tuple[str, str, str, int], set[str]] = {}
    for block in config["grid"]["trunks"]:
        keys = product(block["corpora"], block["sizes"], block["subsets"], block["seeds"])
        for key in keys:
            found.setdefault(key, set()).update(block.get("budgets", config["grid"]["budgets"]))
    order = list(config["grid"]["budgets"])
    return [Trunk(*key, tuple(sorted(budgets, key=order.index))) for key, budgets in found.items()]


def untrained(config: Mapping[str, Any]) -> list[Trunk]:
    """Return the untrained encoders of every size of the grid, as trunks with budget 0.

    There are `grid.untrained_initializations` of each size, with seeds from the first seed of the size upwards.
    """
    first: dict[str, int] = {}
    for trunk in trunks(config):
        first.setdefault(trunk.size, trunk.seed)
    count = config["grid"]["untrained_initializations"]
    return [
        Trunk(UNTRAINED, size, NO_SUBSET, seed, (NO_BUDGET,))
        for size, start in first.items()
        for seed in range(start, start + count)
    ]


def final_checkpoints(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return the checkpoint of every pretrained trunk at its largest budget."""
    return [Checkpoint(trunk, trunk.budgets[-1]) for trunk in trunks(config)]


def checkpoints(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return every pretrained checkpoint."""
    return [Checkpoint(trunk, budget) for trunk in trunks(config) for budget in trunk.budgets]


def repeated_checkpoints(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return the checkpoints whose training the check of learning rates repeats, at most one per size."""
    sweep = config["pretraining"]["sweep"]
    chosen = (sweep["corpus"], sweep["subset"], 0, sweep["budget"])
    return [
        cell
        for cell in checkpoints(config)
        if (cell.trunk.corpus, cell.trunk.subset, cell.trunk.seed, cell.budget) == chosen
    ]


def probe_cells(config: Mapping[str, Any]) -> list[Probe]:
    """Return the linear probes: every trunk, including untrained ones, on every selected task."""
    everything = trunks(config) + untrained(config)
    return [Probe(trunk, task) for trunk in everything for task in config["transfer"]["tasks"]]


def shuffled_probe_cells(config: Mapping[str, Any]) -> list[Probe]:
    """Return the linear probes of the trunks on shuffled tokens, on every selected task."""
    return [Probe(trunk, task) for trunk in shuffled_trunks(config) for task in config["transfer"]["tasks"]]


def fine_tuned_cells(config: Mapping[str, Any]) -> list[tuple[Checkpoint, str]]:
    """Return the fine-tuned (checkpoint, task) pairs of `transfer.fine_tuning.cells` that the study judges."""
    shuffled = shuffled_corpora(config)
    return [(cell, task) for cell, task in all_fine_tuned(config) if cell.trunk.corpus not in shuffled]


def shuffled_fine_tuned_cells(config: Mapping[str, Any]) -> list[tuple[Checkpoint, str]]:
    """Return the fine-tuned (checkpoint, task) pairs of encoders that were pretrained on shuffled tokens."""
    shuffled = shuffled_corpora(config)
    return [(cell, task) for cell, task in all_fine_tuned(config) if cell.trunk.corpus in shuffled]


def all_fine_tuned(config: Mapping[str, Any]) -> list[tuple[Checkpoint, str]]:
    """Return the (checkpoint, task) pairs of `transfer.fine_tuning.cells`, without repeats."""
    tuning = config["transfer"]["fine_tuning"]
    found = dict.fromkeys(
        (Checkpoint(Trunk(*key), budget), task)
        for block in tuning["cells"]
        for key in product(block["corpora"], block["sizes"], block["subsets"], block["seeds"])
        for budget in block["budgets"]
        for task in block.get("tasks", tuning["tasks"])
    )
    return list(found)


def fine_tuned_by_tasks(config: Mapping[str, Any]) -> dict[tuple[str, ...], list[Checkpoint]]:
    """Return {tasks in alphabetical order: checkpoints that are fine-tuned on them}."""
    tasks: dict[Checkpoint, list[str]] = {}
    for cell, task in all_fine_tuned(config):
        tasks.setdefault(cell, []).append(task)
    found: dict[tuple[str, ...], list[Checkpoint]] = {}
    for cell, names in tasks.items():
        found.setdefault(tuple(sorted(names)), []).append(cell)
    return found


def learning_cells(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return the checkpoints of `transfer.learning_curves.cells`, without repeats."""
    return block_cells(config["transfer"]["learning_curves"]["cells"])


def curve_cells(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return the checkpoints of `landscape.curves.cells`, without repeats, budgets in the order of `grid.budgets`."""
    order = list(config["grid"]["budgets"])
    return sorted(block_cells(config["landscape"]["curves"]["cells"]), key=lambda cell: order.index(cell.budget))


def spectrum_cells(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return the checkpoints of `curvature.spectrum.cells`, without repeats."""
    return block_cells(config["curvature"]["spectrum"]["cells"])


def block_cells(blocks: Iterable[Mapping[str, Any]]) -> list[Checkpoint]:
    """Return the checkpoints of blocks that name budgets, without repeats."""
    found = dict.fromkeys(
        Checkpoint(Trunk(*key), budget)
        for block in blocks
        for key in product(block["corpora"], block["sizes"], block["subsets"], block["seeds"])
        for budget in block["budgets"]
    )
    return list(found)


def baseline_cells(config: Mapping[str, Any]) -> list[Baseline]:
    """Return every baseline and every external entry on every selected task."""
    names = [*config["transfer"]["baselines"], *external(config)]
    return [Baseline(name, task) for name in names for task in config["transfer"]["tasks"]]


def external(config: Mapping[str, Any]) -> list[str]:
    """Return the names of external models and embeddings."""
    return [*config["external_models"], *config["external_embeddings"]]


def used(values: Iterable[str]) -> list[str]:
    """Return distinct values in order of first use."""
    return list(dict.fromkeys(values))


def corpora(config: Mapping[str, Any]) -> list[str]:
    """Return the corpora that the grid uses; the first is the one whose checkpoints are judged."""
    return used(trunk.corpus for trunk in trunks(config))


def sizes(config: Mapping[str, Any]) -> list[str]:
    """Return the sizes that the grid uses."""
    return used(trunk.size for trunk in trunks(config))


def subsets(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the (corpus, subset) pairs that the grid uses."""
    return list(dict.fromkeys((trunk.corpus, trunk.subset) for trunk in trunks(config)))
