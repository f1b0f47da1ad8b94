"""Extended-connectivity fingerprints (Rogers and Hahn, J. Chem. Inf. Model. 2010, 50, 742) and their similarities."""

from hashlib import blake2b

import numpy as np
from rdkit import Chem, DataStructs, RDLogger
from rdkit.Chem import rdFingerprintGenerator

RDLogger.DisableLog("rdApp.*")

RADIUS, BITS = 2, 2048


def generator() -> rdFingerprintGenerator.FingerprintGenerator64:
    """Return the generator of radius 2 with 2048 bits."""
    return rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)


def ecfp_counts(smiles: list[str]) -> np.ndarray:
    """Return counts of substructures, float32 (n, 2048)."""
    make = generator()
    rows = [make.GetCountFingerprintAsNumPy(Chem.MolFromSmiles(text)) for text in smiles]
    return np.array(rows, dtype=np.float32).reshape(len(smiles), BITS)


def ecfp_bits(smiles: list[str]) -> list[DataStructs.ExplicitBitVect]:
    """Return bit vectors for similarities."""
    make = generator()
    return [make.GetFingerprint(Chem.MolFromSmiles(text)) for text in smiles]


def tanimoto_distances(bits: list[DataStructs.ExplicitBitVect]) -> np.ndarray:
    """Return 1 - Tanimoto similarity of all pairs, condensed like scipy's pdist, float64 (n (n - 1) / 2,)."""
    rows = [DataStructs.BulkTanimotoSimilarity(bits[i], bits[i + 1 :]) for i in range(len(bits) - 1)]
    return 1 - np.concatenate([np.asarray(row) for row in rows]) if rows else np.empty(0)


def nearest_similarity(
    queries: list[DataStructs.ExplicitBitVect], reference: list[DataStructs.ExplicitBitVect]
) -> np.ndarray:
    """Return the largest Tanimoto similarity of each query to the reference, float64 (n,)."""
    return np.array([max(DataStructs.BulkTanimotoSimilarity(query, reference)) for query in queries])


def hash_sample(smiles: list[str], size: int) -> np.ndarray:
    """Return the indices of the `size` smallest hashes (int64, ascending), or all; the same on any machine."""
    keys = [blake2b(text.encode(), digest_size=8).digest() for text in smiles]
    return np.array(sorted(sorted(range(len(smiles)), key=lambda i: (keys[i], i))[:size]), dtype=np.int64)
