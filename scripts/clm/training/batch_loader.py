"""The data loader of pretraining: masked batches, sliced over processes and split into micro-batches."""

import queue
import threading
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import torch

from clm.tokens.regex import PAD
from clm.tokens.shards import Shard
from clm.training.batches import BUCKET_WIDTH, resume_stream
from clm.training.masked_loss import Batch
from clm.training.masks import Corruption
from clm.training.process_group import SINGLE_PROCESS, ProcessGroup

IGNORE_INDEX = -100  # targets that torch's cross entropy ignores


class StepBatch(NamedTuple):
    """The data of one optimizer step.

    micro_batches: of this process; masked: number of masked tokens, lengths: tokens of each molecule (B,), both of the
    global batch.
    """

    micro_batches: list[Batch]
    masked: int
    lengths: np.ndarray


class BatchLoader:
    """Draws the batch of every step: the same molecules and masks whatever the number of processes."""

    def __init__(
        self,
        shard: Shard,
        settings: Mapping[str, Any],
        seed: int,
        vocabulary_size: int,
        group: ProcessGroup = SINGLE_PROCESS,
        micro_tokens: int | None = None,
        pad_to_bucket: bool = False,
    ) -> None:
        """Prepare.

        Args:
            shard: training molecules.
            settings: `batch_tokens`, `mask_fraction`, `mask_token_fraction`, `random_token_fraction`.
            seed: of data order and masks.
            vocabulary_size: number of token ids.
            group: the processes that share each batch.
            micro_tokens: at most so many tokens (padding included) in a micro-batch; None for one micro-batch.
            pad_to_bucket: pad all batches of a bucket to one shape, which changes no loss.
        """
        self.pad_to_bucket = pad_to_bucket
        self.shard, self.seed, self.vocabulary_size, self.group = shard, seed, vocabulary_size, group
        self.batch_tokens, self.micro_tokens = settings["batch_tokens"], micro_tokens
        fractions = (settings[name] for name in ("mask_fraction", "mask_token_fraction", "random_token_fraction"))
        self.corruption = Corruption(*fractions)
        self.tokens, self.lengths = np.asarray(shard.tokens), shard.lengths

    def iterate_from(self, step: int) -> Iterator[StepBatch]:
        """Yield the batches of `step` and of all steps after it."""
        stream = resume_stream(self.shard, self.batch_tokens, self.seed, step)
        for number, molecules in enumerate(stream, start=step):
            yield self.collate(molecules, np.random.default_rng([self.seed, 1, number]))

    def collate(self, molecules: np.ndarray, rng: np.random.Generator) -> StepBatch:
        """Return the batch of molecules (B,): masked as a whole, then sliced."""
        lengths = self.lengths[molecules]
        longest = lengths.max()
        width = min(-(-longest // BUCKET_WIDTH) * BUCKET_WIDTH, self.lengths.max()) if self.pad_to_bucket else longest
        ids = gather_padded(self.tokens, self.shard.offsets[molecules], lengths, width)
        corrupted, positions = self.corruption.draw(ids, self.vocabulary_size, rng)
        if self.pad_to_bucket:
            batches = [pad_targets(ids, corrupted, positions, ceil(self.corruption.masked_fraction * ids.size))]
        else:
            rows = micro_batches(self.group.slice(len(ids)), width, self.micro_tokens)
            batches = [slice_batch(ids, corrupted, positions, part) for part in rows]
        return StepBatch(batches, len(positions), lengths)


def gather_padded(tokens: np.ndarray, starts: np.ndarray, lengths: np.ndarray, width: int) -> np.ndarray:
    """Return the molecules that begin at `starts` (B,) as rows of int64 (B, width), padded on the right."""
    columns = np.arange(width)
    real = columns < lengths[:, None]
    out = np.full(real.shape, PAD, dtype=np.int64)
    out[real] = tokens[(starts[:, None] + columns)[real]]
    return out


def micro_batches(rows: range, width: int, micro_tokens: int | None) -> list[range]:
    """Split rows of `width` tokens into the fewest micro-batches of at most `micro_tokens` tokens, at least one row."""
    max_rows = max(1, micro_tokens // width) if micro_tokens else max(1, len(rows))
    count = -(-len(rows) // max_rows)
    bounds = [rows.start + part * len(rows) // max(1, count) for part in range(count + 1)]
    return [range(*pair) for pair in pairwise(bounds)]


def slice_batch(ids: np.ndarray, corrupted: np.ndarray, positions: np.ndarray, rows: range) -> Batch:
    """Return some rows of a masked batch (B, T) with the masked positions among them (maybe none)."""
    width = ids.shape[1]
    first, last = np.searchsorted(positions, (rows.start * width, rows.stop * width))
    own = positions[first:last]
    targets = torch.from_numpy(ids.ravel()[own])
    real = ids[rows.start : rows.stop] != PAD
    attention = None if real.all() else torch.from_numpy(real)
    inputs = torch.from_numpy(corrupted[rows.start : rows.stop])
    return Batch(inputs, attention, torch.from_numpy(own - rows.start * width), targets)


def pad_targets(ids: np.ndarray, corrupted: np.ndarray, positions: np.ndarray, count: int) -> Batch:
    """Return a masked batch (B, T) whose positions are padded to `count`; those added have no target."""
    missing = max(1, count) - len(positions)
    targets = np.pad(ids.ravel()[positions], (0, missing), constant_values=IGNORE_INDEX)
    arrays = (corrupted, ids != PAD, np.pad(positions, (0, missing)), targets)
    return Batch(*map(torch.from_numpy, arrays))


def pin_memory(batch: Batch) -> Batch:
    """Return a batch in pinned memory, from which a GPU copies while it computes."""
    return Batch(*(None if x is None else x.pin_memory() for x in batch))


def prefetch(batches: Iterator[StepBatch], depth: int = 4) -> Iterator[StepBatch]:
    """Yield batches that a thread prepares up to `depth` steps ahead, in pinned memory: a GPU never waits for them."""
    ready: queue.Queue[StepBatch | BaseException] = queue.Queue(depth)
    stopped = threading.Event()

    def produce() -> None:
        try:
            for batch in batches:
                put(batch._replace(micro_batches=[pin_memory(part) for part in batch.micro_batches]))
                if stopped.is_set():
                    return
        except BaseException as error:  # handed to the consumer, who raises it
            put(error)

    def put(item: StepBatch | BaseException) -> None:
        while not stopped.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue

    threading.Thread(target=produce, daemon=True).start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
