"""The distance of a task from the pretraining molecules of a model."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from clm.chemistry.identity import identity
from clm.chemistry.keys import smiles_key
from clm.tasks.fingerprints import ecfp_bits, hash_sample, nearest_similarity
from clm.tokens.regex import split
from clm.tokens.scan import FIXED, Scan, scan

QUERIES = 500
REFERENCE = 10_000
ATOM = re.compile(r"\[?\d*([A-Z][a-z]?|[a-z][a-z]?|\*)")


def distance(task_smiles: list[str], molecules: list[str], corpus: Iterable[pa.Array]) -> dict[str, Any]:
    """Return nearest Tanimoto similarity, unseen tokens and overlap of a task with pretraining molecules.

    Similarity is computed from at most 500 task molecules (smallest hashes) to the first 10 000 corpus molecules: the
    largest of many similarities grows with their number, so a fixed number keeps corpora comparable.

    Args:
        task_smiles: canonical SMILES of the task, repeats allowed.
        molecules: identifier of each task molecule, shared by equal molecules (`clm.chemistry.identity`).
        corpus: canonical SMILES of the subset in batches, ordered by hash (so its head is a random sample); a subset
            may be larger than memory.

    Returns:
        task_molecules (unique), corpus_molecules, compared_task_molecules, compared_corpus_molecules,
        nearest_tanimoto_mean, nearest_tanimoto_median, overlap (unique task molecules in the whole subset, in any
        spelling), overlap_fraction, unseen_token_fraction (of all tokens of the task), unseen_molecule_fraction
        (molecules with such a token), unseen_tokens (at most 20, most frequent first).
    """
    unique = list(dict.fromkeys(task_smiles))
    wanted, reference, seen = set(molecules), [], set()
    formulas = compositions(scan(pa.array(unique)), len(unique))
    size, found = 0, set()
    for batch in corpus:
        reference += batch.slice(0, REFERENCE - len(reference)).to_pylist()
        scanned = scan(batch)
        alike = np.isin(compositions(scanned, len(batch)), formulas)
        found.update(wanted.intersection(identity(text) for text in batch.filter(pa.array(alike)).to_pylist()))
        seen.update(scanned.counts())
        size += len(batch)
    queries = [unique[i] for i in hash_sample(unique, QUERIES)]
    nearest = nearest_similarity(ecfp_bits(queries), ecfp_bits(reference))
    return {
        "task_molecules": len(wanted),
        "corpus_molecules": size,
        "compared_task_molecules": len(queries),
        "compared_corpus_molecules": len(reference),
        "nearest_tanimoto_mean": float(nearest.mean()),
        "nearest_tanimoto_median": float(np.median(nearest)),
        "overlap": len(found),
        "overlap_fraction": len(found) / len(wanted),
    } | unseen_tokens(unique, seen)


def compositions(scanned: Scan, molecules: int) -> np.ndarray:
    """Return a hash of the heavy atoms and rings of each molecule, float64 (n,).

    Equal molecules have equal hashes in any spelling, so few other molecules need the slow comparison.
    """
    weights = np.array([weight(name) for name in [*FIXED, *scanned.further]])
    return np.bincount(scanned.molecule, weights[scanned.codes], minlength=molecules)


def weight(token: str) -> float:
    """Return a number for the element of a token, or for a ring closure; 0 for hydrogen, bonds and branches."""
    if token.isdigit() or token.startswith("%"):
        return float(smiles_key("ring") % 2**32)
    atom = ATOM.match(token)
    return 0.0 if atom is None or atom[1] == "H" else float(smiles_key(atom[1].capitalize()) % 2**32)


def unseen_tokens(unique: list[str], seen: set[str]) -> dict[str, Any]:
    """Return the fraction of unseen task tokens, and of task molecules with such a token."""
    tokens = [split(text) for text in unique]
    unseen = Counter(token for molecule in tokens for token in molecule if token not in seen)
    return {
        "unseen_token_fraction": unseen.total() / sum(map(len, tokens)),
        "unseen_molecule_fraction": sum(not seen.issuperset(molecule) for molecule in tokens) / len(unique),
        "unseen_tokens": [token for token, _ in sorted(unseen.items(), key=lambda item: (-item[1], item[0]))[:20]],
    }
