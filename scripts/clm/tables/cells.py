"""The cells of a study, one JSON file per list: such lists may be too long for a command line.

trunks:    [[corpus, size, subset, seed, [budget, ...]], ...]
tasks:     [task, ...]                 every trunk is probed on every task (a setting, not a file)
fine_tuned: [{"tasks": [...], "checkpoints": [[corpus, size, subset, seed, budget], ...]}, ...]
shuffled_trunks, shuffled_fine_tuned: the same for encoders pretrained on shuffled tokens
baselines: [name, ...]                 every baseline is scored on every task (a setting, not a file)
curvature: [[corpus, size, subset, seed, budget], ...], and likewise spectrum, curves, learning
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clm.provenance.files import read_json
from clm.study.grid import Baseline, Checkpoint, Probe, Trunk
from clm.tables.columns import KEYS


def read_cells(paths: Iterable[Path]) -> dict[str, Any]:
    """Return {name: list of cells} from files named <name>.json."""
    return {path.stem: read_json(path) for path in paths}


def trunks_of(config: Mapping[str, Any]) -> list[Trunk]:
    """Return the trunks of `config["trunks"]`."""
    return [Trunk(*key, tuple(budgets)) for *key, budgets in config["trunks"]]


def checkpoints_of(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return every checkpoint of `config["trunks"]`."""
    return [Checkpoint(trunk, budget) for trunk in trunks_of(config) for budget in trunk.budgets]


def probes_of(config: Mapping[str, Any]) -> list[Probe]:
    """Return every (trunk, task)."""
    return [Probe(trunk, task) for trunk in trunks_of(config) for task in config["tasks"]]


def fine_tuned_of(config: Mapping[str, Any]) -> Iterator[tuple[Checkpoint, str]]:
    """Yield every fine-tuned (checkpoint, task)."""
    for block in config["fine_tuned"]:
        for key in block["checkpoints"]:
            yield from ((checkpoint_of(key), task) for task in block["tasks"])


def baselines_of(config: Mapping[str, Any]) -> list[Baseline]:
    """Return every (baseline, task)."""
    return [Baseline(name, task) for name in config["baselines"] for task in config["tasks"]]


def checkpoint_of(key: Sequence[Any]) -> Checkpoint:
    """Return the checkpoint of [corpus, size, subset, seed, budget]."""
    return Checkpoint(Trunk(*key[:4]), key[4])


def identity(cell: Checkpoint) -> dict[str, Any]:
    """Return the five columns that name a checkpoint in every table."""
    trunk = cell.trunk
    return dict(zip(KEYS, (trunk.corpus, trunk.size, trunk.subset, trunk.seed, cell.budget), strict=True))
