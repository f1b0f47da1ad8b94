"""Splits into train, valid and test (80/10/10), as an array of part names in row order."""

import re
from typing import Any

import numpy as np

from clm.provenance.command import UserError

ISO_DATE = re.compile(r"\d{4}(-\d\d(-\d\d([ T].*)?)?)?$")
TRAIN, VALID = 0.8, 0.1


def scaffold_split(scaffolds: list[str]) -> np.ndarray:
    """Split as DeepChem's ScaffoldSplitter does (Wu et al., Chem. Sci. 2018, 9, 513), molecule for molecule.

    Scaffold sets in descending order of (size, first row) fill train, then valid, then test. Acyclic molecules are one
    set. The result depends on the order of rows (ties) and is deterministic: seeds cannot change it.

    Args:
        scaffolds: scaffold SMILES of the source molecules in source row order.
    """
    parts = np.full(len(scaffolds), "train", dtype="<U5")
    sets = rows_by_key(scaffolds)
    train = valid = 0
    for rows in sorted(sets, key=lambda rows: (len(rows), rows[0]), reverse=True):
        if train + len(rows) <= TRAIN * len(scaffolds):
            train += len(rows)
        elif train + valid + len(rows) <= (TRAIN + VALID) * len(scaffolds):
            valid += len(rows)
            parts[rows] = "valid"
        else:
            parts[rows] = "test"
    return parts


def random_split(smiles: list[str], molecules: list[str], seed: int) -> np.ndarray:
    """Split at random; equal molecules stay together.

    The SMILES are put in a random order, and all SMILES of a molecule follow its first one. If two spellings are later
    found to be one molecule, only their own rows move (and, at the borders of the parts, as many others).

    Args:
        smiles: canonical SMILES.
        molecules: identifier that equal molecules share (`clm.chemistry.identity`); equal SMILES have one identifier.
        seed: of the order.
    """
    first_rows = [rows[0] for rows in rows_by_key(smiles)]
    rows_of = {molecules[rows[0]]: rows for rows in rows_by_key(molecules)}
    parts = np.full(len(smiles), "test", dtype="<U5")
    placed = 0
    for number in np.random.default_rng(seed).permutation(len(first_rows)):
        rows = rows_of.pop(molecules[first_rows[number]], [])
        if placed < TRAIN * len(smiles):
            parts[rows] = "train"
        elif placed < (TRAIN + VALID) * len(smiles):
            parts[rows] = "valid"
        placed += len(rows)
    return parts


def scaffold_balanced_split(scaffolds: list[str], molecules: list[str], seed: int) -> np.ndarray:
    """Split by scaffold in random order, large sets first (Yang et al., J. Chem. Inf. Model. 2019, 59, 3370).

    Sets larger than half of valid come first, so that no part consists of one series. Equal molecules (of one identity)
    get the scaffold of the first of them.
    """
    first_scaffold: dict[str, str] = {}
    keys = [first_scaffold.setdefault(text, scaffold) for text, scaffold in zip(molecules, scaffolds, strict=True)]
    sets = rows_by_key(keys)
    order = np.random.default_rng(seed).permutation(len(sets))
    large = np.array([len(sets[number]) > VALID * len(molecules) / 2 for number in order], dtype=bool)
    parts = np.full(len(molecules), "test", dtype="<U5")
    train = valid = 0
    for number in [*order[large], *order[~large]]:
        rows = sets[number]
        if train + len(rows) <= TRAIN * len(molecules):
            train += len(rows)
            parts[rows] = "train"
        elif valid + len(rows) <= VALID * len(molecules):
            valid += len(rows)
            parts[rows] = "valid"
    return parts


def cluster_split(clusters: list[str], smiles: list[str], seed: int) -> np.ndarray:
    """Split by cluster of similar molecules in random order, large ones first, as in `scaffold_balanced_split`.

    Args:
        clusters: of each molecule, see `clm.tasks.clusters`.
        smiles: canonical SMILES.
        seed: of the order.
    """
    return scaffold_balanced_split(clusters, smiles, seed)


def time_split(times: list[str], smiles: list[str]) -> np.ndarray:
    """Split by time: the earliest 80 % train, the latest 10 % test (Sheridan, J. Chem. Inf. Model. 2013, 53, 783).

    Equal molecules go to the part of the earliest of them: a measurement that was repeated later was known before.

    Args:
        times: ISO dates or numbers, all of one kind; molecules without a time (empty) go to train.
        smiles: canonical SMILES.
    """
    numbers = numeric(times)
    values = [float(time) if numbers and time else time for time in times]
    first: dict[str, Any] = {}
    for text, value in zip(smiles, values, strict=True):
        if value != "":
            first[text] = min(first.get(text, value), value)
    order = sorted(
        (row for row in range(len(smiles)) if smiles[row] in first), key=lambda row: (first[smiles[row]], row)
    )
    parts, limits = np.full(len(smiles), "train", dtype="<U5"), {}
    undated = len(smiles) - len(order)
    for place, row in enumerate(order, undated):
        part = "train" if place < TRAIN * len(smiles) else "valid" if place < (TRAIN + VALID) * len(smiles) else "test"
        parts[row] = limits.setdefault(first[smiles[row]], part)  # molecules of one time stay together
    return parts


def check_times(times: list[str], column: str, task: str) -> None:
    """Raise UserError if a given time is not an ISO date, or not a number although others are."""
    wrong = [] if numeric(times) else [time for time in times if time and not ISO_DATE.match(time)]
    if wrong:
        raise UserError(
            f"task {task}: time {wrong[0]!r} of column {column!r} is no date as 2024-05-31, and not all times are "
            "numbers; change dates to this form"
        )


def numeric(times: list[str]) -> bool:
    """Return whether all given times are numbers, such as years."""
    try:
        for time in filter(None, times):
            float(time)
    except ValueError:
        return False
    return True


def rows_by_key(keys: list[str]) -> list[list[int]]:
    """Return the rows (ascending) of each distinct key, in order of first appearance."""
    rows_of: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        rows_of.setdefault(key, []).append(row)
    return list(rows_of.values())
