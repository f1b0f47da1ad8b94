"""Splits into train, valid and test (80/10/10), as an array of part names in row order."""

import numpy as np

TRAIN, VALID = 0.8, 0.1


def scaffold_split(scaffolds: list[str]) -> np.ndarray:
    """Split as DeepChem's ScaffoldSplitter does (Wu et al., Chem. Sci. 2018, 9, 513), molecule for molecule.

    Scaffold sets in descending order of (size, first row) fill train, then valid, then test. Acyclic molecules are one
    set. The outcome depends on the order of rows (ties) and has no randomness: seeds cannot change it.

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


def random_split(smiles: list[str], seed: int) -> np.ndarray:
    """Split at random; rows with equal canonical SMILES stay together."""
    sets = rows_by_key(smiles)
    parts = np.full(len(smiles), "test", dtype="<U5")
    placed = 0
    for number in np.random.default_rng(seed).permutation(len(sets)):
        if placed < TRAIN * len(smiles):
            parts[sets[number]] = "train"
        elif placed < (TRAIN + VALID) * len(smiles):
            parts[sets[number]] = "valid"
        placed += len(sets[number])
    return parts


def scaffold_balanced_split(scaffolds: list[str], smiles: list[str], seed: int) -> np.ndarray:
    """Split by scaffold in random order, large sets first (Yang et al., J. Chem. Inf. Model. 2019, 59, 3370).

    Sets larger than half of valid go to the front, so that no part consists of one series. Rows with equal canonical
    SMILES have the scaffold of the first of them.
    """
    first_scaffold: dict[str, str] = {}
    keys = [first_scaffold.setdefault(text, scaffold) for text, scaffold in zip(smiles, scaffolds, strict=True)]
    sets = rows_by_key(keys)
    order = np.random.default_rng(seed).permutation(len(sets))
    large = np.array([len(sets[number]) > VALID * len(smiles) / 2 for number in order], dtype=bool)
    parts = np.full(len(smiles), "test", dtype="<U5")
    train = valid = 0
    for number in [*order[large], *order[~large]]:
        rows = sets[number]
        if train + len(rows) <= TRAIN * len(smiles):
            train += len(rows)
            parts[rows] = "train"
        elif valid + len(rows) <= VALID * len(smiles):
            valid += len(rows)
            parts[rows] = "valid"
    return parts


def rows_by_key(keys: list[str]) -> list[list[int]]:
    """Return the rows (ascending) of each distinct key, in order of first appearance."""
    rows_of: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        rows_of.setdefault(key, []).append(row)
    return list(rows_of.values())
