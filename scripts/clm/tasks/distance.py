"""How far a task lies from what a model was pretrained on."""

from collections import Counter
from typing import Any

import numpy as np

from clm.tasks.fingerprints import ecfp_bits, hash_sample, nearest_similarity
from clm.tokens.regex import split

QUERIES = 500
REFERENCE = 10_000


def distance(task_smiles: list[str], corpus_smiles: list[str]) -> dict[str, Any]:
    """Return nearest Tanimoto similarity, unseen tokens and overlap of a task with pretraining molecules.

    Similarity is taken from at most 500 task molecules (smallest hashes) to the first 10 000 corpus molecules: the
    largest of many similarities grows with their number, so one size keeps corpora comparable.

    Args:
        task_smiles: canonical SMILES of the task, repeats allowed.
        corpus_smiles: canonical SMILES of the subset, ordered by hash (so its head is a random sample).

    Returns:
        task_molecules (unique), corpus_molecules, compared_task_molecules, compared_corpus_molecules,
        nearest_tanimoto_mean, nearest_tanimoto_median, overlap (unique task molecules in the whole subset),
        overlap_share, unseen_token_share (of all tokens of the task), unseen_molecule_share (molecules with such a
        token), unseen_tokens (at most 20, commonest first).
    """
    unique = list(dict.fromkeys(task_smiles))
    queries = [unique[i] for i in hash_sample(unique, QUERIES)]
    nearest = nearest_similarity(ecfp_bits(queries), ecfp_bits(corpus_smiles[:REFERENCE]))
    overlap = len(set(unique).intersection(corpus_smiles))
    return {
        "task_molecules": len(unique),
        "corpus_molecules": len(corpus_smiles),
        "compared_task_molecules": len(queries),
        "compared_corpus_molecules": min(len(corpus_smiles), REFERENCE),
        "nearest_tanimoto_mean": float(nearest.mean()),
        "nearest_tanimoto_median": float(np.median(nearest)),
        "overlap": overlap,
        "overlap_share": overlap / len(unique),
    } | unseen_tokens(unique, corpus_smiles)


def unseen_tokens(unique: list[str], corpus_smiles: list[str]) -> dict[str, Any]:
    """Return the share of task tokens, and of task molecules with a token, that the corpus does not have."""
    seen: set[str] = set()
    for text in corpus_smiles:
        seen.update(split(text))
    tokens = [split(text) for text in unique]
    strange = Counter(token for molecule in tokens for token in molecule if token not in seen)
    return {
        "unseen_token_share": strange.total() / sum(map(len, tokens)),
        "unseen_molecule_share": sum(not seen.issuperset(molecule) for molecule in tokens) / len(unique),
        "unseen_tokens": [token for token, _ in sorted(strange.items(), key=lambda item: (-item[1], item[0]))[:20]],
    }
