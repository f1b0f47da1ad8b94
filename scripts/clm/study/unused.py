"""Find definitions of an overlay that nothing uses, usually because a name is missing from a list."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from clm.study.grid import checkpoints, fine_tuned_cells, pretrained, read_corpora, shuffled_corpora
from clm.study.references import value_at

SHOWN = 10  # maximum number of names in a line


def used_corpora(config: Mapping[str, Any]) -> set[str]:
    """Return the corpora that are pretrained on or that make a control task."""
    controls = {config["tasks"][name].get("control", {}).get("corpus") for name in used_tasks(config)}
    named = {trunk.corpus for trunk in pretrained(config)} | {config["pretraining"]["sweep"]["corpus"]} | controls
    return named | {of for name, of in shuffled_corpora(config).items() if name in named}


def used_tasks(config: Mapping[str, Any]) -> set[str]:
    """Return the tasks that are scored, fine-tuned, mapped, or removed from a corpus."""
    transfer = config["transfer"]
    lists = [transfer["tasks"], transfer["learning_curves"]["tasks"], transfer["fine_tuning"]["tune_tasks"]]
    lists += [[task for _, task in fine_tuned_cells(config)]]
    lists += [config["corpora"][name]["decontaminate"] for name in read_corpora(config)]
    return set(chain.from_iterable(lists + [entry["tasks"] for entry in config["landscape"]["maps"]]))


def used_sources(config: Mapping[str, Any]) -> set[str]:
    """Return the sources of all corpora and of the tasks that are used."""
    files = chain.from_iterable(config["corpora"][name]["files"] for name in read_corpora(config))
    tasks = (config["tasks"][name].get("source") for name in used_tasks(config))
    return {entry["source"] for entry in files} | {name for name in tasks if name}


# The table of definitions, its uses, and where a name must be listed
TABLES: dict[str, tuple[Callable[[Mapping[str, Any]], set[str]], str]] = {
    "sizes": (lambda config: {cell.trunk.size for cell in checkpoints(config)}, "grid.trunks"),
    "subsets": (
        lambda config: {cell.trunk.subset for cell in checkpoints(config)} | {config["pretraining"]["sweep"]["subset"]},
        "grid.trunks",
    ),
    "grid.budgets": (
        lambda config: {cell.budget for cell in checkpoints(config)} | {config["pretraining"]["sweep"]["budget"]},
        "grid.trunks",
    ),
    "corpora": (used_corpora, "grid.trunks (so far they only add to the vocabulary)"),
    "tasks": (used_tasks, "transfer.tasks"),
    "sources": (used_sources, "a corpus or a task that is used"),
}


def unused(config: Mapping[str, Any], overlay: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each table in which an overlay defines what the study does not use.

    Args:
        config: the resolved configuration.
        overlay: the part of it that the user wrote.
    """
    for table, (users, place) in TABLES.items():
        try:
            defined = [name for name in value_at(overlay, table) if name in value_at(config, table)]
        except (KeyError, TypeError):  # the overlay does not define it
            continue
        if left := [name for name in defined if name not in users(config)]:
            more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
            verb = "is" if len(left) == 1 else "are"
            yield f"{table}: {', '.join(left[:SHOWN])}{more} {verb} used by nothing; to be used: in {place}"
