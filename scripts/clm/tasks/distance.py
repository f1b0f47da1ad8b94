"""The distance of a task from the pretraining molecules of a model."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clm.tasks.fingerprints import ecfp_bits, hash_sample, nearest_similarity
from clm.tokens.regex import split
from clm.tokens.scan import scan

QUERIES = 500
REFERENCE = 10_000


def distance(task_smiles: list[str], corpus: Iterable[pa.Array]) -> dict[str, Any]:
    """Return nearest Tanimoto similarity, unseen tokens and overlap of a task with pretraining molecules.

    Similarity is taken from at most 500 task molecules (smallest hashes) to the first 10 000 corpus molecules: the
    largest of many similarities grows with their number, so one size keeps corpora comparable.

    Args:
        task_smiles: canonical SMILES of the task, repeats allowed.
        corpus: canonical SMILES of the subset in batches, ordered by hash (so its head is a random sample); a subset
            may be larger than memory.

    Returns:
        task_molecules (unique), corpus_molecules, compared_task_molecules, compared_corpus_molecules,
        nearest_tanimoto_mean, nearest_tanimoto_median, overlap (unique task molecules in the whole subset),
        overlap_share, unseen_token_share (of all tokens of the task), unseen_molecule_share (molecules with such a
        token), unseen_tokens (at most 20, commonest first).
    """
    unique = list(dict.fromkeys(task_smiles))
    wanted, reference, seen = pa.array(unique), [], set()
    molecules = overlap = 0
    for batch in corpus:
        reference += batch.slice(0, REFERENCE - len(reference)).to_pylist()
        overlap += pc.sum(pc.is_in(batch, wanted)).as_py() or 0
        seen.update(scan(batch).counts())
        molecules += len(batch)
    queries = [unique[i] for i in hash_sample(unique, QUERIES)]
    nearest = nearest_similarity(ecfp_bits(queries), ecfp_bits(reference))
    return {
        "task_molecules": len(unique),
        "corpus_molecules": molecules,
        "compared_task_molecules": len(queries),
        "compared_corpus_molecules": len(reference),
        "nearest_tanimoto_mean": float(nearest.mean()),
        "nearest_tanimoto_median": float(np.median(nearest)),
        "overlap": overlap,
        "overlap_share": overlap / len(unique),
    } | unseen_tokens(unique, seen)


def unseen_tokens(unique: list[str], seen: set[str]) -> dict[str, Any]:
    """Return the fraction of task tokens that were not seen, and of task molecules with such a token."""
    tokens = [split(text) for text in unique]
    unseen = Counter(token for molecule in tokens for token in molecule if token not in seen)
    return {
        "unseen_token_share": unseen.total() / sum(map(len, tokens)),
        "unseen_molecule_share": sum(not seen.issuperset(molecule) for molecule in tokens) / len(unique),
        "unseen_tokens": [token for token, _ in sorted(unseen.items(), key=lambda item: (-item[1], item[0]))[:20]],
    }
