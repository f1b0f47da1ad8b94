"""Convert the rows of a source table to the molecules of a task, accounting for every row and label."""

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from clm.chemistry.guard import Guard
from clm.chemistry.reader.messages import printable
from clm.chemistry.reader.sdf import is_mol_block
from clm.chemistry.reader.tables import Row
from clm.chemistry.smiles import without_name
from clm.provenance.command import UserError
from clm.tasks.beside import warnings_beside
from clm.tasks.columns import carried_columns, check_columns, smiles_column
from clm.tasks.labels import EXAMPLES, Column, described, has_label, read_labels, warnings_of
from clm.tasks.molecules import Read, read_row
from clm.tasks.splits import check_times

MIN_MOLECULES = 10

log = logging.getLogger(__name__)


class Molecule(NamedTuple):
    """One kept row: position in the source, its molecule, one label per name, cells passed through."""

    row: int
    smiles: str
    source_smiles: str
    scaffold: str
    identity: str
    labels: tuple[float, ...]
    carried: tuple[str, ...] = ()


class Rejections:
    """Rejected rows: their number by reason, with the first rows and an example."""

    def __init__(self) -> None:
        """Start empty."""
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, dict[str, Any]] = {}

    def add(self, row: Row, reason: str, text: str) -> None:
        """Count a row."""
        self.counts[reason] += 1
        told = self.examples.setdefault(reason, {"rows": [], "lines": [], "text": printable(text, 80)})
        if len(told["rows"]) < EXAMPLES:
            told["rows"].append(row.number)
            told["lines"].append(row.line)

    def shown(self) -> str:
        """Return the number of rows and the first one by reason."""
        first = {reason: f"'{told['text']}' in line {told['lines'][0]}" for reason, told in self.examples.items()}
        parts = [f"{count} {reason}, for example {first[reason]}" for reason, count in self.counts.most_common()]
        return "; ".join(parts) or "none"


def source_of(row: Row, column: str, named: bool = False) -> bytes:
    """Return the SMILES of a row on one line, or its mol block; with `named`, the text after the SMILES is removed."""
    cell = row.cells[column]
    text = "" if cell is None else str(cell)
    found = (text if is_mol_block(text) else " ".join(text.split())).encode("utf-8", "replace")
    return without_name(found) if named else found


def select_molecules(
    names: Sequence[str], rows: Iterable[Row], settings: Mapping[str, Any], task: str
) -> tuple[list[Molecule], dict[str, Any]]:
    """Return the kept rows and the counts: read = kept + rejected, and the state of each label in readable molecules.

    A row is kept if it has as many fields as the header, RDKit reads its molecule in time, and at least one label has a
    value.

    Args:
        names: columns of the table.
        rows: its rows.
        settings: `smiles`, `labels`, `kind`, `id` and `time` (columns passed through), and those of
            `clm.tasks.labels.read_labels`.
        task: its name, for messages.

    Raises:
        UserError: a column is absent, labels cannot be read, or fewer than 10 molecules are usable.
    """
    check_columns(names, settings, task)
    rejected, whole, torn = Rejections(), [], []
    for row in rows:
        if row.reason:
            rejected.add(row, row.reason, row.text)
        (torn if row.reason else whole).append(row)
    total = len(whole) + len(torn)
    usable, molecules, unread = read_molecules(whole, names, settings, rejected)
    labels, quality = read_labels(usable, settings, task), {}
    for label, found in labels.items():
        lost = [row for row in unread if has_label(row.cells.get(label), settings)]
        quality[label] = described(found, usable, label, settings["kind"], torn, lost)
    present = {label: found.states.count("present") for label, found in labels.items()}
    warnings = [text for label in labels for text in warnings_of(quality[label], label, present[label], settings, task)]
    warnings += warnings_beside(names, labelled(usable, labels), settings)
    kept = kept_rows(usable, molecules, labels, carried_columns(settings), rejected)
    if "time" in settings:
        check_times([molecule.carried[-1] for molecule in kept], settings["time"], task)
    if len(kept) < MIN_MOLECULES:
        found = {label: dict(Counter(told.states)) for label, told in labels.items()}
        raise UserError(
            f"task {task}: {len(kept)} usable molecules of {total} rows, at least {MIN_MOLECULES} are needed "
            f"(rejected rows: {rejected.shown()}; labels: {found}); check columns and `kind`"
        )
    for text in warnings:
        log.warning("task %s: %s", task, text)
    return kept, {
        "read": total,
        "kept": len(kept),
        "rejected": dict(rejected.counts),
        "rejected_rows": rejected.examples,
        "labels": {label: dict(Counter(found.states)) for label, found in labels.items()},
        "quality": quality,
        "warnings": warnings,
        "notes": [found.note for found in labels.values() if found.note],
        "atom_maps": sum(read.mapped for read in molecules),
    }


def read_molecules(
    rows: Sequence[Row], names: Sequence[str], settings: Mapping[str, Any], out: Rejections
) -> tuple[list[Row], list[Read], list[Row]]:
    """Return the rows whose molecule can be read, their molecules, and the other rows, which are added to `out`."""
    column, named = smiles_column(names, settings), isinstance(settings["smiles"], int)
    usable, molecules, unread = [], [], []
    with Guard(read_row) as guard:
        outcomes = guard.outcomes([source_of(row, column, named) for row in rows])
    for row, (read, reason) in zip(rows, outcomes, strict=True):
        if read is None:
            unread.append(row._replace(text=str(row.cells[column])))
            out.add(row, reason, unread[-1].text)
        else:
            usable.append(row)
            molecules.append(read)
    return usable, molecules, unread


def labelled(rows: Sequence[Row], labels: Mapping[str, Column]) -> list[Row]:
    """Return the rows that have a label; bounds count as labels."""
    states = zip(*(column.states for column in labels.values()), strict=True)
    return [row for row, found in zip(rows, states, strict=True) if {"present", "censored"} & set(found)]


def kept_rows(
    rows: Sequence[Row],
    molecules: Sequence[Read],
    labels: Mapping[str, Column],
    carried: Sequence[str],
    out: Rejections,
) -> list[Molecule]:
    """Return the rows with a label; the others are added to the rejected ones."""
    kept = []
    for i, (row, read) in enumerate(zip(rows, molecules, strict=True)):
        values = tuple(column.values[i] for column in labels.values())
        if all(math.isnan(value) for value in values):
            out.add(row, "no_label", " | ".join(str(row.cells.get(label)) for label in labels))
            continue
        cells = tuple(harmless(row.cells[name]) for name in carried)
        kept.append(Molecule(row.number, *read[:4], values, cells))
    return kept


def harmless(cell: object) -> str:
    """Return a cell on one line, escaped so that no spreadsheet reads it as a formula."""
    text = "" if cell is None else " ".join(str(cell).split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def duplicate_counts(molecules: list[Molecule]) -> dict[str, int]:
    """Return counts of repeated rows, of molecules whose repeats have unequal labels, and of rows with a salt."""
    rows_of: dict[str, list[Molecule]] = defaultdict(list)
    for molecule in molecules:
        rows_of[molecule.identity].append(molecule)
    conflicts = 0
    for same in rows_of.values():
        by_label = zip(*(molecule.labels for molecule in same), strict=True)
        conflicts += any(len({value for value in values if not math.isnan(value)}) > 1 for values in by_label)
    return {
        "unique": len(rows_of),
        "duplicates": len(molecules) - len(rows_of),
        "conflicting_duplicates": conflicts,
        "salts": sum("." in molecule.smiles for molecule in molecules),
    }
