"""Descriptors of a task: properties of its molecules and labels that may determine whether scale helps."""

from collections import defaultdict
from typing import Any

import numpy as np
from rdkit import Chem

from clm.tasks.fingerprints import ecfp_bits, hash_sample, tanimoto_distances
from clm.tasks.roughness import rogi_xd
from clm.tasks.table import Task

SAMPLE_MOLECULES = 2000  # maximum number of molecules whose pairs are compared
SIMILAR = 0.9  # minimum Tanimoto similarity of the two molecules of an activity cliff


def graph_diameter(mol: Chem.Mol) -> int:
    """Return the longest shortest path, in bonds, between heavy atoms of the largest fragment."""
    heavy = [{atom for atom in fragment if mol.GetAtomWithIdx(atom).GetAtomicNum() > 1} for fragment in fragments(mol)]
    largest = sorted(max(heavy, key=len))
    if not largest:
        return 0
    return int(Chem.GetDistanceMatrix(mol)[np.ix_(largest, largest)].max())


def fragments(mol: Chem.Mol) -> tuple[tuple[int, ...], ...]:
    """Return the atom indices of each fragment."""
    return Chem.GetMolFrags(mol)


def label_noise(molecules: list[str], y: np.ndarray) -> tuple[float | None, int]:
    """Return the pooled SD of y within equal molecules (None without repeats) and the number of repeated molecules."""
    values: dict[str, list[float]] = defaultdict(list)
    for text, value in zip(molecules, y, strict=True):
        if np.isfinite(value):
            values[text].append(value)
    repeated = [np.array(same) for same in values.values() if len(same) > 1]
    df = sum(len(same) - 1 for same in repeated)
    if not df:
        return None, 0
    squares = sum(float(np.sum(np.square(same - same.mean()))) for same in repeated)
    return float(np.sqrt(squares / df)), len(repeated)


def describe_label(task: Task, column: int, kind: str, sample: np.ndarray, distances: np.ndarray) -> dict[str, Any]:
    """Return descriptors of one label.

    Args:
        task: the task.
        column: of the label.
        kind: "regression" or "classification".
        sample: int64 (m,), indices of the molecules whose pairs are compared.
        distances: float64 (m, m), their Tanimoto distances.
    """
    y = task.labels[:, column]
    known = y[np.isfinite(y)]
    noise, repeated = label_noise(task.same, y)
    rated = np.isfinite(y[sample])
    square, texts = distances[np.ix_(rated, rated)], np.array(task.smiles, dtype=object)
    return {
        "molecules": len(known),
        "mean": float(known.mean()) if len(known) else None,
        "variance": float(known.var(ddof=1)) if len(known) > 1 else None,
        "class_balance": float(known.mean()) if kind == "classification" and len(known) else None,
        "label_noise": noise,
        "repeated_molecules": repeated,
        "rogi_xd": rogi_xd(square[np.triu_indices(len(square), 1)], y[sample][rated]),
        "activity_cliff_fraction": activity_cliff_fraction(square, texts[sample][rated], y[sample][rated], known),
    }


def activity_cliff_fraction(
    distances: np.ndarray, smiles: np.ndarray, y: np.ndarray, known: np.ndarray
) -> float | None:
    """Return the fraction of pairs of similar nearest neighbours whose labels differ by more than one SD.

    A pair is a molecule and its nearest other molecule (the first of several) if their similarity is at least SIMILAR;
    a pair that is nearest both ways counts once. None if there is no such pair. Activity cliffs: Maggiora, J. Chem.
    Inf. Model. 2006, 46, 1535.

    Args:
        distances: Tanimoto distances, float64 (m, m).
        smiles: canonical SMILES (m,); equal molecules are not a pair: their difference is label noise.
        y: labels (m,), finite.
        known: all known labels (n,), whose standard deviation is the unit.
    """
    if not len(y):
        return None
    others = np.where(smiles[:, None] == smiles, np.inf, distances)
    nearest = others.argmin(axis=1)
    near = np.flatnonzero(others[np.arange(len(y)), nearest] <= 1 - SIMILAR)
    pairs = np.unique(np.sort(np.column_stack([near, nearest[near]])), axis=0)
    if not len(pairs):
        return None
    return float(np.mean(np.abs(y[pairs[:, 0]] - y[pairs[:, 1]]) > known.std(ddof=1)))


def describe(task: Task, kind: str) -> dict[str, Any]:
    """Return descriptors of a task and of each of its labels.

    molecules, unique, scaffold_diversity (scaffolds per molecule), acyclic_fraction, salt_fraction, graph_diameter,
    heavy_atoms (means over molecules); labels: {name: see describe_label}.
    """
    from scipy.spatial.distance import squareform

    mols = [Chem.MolFromSmiles(text) for text in task.smiles]
    sample = hash_sample(task.smiles, SAMPLE_MOLECULES)
    distances = squareform(tanimoto_distances(ecfp_bits([task.smiles[i] for i in sample])))
    count = len(mols)
    return {
        "kind": kind,
        "molecules": count,
        "unique": len(set(task.same)),
        "scaffold_diversity": len(set(task.scaffolds)) / count,
        "acyclic_fraction": task.scaffolds.count("") / count,
        "salt_fraction": sum("." in text for text in task.smiles) / count,
        "graph_diameter": float(np.mean([graph_diameter(mol) for mol in mols])),
        "heavy_atoms": float(np.mean([mol.GetNumHeavyAtoms() for mol in mols])),
        "labels": {name: describe_label(task, i, kind, sample, distances) for i, name in enumerate(task.names)},
    }
