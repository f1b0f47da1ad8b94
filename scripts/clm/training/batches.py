"""The order of training: molecules of similar length share a batch, so that hardly anything is padded."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import count, islice

import numpy as np

from clm.tokens.shards import Shard

BUCKET = 4  # tokens: lengths that share a batch differ by less than this


def molecule_order(molecules: int, seed: int) -> Iterator[int]:
    """Yield positions of molecules forever; each epoch is a permutation of its own."""
    for epoch in count():
        yield from np.random.default_rng([seed, epoch]).permutation(molecules).tolist()


def batch_stream(shard: Shard, batch_tokens: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the positions of the molecules of each batch, int64 (B,), forever.

    Molecules come in random order and wait in the bucket of their length until it holds about `batch_tokens` tokens.
    What waits at the end of an epoch stays for the next: no batch is cut short and no molecule is left out.

    Args:
        shard: training molecules.
        batch_tokens: tokens of a full batch; a batch has at least one molecule.
        seed: of the order.
    """
    lengths = shard.lengths.tolist()
    waiting: dict[int, list[int]] = defaultdict(list)
    for molecule in molecule_order(len(shard), seed):
        bucket = -(-lengths[molecule] // BUCKET)
        waiting[bucket].append(molecule)
        if (len(waiting[bucket]) + 1) * bucket * BUCKET > batch_tokens:
            yield np.array(waiting.pop(bucket), dtype=np.int64)


def resume_stream(shard: Shard, batch_tokens: int, seed: int, step: int) -> Iterator[np.ndarray]:
    """Yield the batches from `step` on: the order is replayed, which costs no data and little time."""
    return islice(batch_stream(shard, batch_tokens, seed), step, None)
