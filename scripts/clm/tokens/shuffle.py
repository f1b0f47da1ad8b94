"""Permute the tokens of each molecule, which preserves token counts but destroys grammar and structure.

A control for what pretraining learns from token order (Sinha et al., "Masked language modeling and the distributional
hypothesis: order word matters pre-training for little", EMNLP 2021, 2888-2913).
"""

import numpy as np

STEP = np.uint64(0x9E3779B97F4A7C15)


def mix(values: np.ndarray) -> np.ndarray:
    """Return a hash of each value, uint64: the output function of SplitMix64 (Steele et al., OOPSLA 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def shuffle_tokens(tokens: np.ndarray, lengths: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return the tokens of some molecules, permuted within each molecule except the first ([CLS]) and last ([SEP]).

    A permutation depends only on the key and the length of its molecule, so it is the same in every epoch, subset and
    process: tokens are sorted by a hash of key and position.

    Args:
        tokens: (t,) ids of all molecules, one after the other.
        lengths: int64 (n,), tokens of each molecule, at least 2.
        keys: uint64 (n,).
    """
    molecule = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    position = np.arange(len(tokens)) - starts[molecule]
    draws = mix(mix(keys.astype(np.uint64) + STEP)[molecule] + STEP * position.astype(np.uint64))
    place = (position > 0).astype(np.int8) + (position == lengths[molecule] - 1)  # 0 first, 1 inside, 2 last
    return tokens[np.lexsort((draws, place, molecule))]
