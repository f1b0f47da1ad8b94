"""Describe one task: sizes, graph diameter, scaffold diversity, labels, roughness, skeletons in train and test."""

from pathlib import Path
from typing import Any

from clm.chemistry.identity import skeleton
from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.tables.descriptors import OVERLAP
from clm.tasks.descriptors import describe
from clm.tasks.skeletons import skeleton_overlaps
from clm.tasks.table import load_split, load_task
from rdkit import Chem


def describe_task(molecules: Path, splits: list[Path], settings: dict[str, Any], out: Path) -> None:
    """Write descriptors.json of a task.

    Args:
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]`.
        settings: `kind`, `labels` and `splits`, [name, seed] of each.
        out: descriptors.json.
    """
    task = load_task(molecules, settings["labels"])
    names = (name for name, _ in settings["splits"])
    parts = [(name, load_split(path, task.rows)) for name, path in zip(names, splits, strict=True)]
    skeletons = [skeleton(Chem.MolFromSmiles(text)) for text in task.smiles]
    overlaps = {OVERLAP + name: count for name, count in skeleton_overlaps(skeletons, parts).items()}
    write_json(out, describe(task, settings["kind"]) | overlaps)


if __name__ == "__main__":
    run(describe_task)
