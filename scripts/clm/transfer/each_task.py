"""One job over many tasks: results of each task are stored, so that only new ones are computed.

Nothing here imports torch, so a job whose results are all stored starts immediately.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from clm.provenance.cost import metered
from clm.provenance.files import sha256_file, write_json
from clm.provenance.state import stop_if_requested
from clm.provenance.store import Files, opened
from clm.study.paths import task_molecules, task_split

log = logging.getLogger(__name__)
# A function of molecules.csv, the CSV of each split and settings that returns result and prediction records of a task
Compute = Callable[[Path, list[Path], dict[str, Any]], tuple[dict[str, Any], list[dict[str, Any]]]]


def score_each_task(
    results: Path,
    folder: Path,
    settings: Mapping[str, Any],
    read: Sequence[Any],
    out: Callable[[str], Path],
    load: Callable[[], Compute],
) -> None:
    """Write scores, test predictions and cost of each task; stored results are not computed again.

    The cost of a task is that of its original computation; its memory is the peak of the process until then.

    Args:
        results: folder of the study.
        folder: of the store (see clm.provenance.store).
        settings: `tasks`: {name: its own settings}; and for all of them `splits` and other settings of the function.
        read: digests of everything else that scores depend on: code, models, ...
        out: JSON of the scores of a task; its Parquet of predictions and JSON of costs are beside it.
        load: imports and returns the function that scores a task, when it is needed.
    """
    shared = {name: value for name, value in settings.items() if name != "tasks"}
    with opened(folder) as store:
        for task, own in settings["tasks"].items():
            stop_if_requested()
            molecules = task_molecules(results, task)
            splits = [task_split(results, task, *split) for split in settings["splits"]]
            identity = [*read, shared | own, digests(molecules, *splits)]
            make = partial(write, load, (molecules, splits, shared | own))
            path = out(task)
            targets = {"out": path, "predictions": path.with_suffix(".parquet"), "cost": path.with_suffix(".cost.json")}
            log.info("%s: %s", task, "taken from the store" if store.obtain(identity, targets, make) else "computed")


def write(load: Callable[[], Compute], told: tuple[Path, list[Path], dict[str, Any]], files: Files) -> None:
    """Write `out`, `predictions` and `cost` of one task; the cost excludes imports, which all tasks share."""
    from clm.tasks.predictions import write_predictions

    compute = load()
    with metered(files["cost"]):
        result, records = compute(*told)
        write_json(files["out"], result)
        write_predictions(files["predictions"], records)


def digests(*paths: Path) -> list[str]:
    """Return the sha256 of each file."""
    return [sha256_file(path) for path in paths]
