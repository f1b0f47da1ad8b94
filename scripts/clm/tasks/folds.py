"""Folds of cross-validation within the training set that keep each scaffold together."""

import numpy as np


def grouped_folds(groups: np.ndarray, folds: int = 5) -> list[np.ndarray]:
    """Return the held-out indices (int64, ascending) of each fold; each group is in one fold.

    Groups, in descending order of size (ties by first appearance), go to the smallest fold: the folds are deterministic
    and of nearly equal size. With fewer groups than folds there are as many folds as groups.
    """
    _, first, group, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    folds = min(folds, len(sizes))
    fold_sizes = np.zeros(folds, dtype=np.int64)
    fold_of = np.zeros(len(sizes), dtype=np.int64)
    for number in np.lexsort((first, -sizes)):
        fold_of[number] = np.argmin(fold_sizes)
        fold_sizes[fold_of[number]] += sizes[number]
    return [np.flatnonzero(fold_of[group] == fold) for fold in range(folds)]
