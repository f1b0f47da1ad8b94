"""Prepare one task: parse and canonicalize the molecules of a table and count what was left out and why."""

import csv
import math
from itertools import chain
from pathlib import Path
from typing import Any

from clm.chemistry.sources import table_rows
from clm.provenance.command import run
from clm.provenance.files import atomic, write_json
from clm.tasks.prepare import Molecule, duplicate_counts, select_molecules
from clm.tasks.table import COLUMNS


def prepare_task(source: Path, settings: dict[str, Any], out: Path, summary: Path) -> None:
    """Write molecules.csv (row, smiles, source_smiles, scaffold, labels) and summary.json of a task.

    Args:
        source: a table, an archive with one, or for a control task the validation set of its corpus (Parquet).
        settings: `name`, `kind`, `labels`, and `smiles` (with `member`, `separator`) or `control`.
        out: molecules.csv.
        summary: summary.json.

    Raises:
        UserError: a column is absent, fewer than 10 molecules are usable, or the source cannot be read.
    """
    molecules, counts = read_control(source, settings) if "control" in settings else read_table(source, settings)
    write_molecules(out, molecules, settings["labels"])
    told = {"task": settings["name"], "kind": settings["kind"]}
    write_json(summary, told | counts | duplicate_counts(molecules))


def read_table(source: Path, settings: dict[str, Any]) -> tuple[list[Molecule], dict[str, Any]]:
    """Return molecules and counts of a CSV table, or of several that follow each other."""
    members = settings.get("member")
    tables = [
        table_rows(source, member, settings.get("separator", ","), [settings["smiles"], *settings["labels"]])
        for member in (members if isinstance(members, list) else [members])
    ]
    return select_molecules(chain.from_iterable(tables), settings, settings["name"])


def read_control(source: Path, settings: dict[str, Any]) -> tuple[list[Molecule], dict[str, Any]]:
    """Return molecules and counts of a control task."""
    import pyarrow.parquet as pq
    from clm.tasks.controls import control_molecules

    smiles = pq.read_table(source, columns=["smiles"])["smiles"].to_pylist()
    molecules, noise = control_molecules(smiles, settings["control"], settings["name"])
    labels = {settings["labels"][0]: {"present": len(molecules)}}
    counts = {"read": len(molecules), "kept": len(molecules), "rejected": {}, "labels": labels}
    return molecules, counts | {"control": settings["control"] | noise}


def write_molecules(path: Path, molecules: list[Molecule], labels: list[str]) -> None:
    """Write the table; a missing label is an empty field, numbers are their shortest exact text."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow([*COLUMNS, *labels])
        for row, smiles, source_smiles, scaffold, values in molecules:
            shown = ["" if math.isnan(value) else repr(value) for value in values]
            writer.writerow([row, smiles, source_smiles, scaffold, *shown])


if __name__ == "__main__":
    run(prepare_task)
