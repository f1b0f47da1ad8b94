"""Folds of cross-validation inside the training part that never divide a scaffold."""

import numpy as np


def grouped_folds(groups: np.ndarray, folds: int = 5) -> list[np.ndarray]:
    """Return the held-out positions (int64, ascending) of each fold; a group lies in one fold.

    The largest group goes to the emptiest fold, ties by first appearance: no randomness, nearly equal sizes.
    With fewer groups than folds there are as many folds as groups.
    """
    _, first, group, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    folds = min(folds, len(sizes))
    held = np.zeros(folds, dtype=np.int64)
    fold_of = np.zeros(len(sizes), dtype=np.int64)
    for number in np.lexsort((first, -sizes)):
        fold_of[number] = np.argmin(held)
        held[fold_of[number]] += sizes[number]
    return [np.flatnonzero(fold_of[group] == fold) for fold in range(folds)]
