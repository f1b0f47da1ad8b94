"""The data loader of pretraining: packed rows of molecules, masked."""

import queue
import threading
from collections.abc import Iterator, Mapping
from itertools import chain
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from clm.tokens.shards import Shard
from clm.training.masks import Corruption
from clm.training.packed_rows import PackedBatch, gather_rows, micro_batches, pad_targets, row_width, slice_batch
from clm.training.packing import count_visits, resume_stream
from clm.training.process_group import SINGLE_PROCESS, ProcessGroup


class StepBatch(NamedTuple):
    """The data of one optimizer step.

    micro_batches: of this process; masked: number of masked tokens, lengths: tokens of each molecule (B,), both of the
    global batch.
    """

    micro_batches: list[PackedBatch]
    masked: int
    lengths: np.ndarray


class BatchLoader:
    """Draw the batch of every step, with the same molecules and masks for any number of processes."""

    def __init__(
        self,
        shard: Shard,
        config: Mapping[str, Any],
        settings: Mapping[str, Any],
        seed: int,
        group: ProcessGroup = SINGLE_PROCESS,
        micro_tokens: int | None = None,
        pad_targets: bool = False,
    ) -> None:
        """Prepare.

        Args:
            shard: training molecules.
            config: content of config.json: the vocabulary, and the longest sequence, which determines the row width.
            settings: `batch_tokens`, `mask_fraction`, `mask_token_fraction`, `random_token_fraction`.
            seed: of data order and masks.
            group: the processes that share each batch.
            micro_tokens: maximum number of tokens (including padding) in a micro-batch; None for one micro-batch.
            pad_targets: pad positions and targets to the same number in all batches, which does not change the loss.

        Raises:
            ValueError: a molecule is longer than the model reads.
        """
        self.shard, self.seed, self.vocabulary_size, self.group = shard, seed, config["vocab_size"], group
        self.width = row_width(config)
        self.rows = max(1, settings["batch_tokens"] // self.width)
        self.micro_tokens, self.pad_targets = micro_tokens, pad_targets
        fractions = (settings[name] for name in ("mask_fraction", "mask_token_fraction", "random_token_fraction"))
        self.corruption = Corruption(*fractions)
        self.tokens, self.lengths = np.asarray(shard.tokens), shard.lengths
        if self.lengths.max() > self.width:
            raise ValueError(f"a molecule of {self.lengths.max()} tokens does not fit into a row of {self.width}")

    def iterate_from(self, step: int) -> Iterator[StepBatch]:
        """Yield the batches of `step` and of all steps after it."""
        stream = resume_stream(self.lengths, self.width, self.rows, self.seed, step)
        for number, rows in enumerate(stream, start=step):
            yield self.collate(rows, np.random.default_rng([self.seed, 1, number]))

    def count_visits(self, steps: int) -> np.ndarray:
        """Return how often each molecule occurs in the batches of the first steps, int64 (n,)."""
        return count_visits(self.lengths, self.width, steps * self.rows, self.seed)

    def collate(self, packed: list[list[int]], rng: np.random.Generator) -> StepBatch:
        """Return the batch of rows of molecules: masked as a whole, then sliced."""
        counts, molecules = list(map(len, packed)), np.fromiter(chain.from_iterable(packed), np.int64)
        lengths = self.lengths[molecules]
        rows = gather_rows(self.tokens, self.shard.offsets[molecules], lengths, counts, self.width)
        corrupted, positions = self.corruption.draw(rows.ids, self.vocabulary_size, rng)
        if self.pad_targets:
            count = ceil(self.corruption.masked_fraction * rows.ids.size)
            batches = [pad_targets(rows, corrupted, positions, count)]
        else:
            parts = micro_batches(self.group.slice(self.rows), self.width, self.micro_tokens)
            batches = [slice_batch(rows, corrupted, positions, part) for part in parts]
        return StepBatch(batches, len(positions), lengths)


def pin_memory(batch: PackedBatch) -> PackedBatch:
    """Return a batch in pinned memory, from which a GPU copies while it computes."""
    return PackedBatch(*(x.pin_memory() for x in batch))


def prefetch(batches: Iterator[StepBatch], depth: int = 4) -> Iterator[StepBatch]:
    """Yield batches that a thread prepares up to `depth` steps ahead in pinned memory, so that a GPU never waits."""
    ready: queue.Queue[StepBatch | BaseException] = queue.Queue(depth)
    stopped = threading.Event()

    def produce() -> None:
        try:
            for batch in batches:
                put(batch._replace(micro_batches=[pin_memory(part) for part in batch.micro_batches]))
                if stopped.is_set():
                    return
        except BaseException as error:  # passed to the consumer, which raises it
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
