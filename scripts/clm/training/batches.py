"""The order of training data: molecules of similar length share a batch, so that there is little padding."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import count, islice

import numpy as np

from clm.tokens.shards import Shard

BUCKET_WIDTH = 4  # tokens: lengths within a batch differ by less than this


def molecule_order(molecules: int, seed: int) -> Iterator[int]:
    """Yield indices of molecules forever; each epoch is another permutation."""
    for epoch in count():
        yield from np.random.default_rng([seed, epoch]).permutation(molecules).tolist()


def batch_stream(shard: Shard, batch_tokens: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the indices of the molecules of each batch, int64 (B,), forever.

    Molecules are drawn in random order and collected by length: a bucket that holds about `batch_tokens` tokens is a
    batch. Buckets are carried over from one epoch to the next, so no batch is short and no molecule is dropped.

    Args:
        shard: training molecules.
        batch_tokens: tokens of a full batch; a batch has at least one molecule.
        seed: of the order.
    """
    lengths = shard.lengths.tolist()
    buckets: dict[int, list[int]] = defaultdict(list)
    for molecule in molecule_order(len(shard), seed):
        bucket = -(-lengths[molecule] // BUCKET_WIDTH)
        buckets[bucket].append(molecule)
        if (len(buckets[bucket]) + 1) * bucket * BUCKET_WIDTH > batch_tokens:
            yield np.array(buckets.pop(bucket), dtype=np.int64)


def resume_stream(shard: Shard, batch_tokens: int, seed: int, step: int) -> Iterator[np.ndarray]:
    """Yield the batches from `step` on; the order before it is replayed, which reads no data and takes little time."""
    return islice(batch_stream(shard, batch_tokens, seed), step, None)
