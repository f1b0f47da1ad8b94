"""What each optimizer step works on: the corrupted batch, cut into the parts of each process and micro-batch."""

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
from clm.training.batches import BUCKET, resume_stream
from clm.training.masked_loss import Batch
from clm.training.masks import Corruption
from clm.training.team import ALONE, Team

NO_TARGET = -100  # what torch's cross entropy leaves out


class Work(NamedTuple):
    """One optimizer step: batches of this process; masked tokens and lengths (B,) of the batch of all processes."""

    batches: list[Batch]
    masked: int
    lengths: np.ndarray


class Feed:
    """Draws the work of every step: the same batches and masks however many processes share them."""

    def __init__(
        self,
        shard: Shard,
        settings: Mapping[str, Any],
        seed: int,
        vocabulary_size: int,
        team: Team = ALONE,
        micro_tokens: int | None = None,
        one_shape: bool = False,
    ) -> None:
        """Prepare.

        Args:
            shard: training molecules.
            settings: `batch_tokens`, `mask_fraction`, `mask_token_fraction`, `random_token_fraction`.
            seed: of data order and masks.
            vocabulary_size: number of token ids.
            team: the processes that share each batch.
            micro_tokens: tokens (padding included) that a process handles at once; the rest of its slice follows.
            one_shape: pad the batches of a bucket to one shape, which changes no loss.
        """
        self.one_shape = one_shape
        self.shard, self.seed, self.vocabulary_size, self.team = shard, seed, vocabulary_size, team
        self.batch_tokens, self.micro_tokens = settings["batch_tokens"], micro_tokens
        shares = (settings[name] for name in ("mask_fraction", "mask_token_fraction", "random_token_fraction"))
        self.corruption = Corruption(*shares)
        self.tokens, self.lengths = np.asarray(shard.tokens), shard.lengths

    def work(self, step: int) -> Iterator[Work]:
        """Yield the work of `step` and of all steps after it."""
        stream = resume_stream(self.shard, self.batch_tokens, self.seed, step)
        for number, chosen in enumerate(stream, start=step):
            yield self.draw(chosen, np.random.default_rng([self.seed, 1, number]))

    def draw(self, chosen: np.ndarray, rng: np.random.Generator) -> Work:
        """Return the work on molecules (B,), corrupted as a whole and then cut."""
        lengths = self.lengths[chosen]
        width = min(-(-lengths.max() // BUCKET) * BUCKET, self.lengths.max()) if self.one_shape else lengths.max()
        ids = rows_of(self.tokens, self.shard.offsets[chosen], lengths, width)
        corrupted, positions = self.corruption.draw(ids, self.vocabulary_size, rng)
        if self.one_shape:
            batches = [filled(ids, corrupted, positions, ceil(self.corruption.share * ids.size))]
        else:
            parts = pieces(self.team.slice(len(ids)), width, self.micro_tokens)
            batches = [cut(ids, corrupted, positions, part) for part in parts]
        return Work(batches, len(positions), lengths)


def rows_of(tokens: np.ndarray, starts: np.ndarray, lengths: np.ndarray, width: int) -> np.ndarray:
    """Return the molecules that begin at `starts` (B,) as rows of int64 (B, width), padded on the right."""
    columns = np.arange(width)
    real = columns < lengths[:, None]
    out = np.full(real.shape, PAD, dtype=np.int64)
    out[real] = tokens[(starts[:, None] + columns)[real]]
    return out


def pieces(rows: range, width: int, micro_tokens: int | None) -> list[range]:
    """Cut rows of `width` tokens into the fewest parts of at most `micro_tokens` tokens (one row at least)."""
    most = max(1, micro_tokens // width) if micro_tokens else max(1, len(rows))
    count = -(-len(rows) // most)
    bounds = [rows.start + part * len(rows) // max(1, count) for part in range(count + 1)]
    return [range(*pair) for pair in pairwise(bounds)]


def cut(ids: np.ndarray, corrupted: np.ndarray, positions: np.ndarray, rows: range) -> Batch:
    """Return some rows of a corrupted batch (B, T) with the positions to predict among them (maybe none)."""
    width = ids.shape[1]
    first, last = np.searchsorted(positions, (rows.start * width, rows.stop * width))
    here = positions[first:last]
    targets = torch.from_numpy(ids.ravel()[here])
    real = ids[rows.start : rows.stop] != PAD
    attention = None if real.all() else torch.from_numpy(real)
    inputs = torch.from_numpy(corrupted[rows.start : rows.stop])
    return Batch(inputs, attention, torch.from_numpy(here - rows.start * width), targets)


def filled(ids: np.ndarray, corrupted: np.ndarray, positions: np.ndarray, most: int) -> Batch:
    """Return a corrupted batch (B, T) with `most` positions, those that are too many without a target."""
    rest = max(1, most) - len(positions)
    targets = np.pad(ids.ravel()[positions], (0, rest), constant_values=NO_TARGET)
    arrays = (corrupted, ids != PAD, np.pad(positions, (0, rest)), targets)
    return Batch(*map(torch.from_numpy, arrays))


def pinned(batch: Batch) -> Batch:
    """Return a batch in memory from which a GPU copies while it computes."""
    return Batch(*(None if x is None else x.pin_memory() for x in batch))


def ahead(work: Iterator[Work], depth: int = 4) -> Iterator[Work]:
    """Yield work that a thread draws up to `depth` steps ahead, in pinned memory: a GPU never waits for it."""
    waiting: queue.Queue[Work | BaseException] = queue.Queue(depth)
    ended = threading.Event()

    def draw() -> None:
        try:
            for item in work:
                put(item._replace(batches=[pinned(batch) for batch in item.batches]))
                if ended.is_set():
                    return
        except BaseException as error:  # told to the consumer, who raises it
            put(error)

    def put(item: Work | BaseException) -> None:
        while not ended.is_set():
            try:
                return waiting.put(item, timeout=0.1)
            except queue.Full:
                continue

    threading.Thread(target=draw, daemon=True).start()
    try:
        while True:
            item = waiting.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        ended.set()
