"""Whether a new molecule resembles the labelled ones: nearest similarity, unseen tokens."""

from dataclasses import dataclass

import numpy as np
from rdkit import Chem

from clm.tasks.fingerprints import BITS, generator
from clm.tokens.regex import split

ROWS = 1024  # of a block of similarities
QUANTILE = 0.05


@dataclass(frozen=True)
class Domain:
    """The applicability domain: the labelled molecules and their similarity.

    Attributes:
        fingerprints: bits of ECFP4, packed, uint8 (m, 256).
        tokens: known to the model: its vocabulary, or the tokens of the labelled molecules.
        threshold: a molecule less similar than this to its nearest labelled one is outside the domain; 95 % of the
            labelled molecules are at least as similar to their nearest neighbour.
    """

    fingerprints: np.ndarray
    tokens: frozenset[str]
    threshold: float

    def measure(self, smiles: list[str], unseen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return nearest similarity, float64 (n,), and whether a molecule is in the domain, bool (n,).

        Args:
            smiles: of new molecules.
            unseen: float64 (n,), fraction of their tokens that are unknown to the method.
        """
        nearest = nearest_similarity(ecfp_packed(smiles), self.fingerprints)
        return nearest, (nearest >= self.threshold) & (unseen == 0)


def make_domain(smiles: list[str], vocabulary: frozenset[str] | None) -> Domain:
    """Return the domain of labelled molecules; without a vocabulary, their tokens are the known ones."""
    unique = list(dict.fromkeys(smiles))
    bits = ecfp_packed(unique)
    others = nearest_similarity(bits, bits, itself=False)
    tokens = vocabulary or frozenset(token for text in unique for token in split(text))
    return Domain(bits, tokens, float(np.quantile(others, QUANTILE)) if len(unique) > 1 else 0.0)


def ecfp_packed(smiles: list[str]) -> np.ndarray:
    """Return packed bits of ECFP4, uint8 (n, 256)."""
    make = generator()
    rows = [make.GetFingerprintAsNumPy(Chem.MolFromSmiles(text)) for text in smiles]
    return np.packbits(np.array(rows, dtype=np.uint8).reshape(len(smiles), BITS), axis=1)


def nearest_similarity(queries: np.ndarray, reference: np.ndarray, itself: bool = True) -> np.ndarray:
    """Return the largest Tanimoto similarity of packed fingerprints to a reference, float64 (n,).

    Args:
        queries: uint8 (n, 256).
        reference: uint8 (m, 256).
        itself: False if both are the same and molecules must not be compared with themselves.
    """
    bits = np.unpackbits(reference, axis=1).astype(np.float32)
    sizes, nearest = bits.sum(axis=1), np.zeros(len(queries))
    for start in range(0, len(queries), ROWS):
        block = np.unpackbits(queries[start : start + ROWS], axis=1).astype(np.float32)
        common = block @ bits.T  # small integers: exact
        union = block.sum(axis=1)[:, None] + sizes - common
        similarity = np.divide(common, union, out=np.ones_like(common), where=union > 0)
        if not itself:
            rows = np.arange(len(block))
            similarity[rows, start + rows] = 0
        nearest[start : start + ROWS] = similarity.max(axis=1)
    return nearest
