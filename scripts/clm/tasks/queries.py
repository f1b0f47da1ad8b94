"""Molecules of a user's table for which features or predictions are requested; unreadable rows get a reason."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from clm.chemistry.identity import clear_atom_maps, stable_smiles
from clm.chemistry.reader.messages import listed
from clm.chemistry.reader.sdf import STRUCTURE
from clm.chemistry.reader.tables import open_table
from clm.provenance.command import UserError
from clm.tasks.molecules import read_molecule
from clm.tasks.prepare import harmless, source_of
from clm.tasks.table import ID

USUAL_NAMES = ("smiles", "SMILES", "Smiles", "canonical_smiles")


@dataclass(frozen=True)
class Queries:
    """Rows of a table in their order.

    Attributes:
        source_smiles: as in the table, n texts.
        smiles: canonical SMILES; empty if the row cannot be read.
        reasons: why a row cannot be read; empty if it can.
        ids: of the user's compounds; empty if the table has no such column.
    """

    source_smiles: list[str]
    smiles: list[str]
    reasons: list[str]
    ids: list[str] = field(default_factory=list)

    @property
    def usable(self) -> np.ndarray:
        """Positions of the rows that can be read, int64 (m,)."""
        return np.flatnonzero([not reason for reason in self.reasons])


def read_queries(path: Path, column: str | None = None, ids: str | None = None) -> Queries:
    """Read the molecules of a table.

    Args:
        path: the table.
        column: with SMILES; None takes the one with a usual name.
        ids: column with ids of compounds; None takes `id`, if there is one.

    Raises:
        UserError: the table cannot be read, has no such column, or holds no molecule that can be read.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; check the path")
    with open_table(path, [*((column,) if column else USUAL_NAMES), ids or ID]) as table:
        column = smiles_column(path, table.names, column)
        if ids is not None and ids not in table.names:
            raise UserError(f"{path}: no column {ids!r}; the table has: {listed(table.names)}; change --ids")
        ids = ID if ids is None and ID in table.names else ids
        records = list(table.rows)
    rows = [(row.text, row.reason) if row.reason else (source_of(row, column).decode(), "") for row in records]
    queries = parse([source for source, _ in rows], [reason for _, reason in rows])
    if ids is not None:
        queries = replace(queries, ids=[harmless(row.cells.get(ids)) for row in records])
    if not len(queries.usable):
        reasons = ", ".join(sorted(set(queries.reasons))) or "no rows"
        raise UserError(f"{path}: no molecule of {len(rows)} rows can be read ({reasons}); check the column of SMILES")
    return queries


def smiles_column(path: Path, header: list[str], column: str | None) -> str:
    """Return the column with SMILES.

    Raises:
        UserError: it is absent, or several columns have a usual name.
    """
    wanted = (column,) if column else USUAL_NAMES
    found = [name for name in wanted if name in header] or [name for name in header if name == STRUCTURE]
    if len(found) != 1:
        what = f"no column {column!r}" if column else f"{len(found)} columns with a usual name of SMILES"
        raise UserError(f"{path}: {what}; the table has: {listed(header)}; name the column with --smiles")
    return found[0]


def parse(sources: list[str], reasons: list[str] | None = None) -> Queries:
    """Return the molecules of some SMILES or mol blocks, read as those of a task.

    Args:
        sources: texts.
        reasons: why a row of a table has no such text; empty (the default) if it has one.
    """
    smiles, why = [], []
    for source, reason in zip(sources, reasons or [""] * len(sources), strict=True):
        read, fault = ("", reason) if reason else read_smiles(source)
        smiles.append(read)
        why.append(fault)
    return Queries(sources, smiles, why)


def read_smiles(source: str) -> tuple[str, str]:
    """Return (canonical SMILES, "") for a SMILES or mol block, or ("", reason), like `clm.tasks.molecules.read_row`.

    It omits scaffold and identity, which take most of the time there and are not needed for predictions.
    """
    text = source.encode("utf-8", "replace").decode()
    mol, reason = read_molecule(text)
    if mol is None:
        return "", str(reason)
    mapped = (":" in text or "\n" in text) and clear_atom_maps(mol)
    smiles = stable_smiles(mol, None if mapped else text)
    return ("", "not_readable_again") if smiles is None else (smiles, "")
