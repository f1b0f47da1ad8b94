"""The cells of a study as a compact JSON value, because one shell argument holds no list of all result files.

trunks:    [[corpus, size, subset, seed, [budget, ...]], ...]
tasks:     [task, ...]                 every trunk is probed on every task
full:      [{"tasks": [...], "checkpoints": [[corpus, size, subset, seed, budget], ...]}, ...]
baselines: [name, ...]                 every baseline is scored on every task
curvature: [[corpus, size, subset, seed, budget], ...]
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clm.study.grid import Baseline, Checkpoint, Frozen, Trunk
from clm.tables.columns import KEYS


def trunks_of(config: Mapping[str, Any]) -> list[Trunk]:
    """Return the trunks of `config["trunks"]`."""
    return [Trunk(*key, tuple(budgets)) for *key, budgets in config["trunks"]]


def checkpoints_of(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return every checkpoint of `config["trunks"]`."""
    return [Checkpoint(trunk, budget) for trunk in trunks_of(config) for budget in trunk.budgets]


def frozen_of(config: Mapping[str, Any]) -> list[Frozen]:
    """Return every (trunk, task)."""
    return [Frozen(trunk, task) for trunk in trunks_of(config) for task in config["tasks"]]


def full_of(config: Mapping[str, Any]) -> Iterator[tuple[Checkpoint, str]]:
    """Yield every fine-tuned (checkpoint, task)."""
    for block in config["full"]:
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
