"""Read tables and claims of a finished study that a user names, with one-line errors for unusable files."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from clm.chemistry.reader.messages import printable
from clm.provenance.command import UserError
from clm.study.parts import read_object, read_part
from clm.tables.columns import KEYS
from clm.tables.frames import read_table

# Columns used of runs.csv and of transfer.csv
RUNS = (*KEYS, "status", "parameters", "tokens", "molecules", "loss")
SCORES = (*KEYS, "mode", "task", "split", "split_seed", "finetune_seed", "features", "label", "error")

NUMBERS = ("parameters", "tokens", "molecules", "loss", "error", "wall_seconds", "tokens_per_second")


def named_table(path: Path, columns: Sequence[str], wanted: str = "the folder of a finished study") -> pd.DataFrame:
    """Read a table, plain or gzipped, that must have certain columns.

    Args:
        path: the table.
        columns: the required columns.
        wanted: for messages, what the user should name instead.

    Raises:
        UserError: it is missing, damaged or truncated, lacks a column, or a numeric column has other values.
    """
    if not path.is_file():
        raise UserError(f"{path} is missing; name {wanted}")
    table = read_part(path, whole_table)
    if absent := [name for name in columns if name not in table]:
        raise UserError(f"{path}: no column {absent[0]}; name {wanted}")
    for name in (name for name in columns if name in NUMBERS):
        foreign = table[name].notna() & pd.to_numeric(table[name], errors="coerce").isna()
        if foreign.any():
            told = f"{printable(str(table[name][foreign].iloc[0]))!r} in column {name}"
            raise UserError(f"{path}: {told}, line {2 + foreign.argmax()}, is no number; name {wanted}")
    return table


def named_claims(study: Path) -> list[dict[str, Any]]:
    """Return the claims that a study has judged, from its tables/claims.json.

    Raises:
        UserError: the file is missing, damaged, or a different one.
    """
    path = study / "tables" / "claims.json"
    if not path.is_file():
        raise UserError(f"{path} is missing; name the folder of a finished study")
    return read_part(path, judged)


def judged(path: Path) -> list[dict[str, Any]]:
    """Read claims.json.

    Raises:
        ValueError: it does not hold named claims.
    """
    claims = read_object(path).get("claims")
    if not isinstance(claims, list) or not all(isinstance(claim, dict) and "id" in claim for claim in claims):
        raise ValueError("no claims")
    return claims


def whole_table(path: Path) -> pd.DataFrame:
    """Read a table whose last line must end in a line break, as in every table of a study.

    Raises:
        ValueError: the file is truncated.
    """
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
        if not handle.read().endswith(b"\n"):
            raise ValueError("the last line has no end")
    return read_table(path)
