"""Molecules of a user's table that ask for features or predictions: each row is kept, or kept out with a reason."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdkit import Chem

from clm.chemistry.sources import listed, table_rows
from clm.provenance.command import UserError
from clm.tasks.molecules import read_molecule

USUAL_NAMES = ("smiles", "SMILES", "Smiles", "canonical_smiles")


@dataclass(frozen=True)
class Queries:
    """Rows of a table in their order.

    Attributes:
        source_smiles: as the table writes them, n texts.
        smiles: canonical SMILES; empty where the row cannot be read.
        reasons: why a row cannot be read; empty where it can.
    """

    source_smiles: list[str]
    smiles: list[str]
    reasons: list[str]

    @property
    def usable(self) -> np.ndarray:
        """Positions of the rows that can be read, int64 (m,)."""
        return np.flatnonzero([not reason for reason in self.reasons])


def read_queries(path: Path, column: str | None = None) -> Queries:
    """Read the molecules of a table.

    Args:
        path: the table.
        column: with SMILES; None takes the one with a usual name.

    Raises:
        UserError: the table cannot be read, has no such column, or holds no molecule that can be read.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; check the path")
    sources: list[str] = []
    for number, record in enumerate(table_rows(path, None)):
        if number == 0:
            column = smiles_column(path, list(record), column)
        sources.append(" ".join((record[column] or "").split()))
    queries = parse(sources)
    if not len(queries.usable):
        reasons = ", ".join(sorted(set(queries.reasons))) or "no rows"
        raise UserError(
            f"{path}: no molecule of {len(sources)} rows can be read ({reasons}); check the column of SMILES"
        )
    return queries


def smiles_column(path: Path, header: list[str], column: str | None) -> str:
    """Return the column with SMILES.

    Raises:
        UserError: it is absent, or several columns have a usual name.
    """
    wanted = (column,) if column else USUAL_NAMES
    found = [name for name in wanted if name in header]
    if len(found) != 1:
        what = f"no column {column!r}" if column else f"{len(found)} columns with a usual name of SMILES"
        raise UserError(f"{path}: {what}; the table has: {listed(header)}; name the column with --smiles")
    return found[0]


def parse(sources: list[str]) -> Queries:
    """Return the molecules of some SMILES, parsed and canonicalized as those of a task."""
    smiles, reasons = [], []
    for source in sources:
        mol, reason = read_molecule(source)
        smiles.append("" if mol is None else Chem.MolToSmiles(mol))
        reasons.append(reason or "")
    return Queries(sources, smiles, reasons)
