"""Split one task into train, valid and test."""

import csv
import logging
from pathlib import Path

import numpy as np
from clm.provenance.command import run
from clm.provenance.files import atomic
from clm.tasks.clusters import butina_clusters
from clm.tasks.splits import cluster_split, random_split, scaffold_balanced_split, scaffold_split, time_split
from clm.tasks.table import PARTS, Task, load_task

log = logging.getLogger(__name__)


def split_task(molecules: Path, split: str, seed: int, out: Path) -> None:
    """Write the part of each row of a task.

    Args:
        molecules: molecules.csv of the task.
        split: scaffold or time (both deterministic), random, scaffold_balanced or cluster.
        seed: of the random splits.
        out: CSV of row, part.

    A part can be empty, for example if all molecules share one scaffold: the cells then state why they have no number.
    """
    task = load_task(molecules, [])
    parts = parts_of(task, split, seed)
    empty = [part for part in PARTS if not (parts == part).any()]
    if empty:
        largest = max(task.scaffolds.count(scaffold) for scaffold in set(task.scaffolds))
        log.warning(
            "split '%s' leaves %s empty: the largest scaffold has %d of %d molecules",
            *(split, ", ".join(empty), largest, len(parts)),
        )
    with atomic(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["row", "part"])
        writer.writerows(zip(task.rows.tolist(), parts.tolist(), strict=True))


def parts_of(task: Task, split: str, seed: int) -> np.ndarray:
    """Return the part name of each molecule."""
    if split == "scaffold":
        return scaffold_split(task.scaffolds)
    if split == "time":  # a task without times has training molecules only
        return time_split(task.times or [""] * len(task.smiles), task.same)
    if split == "random":
        return random_split(task.smiles, task.same, seed)
    if split == "cluster":
        return cluster_split(butina_clusters(task.smiles), task.same, seed)
    return scaffold_balanced_split(task.scaffolds, task.same, seed)


if __name__ == "__main__":
    run(split_task)
