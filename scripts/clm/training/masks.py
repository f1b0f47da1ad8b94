"""Token masks: fixed by a hash for evaluation, newly drawn for each training step."""

from dataclasses import dataclass

import numpy as np

from clm.tokens.regex import MASK, SPECIALS
from clm.tokens.shards import Shard


def splitmix64(x: np.ndarray) -> np.ndarray:
    """Return a well-mixed 64-bit hash of uint64 numbers (Steele et al., OOPSLA 2014)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def fixed_masks(shard: Shard, fraction: float) -> np.ndarray:
    """Return whether each token is masked in evaluation, bool (tokens,), for a fraction of the non-special ones.

    This is decided by hash(molecule, position), so it is the same for all models, batch sizes and orders.
    """
    lengths = shard.lengths
    keys = np.repeat(np.asarray(shard.keys), lengths)
    positions = np.arange(len(shard.tokens), dtype=np.uint64) - np.repeat(shard.offsets[:-1], lengths).astype(np.uint64)
    with np.errstate(over="ignore"):
        draws = splitmix64(splitmix64(keys) ^ positions)
    return (draws < np.uint64(fraction * 2.0**64)) & (np.asarray(shard.tokens) >= len(SPECIALS))


@dataclass(frozen=True)
class Corruption:
    """The corruption of training inputs, as in BERT.

    Attributes:
        masked_fraction: fraction of the non-special tokens to predict.
        mask_token_fraction: fraction of these replaced by [MASK].
        random_token_fraction: fraction of these replaced by a random token; the rest are unchanged.
    """

    masked_fraction: float
    mask_token_fraction: float
    random_token_fraction: float

    def draw(self, ids: np.ndarray, vocabulary_size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return corrupted ids and the flat positions to predict.

        Args:
            ids: integer (B, T), padded with 0.
            vocabulary_size: number of token ids, including special tokens.
            rng: generator of this step.

        Returns:
            ids int64 (B, T) and positions int64 (M,), ascending; M is the masked fraction of the non-special tokens,
            rounded, at least 1.
        """
        flat = ids.astype(np.int64).ravel()
        candidates = np.flatnonzero(flat >= len(SPECIALS))
        count = max(1, round(self.masked_fraction * len(candidates)))
        chosen = rng.permutation(candidates)[:count]
        bounds = (self.mask_token_fraction, self.mask_token_fraction + self.random_token_fraction)
        masked, replaced = (round(count * bound) for bound in bounds)
        flat[chosen[:masked]] = MASK
        flat[chosen[masked:replaced]] = rng.integers(len(SPECIALS), vocabulary_size, replaced - masked)
        return flat.reshape(ids.shape), np.sort(chosen)
