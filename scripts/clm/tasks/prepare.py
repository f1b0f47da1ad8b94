"""From the rows of a source table to the molecules of a task, every row and label accounted for."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rdkit import Chem

from clm.chemistry.sources import listed
from clm.provenance.command import UserError
from clm.tasks.molecules import read_molecule, scaffold_of
from clm.tasks.table import COLUMNS

MIN_MOLECULES = 10
MISSING = {"", "na", "n/a", "nan", "none", "null"}


class Molecule(NamedTuple):
    """One kept row: position in the source, canonical SMILES, source SMILES, scaffold, one label per name."""

    row: int
    smiles: str
    source_smiles: str
    scaffold: str
    labels: tuple[float, ...]


def read_label(text: str | None, kind: str) -> tuple[float, str]:
    """Return (value, "present") or (NaN, reason): missing, not_a_number, infinite or not_binary."""
    text = (text or "").strip()
    if text.lower() in MISSING:
        return math.nan, "missing"
    if not text.isascii() or "_" in text:  # 1_0 and digits of other scripts are numbers to float(), not to a table
        return math.nan, "not_a_number"
    try:
        value = float(text)
    except ValueError:
        return math.nan, "not_a_number"
    if not math.isfinite(value):
        return math.nan, "infinite"
    if kind == "classification" and value not in (0.0, 1.0):
        return math.nan, "not_binary"
    return value, "present"


def check_columns(header: Iterable[str], settings: Mapping[str, Any], name: str) -> None:
    """Raise UserError when a configured column is absent or a label has the name of one of our columns."""
    header = list(header)
    absent = [column for column in (settings["smiles"], *settings["labels"]) if column not in header]
    if absent:
        raise UserError(
            f"task {name}: no column {', '.join(map(repr, absent))}; the table has: {listed(header)}; "
            "change `smiles`, `labels` or `separator`"
        )
    taken = [label for label in settings["labels"] if label in COLUMNS]
    if taken:
        raise UserError(f"task {name}: a label cannot be called {', '.join(taken)}; rename the column of the table")


def select_molecules(
    records: Iterable[Mapping[str, str]], settings: Mapping[str, Any], name: str
) -> tuple[list[Molecule], dict[str, Any]]:
    """Return the kept rows and the counts: read = kept + rejected, and the state of each label in the kept molecules.

    A row stays when RDKit reads its SMILES and at least one label is a number.

    Args:
        records: rows of the table as dictionaries of text.
        settings: `smiles` and `labels` (column names), `kind`.
        name: of the task, for messages.

    Raises:
        UserError: a column is absent, or fewer than 10 molecules are usable.
    """
    kept: list[Molecule] = []
    rejected: Counter[str] = Counter()
    states: dict[str, Counter[str]] = {label: Counter() for label in settings["labels"]}
    total = 0
    for row, record in checked(records, settings, name):
        total += 1
        source = " ".join((record[settings["smiles"]] or "").split())  # a name may follow, not a line break
        mol, reason = read_molecule(source)
        if mol is None:
            rejected[reason] += 1
            continue
        values = [read_label(record[label], settings["kind"]) for label in settings["labels"]]
        for label, (_, state) in zip(settings["labels"], values, strict=True):
            states[label][state] += 1
        if all(state != "present" for _, state in values):
            rejected["no_label"] += 1
            continue
        labels = tuple(value for value, _ in values)
        kept.append(Molecule(row, Chem.MolToSmiles(mol), source, scaffold_of(mol), labels))
    if len(kept) < MIN_MOLECULES:
        found = {label: dict(state) for label, state in states.items()}
        raise UserError(
            f"task {name}: {len(kept)} usable molecules of {total} rows, at least {MIN_MOLECULES} are needed "
            f"(rejected rows: {dict(rejected)}; labels: {found}); check columns and `kind`"
        )
    counts = {"read": total, "kept": len(kept), "rejected": dict(rejected)}
    return kept, counts | {"labels": {label: dict(state) for label, state in states.items()}}


def checked(
    records: Iterable[Mapping[str, str]], settings: Mapping[str, Any], name: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Number the rows from 0; the first one shows whether the columns are there."""
    for row, record in enumerate(records):
        if row == 0:
            check_columns((column for column in record if column is not None), settings, name)
        yield row, record


def duplicate_counts(molecules: list[Molecule]) -> dict[str, int]:
    """Return counts of repeated rows, of molecules with unequal labels among repeats, and of rows with a salt."""
    rows_of: dict[str, list[Molecule]] = defaultdict(list)
    for molecule in molecules:
        rows_of[molecule.smiles].append(molecule)
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
