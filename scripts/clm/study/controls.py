"""Expand blocks of control tasks: a block stands for the product of its lists, each combination a named task."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

UNITS = {"logp": "logP (Crippen)", "tpsa": "Å²", "rings": "rings", "qed": "QED", "amides": "amide groups"}


def expand_controls(config: dict[str, Any]) -> None:
    """Add the tasks of `transfer.controls` to `tasks` and `transfer.tasks`; idempotent."""
    for name, task in control_tasks(config["transfer"]["controls"]):
        config["tasks"][name] = task
        if name not in config["transfer"]["tasks"]:
            config["transfer"]["tasks"] = [*config["transfer"]["tasks"], name]


def control_tasks(blocks: list[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and definition of each control task, for example control_logp_2000_0.3."""
    for block in blocks:
        for kind, molecules, noise in product(block["properties"], block["molecules"], block["noise"]):
            control = {"corpus": block["corpus"], "property": kind, "molecules": molecules, "noise": noise, "seed": 0}
            task = {"labels": ["value"], "kind": "regression", "units": UNITS[kind], "control": control}
            yield f"control_{kind}_{molecules}_{noise:g}", task
