"""Molecules of a user's table, with or without header; mol blocks are also given as readable SMILES."""

from dataclasses import replace
from pathlib import Path

from clm.chemistry.reader.messages import listed
from clm.chemistry.reader.tables import open_table
from clm.provenance.command import UserError
from clm.tasks.prepare import harmless, source_of
from clm.tasks.queries import USUAL_NAMES, Queries, parse, read_queries, smiles_column

SMILES_FILES = (".smi", ".smiles")  # they usually have no header, and SMILES in the first column


def read_molecules(path: Path, column: str | None = None, ids: str | None = None) -> Queries:
    """Read the molecules of a table; `source_smiles` of a mol block is its canonical SMILES, empty where unreadable.

    Args:
        path: the table.
        column: with SMILES; None takes the one with a usual name, or the first of a .smi file without header. A number
            from 0 that names no column is the position of the column in a table without header, as in a task.
        ids: column with ids of compounds; None takes `id`, if there is one. A number if `column` is one.

    Raises:
        UserError: the table cannot be read, has no such column, or holds no molecule that can be read.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a table in it")
    headless = path.is_file() and without_header(path, column)
    queries = read_headless(path, column or "0", ids) if headless else read_queries(path, column, ids)
    pairs = zip(queries.source_smiles, queries.smiles, strict=True)
    return replace(queries, source_smiles=[smiles if "\n" in source else source for source, smiles in pairs])


def without_header(path: Path, column: str | None) -> bool:
    """Return whether the first row of a table is a molecule."""
    numbered = column is not None and column.isdecimal()
    listing = column is None and any(suffix.lower() in SMILES_FILES for suffix in path.suffixes)
    if not numbered and not listing:
        return False
    wanted = (column,) if numbered else USUAL_NAMES
    with open_table(path, list(wanted)) as table:
        return not set(wanted) & set(table.names)


def read_headless(path: Path, column: str, ids: str | None) -> Queries:
    """Read the molecules of a table without header, whose columns are called "0", "1", ..."""
    with open_table(path, [column], header=False) as table:
        column = smiles_column(path, table.names, column)
        if ids is not None and ids not in table.names:
            raise UserError(
                f"{path}: no column {ids!r} and no header; give the place of the column, from 0, with --ids"
            )
        records = list(table.rows)
    rows = [(row.text, row.reason) if row.reason else (source_of(row, column).decode(), "") for row in records]
    queries = parse([source for source, _ in rows], [reason for _, reason in rows])
    if not len(queries.usable):
        reasons = listed(sorted(set(queries.reasons)))
        raise UserError(f"{path}: no molecule of {len(rows)} rows can be read ({reasons}); check the column of SMILES")
    return queries if ids is None else replace(queries, ids=[harmless(row.cells.get(ids)) for row in records])
