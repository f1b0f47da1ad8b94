"""Packed rows: concatenated molecules, sliced over processes and split into micro-batches."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from clm.tokens.regex import PAD

IGNORE_INDEX = -100  # targets that torch's cross entropy ignores


class PackedBatch(NamedTuple):
    """Masked rows of concatenated molecules.

    ids: (R, T) int64; segments: (R, T) int32, the number of each token's molecule in the batch, 0 at padding; places:
    (R, T) int64, position of each token in its molecule; positions and targets: (M,) int64, flat positions and ids to
    predict.
    """

    ids: Tensor
    segments: Tensor
    places: Tensor
    positions: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> "PackedBatch":
        """Return the batch on a device."""
        return PackedBatch(*(x.to(device, non_blocking=True) for x in self))


class Rows(NamedTuple):
    """Packed rows before masking, each (R, T): ids, segments and places as in `PackedBatch`."""

    ids: np.ndarray
    segments: np.ndarray
    places: np.ndarray


def row_width(config: Mapping[str, Any]) -> int:
    """Return the tokens of a row: the longest sequence of a model, rounded up to a multiple of 8 (for GPUs).

    Args:
        config: content of config.json.
    """
    return -(-(config["max_position_embeddings"] - 1) // 8) * 8


def gather_rows(tokens: np.ndarray, starts: np.ndarray, lengths: np.ndarray, counts: list[int], width: int) -> Rows:
    """Return molecules as rows of `width` tokens, padded on the right.

    Args:
        tokens: of all molecules, (total,).
        starts: first token of each molecule of the batch, (B,), in the order of the rows.
        lengths: their numbers of tokens, (B,).
        counts: number of molecules in each row.
        width: tokens of a row.
    """
    befores = np.cumsum(lengths) - lengths  # tokens of the batch before each molecule
    firsts = np.cumsum(counts) - counts  # molecules of the batch before each row
    columns = befores - np.repeat(befores[firsts] - np.arange(len(counts)) * width, counts)
    places = np.arange(lengths.sum()) - np.repeat(befores, lengths)
    at = np.repeat(columns, lengths) + places
    rows = Rows(*(np.full((len(counts), width), PAD, kind) for kind in (np.int64, np.int32, np.int64)))
    rows.ids.ravel()[at] = tokens[np.repeat(starts, lengths) + places]
    rows.segments.ravel()[at] = np.repeat(np.arange(1, len(lengths) + 1, dtype=np.int32), lengths)
    rows.places.ravel()[at] = places
    return rows


def micro_batches(rows: range, width: int, micro_tokens: int | None) -> list[range]:
    """Split rows of `width` tokens into the fewest micro-batches of at most `micro_tokens` tokens, at least one row."""
    max_rows = max(1, micro_tokens // width) if micro_tokens else max(1, len(rows))
    count = -(-len(rows) // max_rows)
    bounds = [rows.start + part * len(rows) // max(1, count) for part in range(count + 1)]
    return [range(*pair) for pair in pairwise(bounds)]


def slice_batch(rows: Rows, corrupted: np.ndarray, positions: np.ndarray, part: range) -> PackedBatch:
    """Return some rows of a masked batch (R, T) with the masked positions in them (possibly none)."""
    width = corrupted.shape[1]
    first, last = np.searchsorted(positions, (part.start * width, part.stop * width))
    own, chosen = positions[first:last], slice(part.start, part.stop)
    arrays = (corrupted[chosen], rows.segments[chosen], rows.places[chosen])
    return PackedBatch(*map(torch.from_numpy, (*arrays, own - part.start * width, rows.ids.ravel()[own])))


def pad_targets(rows: Rows, corrupted: np.ndarray, positions: np.ndarray, count: int) -> PackedBatch:
    """Return a masked batch (R, T) with positions padded to `count`; the added ones have no target."""
    missing = max(1, count) - len(positions)
    targets = np.pad(rows.ids.ravel()[positions], (0, missing), constant_values=IGNORE_INDEX)
    arrays = (corrupted, rows.segments, rows.places, np.pad(positions, (0, missing)), targets)
    return PackedBatch(*map(torch.from_numpy, arrays))
