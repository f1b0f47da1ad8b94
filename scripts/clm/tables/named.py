"""Tables and claims of a finished study that a user names: what cannot be used is told in one line."""

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

# What is used of runs.csv and of transfer.csv
RUNS = (*KEYS, "status", "parameters", "tokens", "molecules", "loss")
SCORES = (*KEYS, "mode", "task", "split", "split_seed", "finetune_seed", "features", "label", "error")

NUMBERS = ("parameters", "tokens", "molecules", "loss", "error", "wall_seconds", "tokens_per_second")


def named_table(path: Path, columns: Sequence[str], wanted: str = "the folder of a finished study") -> pd.DataFrame:
    """Read a table, plain or compressed with gzip, that must have some columns.

    Args:
        path: the table.
        columns: what it must have.
        wanted: what the user is to name instead of something else.

    Raises:
        UserError: it is missing, damaged or cut off, lacks a column, or has something else than a number in one.
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
        UserError: the file is missing, damaged, or another one.
    """
    path = study / "tables" / "claims.json"
    if not path.is_file():
        raise UserError(f"{path} is missing; name the folder of a finished study")
    return read_part(path, judged)


def judged(path: Path) -> list[dict[str, Any]]:
    """Read claims.json.

    Raises:
        ValueError: it holds something else than claims with their names.
    """
    claims = read_object(path).get("claims")
    if not isinstance(claims, list) or not all(isinstance(claim, dict) and "id" in claim for claim in claims):
        raise ValueError("no claims")
    return claims


def whole_table(path: Path) -> pd.DataFrame:
    """Read a table whose last line has an end, as every table of a study.

    Raises:
        ValueError: the file is cut off.
    """
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
        if not handle.read().endswith(b"\n"):
            raise ValueError("the last line has no end")
    return read_table(path)
