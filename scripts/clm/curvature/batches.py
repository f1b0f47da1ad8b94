"""The batches on which curvature is measured: the first molecules of the validation set, with its fixed masks."""

from collections.abc import Iterator

import numpy as np
import torch

from clm.tokens.shards import Shard
from clm.training.masked_loss import Batch, evaluation_batches
from clm.training.masks import fixed_masks


def disjoint_batches(shard: Shard, mask_fraction: float, batches: int, molecules: int) -> Iterator[Batch]:
    """Yield `batches` batches of `molecules` molecules, the same for every model.

    Args:
        shard: validation molecules, ordered by hash (so the first are a random sample).
        mask_fraction: fraction of the non-special tokens that are masked.
        batches: number of batches.
        molecules: per batch; fewer in the last batch of a small shard.
    """
    for number in range(batches):
        indices = np.arange(number * molecules, min((number + 1) * molecules, len(shard)))
        if len(indices):
            part = shard.take(indices)
            padded_tokens = int(part.lengths.max()) * len(part)
            yield from evaluation_batches(part, fixed_masks(part, mask_fraction), padded_tokens)


def masked_tokens(batches: list[Batch]) -> list[float]:
    """Return the number of masked tokens of each batch."""
    return [float(len(batch.targets)) for batch in batches]


def to_device(batches: Iterator[Batch], device: torch.device) -> list[Batch]:
    """Return batches on a device."""
    return [batch.to(device) for batch in batches]
