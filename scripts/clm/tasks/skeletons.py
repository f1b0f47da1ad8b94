"""Skeletons on both sides of a split: stereoisomers, tautomers and ions of one molecule in train and test."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np


def shared_skeletons(skeletons: list[str], parts: Mapping[str, np.ndarray]) -> int:
    """Return the number of skeletons that are both in the training and in the test part.

    Random splits keep equal molecules (with the same full InChIKey) together; scaffold splits keep molecules with one
    scaffold together, so that only acyclic molecules and rings that differ in stereochemistry or charge can be on both
    sides.

    Args:
        skeletons: of each molecule, see `clm.chemistry.identity.skeleton`.
        parts: positions of the molecules of each part.
    """
    train, test = ({skeletons[i] for i in parts[part]} for part in ("train", "test"))
    return len(train & test)


def skeleton_overlaps(skeletons: list[str], splits: Iterable[tuple[str, Mapping[str, np.ndarray]]]) -> dict[str, float]:
    """Return {split: mean over its seeds of the skeletons in both train and test}; splits: (name, parts) per seed."""
    counts = defaultdict(list)
    for name, parts in splits:
        counts[name].append(shared_skeletons(skeletons, parts))
    return {name: float(np.mean(found)) for name, found in counts.items()}
