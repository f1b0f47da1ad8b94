"""Prepare one task: parse and canonicalize the molecules of a table, and count rejected rows by reason."""

import csv
import logging
import math
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

from clm.chemistry.reader.tables import open_table
from clm.provenance.command import run
from clm.provenance.files import atomic, write_json
from clm.tasks.columns import check_columns, smiles_column, wanted_columns
from clm.tasks.labels import as_list
from clm.tasks.prepare import Molecule, duplicate_counts, select_molecules
from clm.tasks.table import COLUMNS, ID, TIME

log = logging.getLogger(__name__)


def prepare_task(source: Path, settings: dict[str, Any], out: Path, summary: Path) -> None:
    """Write molecules.csv (row, smiles, source_smiles, scaffold, identity, id, labels) and summary.json of a task.

    Args:
        source: a table, an archive with one, or for a control task the validation set of its corpus (Parquet).
        settings: `name`, `kind`, `labels`, and `control` or `smiles` with options of the table (config.yaml, `tasks`).
        out: molecules.csv.
        summary: summary.json.

    Raises:
        UserError: a column is absent, fewer than 10 molecules are usable, or the source cannot be read.
    """
    molecules, counts = read_control(source, settings) if "control" in settings else read_table(source, settings)
    write_molecules(out, molecules, settings)
    told = {"task": settings["name"], "kind": settings["kind"]}
    write_json(summary, told | counts | duplicate_counts(molecules))


def read_table(source: Path, settings: dict[str, Any]) -> tuple[list[Molecule], dict[str, Any]]:
    """Return molecules and counts of a table, or of several concatenated ones with the same columns."""
    members = settings.get("member")
    members = members if isinstance(members, list) else [members]
    how = {key: settings.get(key) for key in ("separator", "encoding", "decimal")}
    how["header"] = not isinstance(settings["smiles"], int)  # columns by number: no header names them
    with ExitStack() as stack:
        tables = [
            stack.enter_context(open_table(source, wanted_columns(settings), member, **how)) for member in members
        ]
        column = smiles_column(tables[0].names, settings)
        for table, member in zip(tables, members, strict=True):
            check_columns(table.names, settings, settings["name"], member, column)
        rows = (row._replace(number=i) for i, row in enumerate(chain.from_iterable(table.rows for table in tables)))
        molecules, counts = select_molecules(tables[0].names, rows, settings, settings["name"])
        notes = [note for table in tables for note in table.notes] + counts["notes"]
    for note in dict.fromkeys(notes):
        log.info("%s", note)
    return molecules, counts | {"notes": list(dict.fromkeys(notes))}


def read_control(source: Path, settings: dict[str, Any]) -> tuple[list[Molecule], dict[str, Any]]:
    """Return molecules and counts of a control task."""
    import pyarrow.parquet as pq
    from clm.tasks.controls import control_molecules

    smiles = pq.read_table(source, columns=["smiles"])["smiles"].to_pylist()
    molecules, noise = control_molecules(smiles, settings["control"], settings["name"])
    labels = {settings["labels"][0]: {"present": len(molecules)}}
    counts = {"read": len(molecules), "kept": len(molecules), "rejected": {}, "labels": labels}
    return molecules, counts | {"control": settings["control"] | noise}


def write_molecules(path: Path, molecules: list[Molecule], settings: dict[str, Any]) -> None:
    """Write the table; missing labels are empty fields, numbers have their shortest exact representation."""
    carried = as_list(settings.get("id"))
    times = [TIME] if "time" in settings else []
    header = [*COLUMNS, *([ID, *carried[1:]] if carried else []), *times, *settings["labels"]]
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        for molecule in molecules:
            shown = ["" if math.isnan(value) else repr(value) for value in molecule.labels]
            writer.writerow([*molecule[:5], *molecule.carried, *shown])


if __name__ == "__main__":
    run(prepare_task)
