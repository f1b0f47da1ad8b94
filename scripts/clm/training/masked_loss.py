"""The pretraining loss on fixed masks: averaged over masked tokens, whatever the batches were."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from clm.models.encoder import MaskedLM
from clm.tokens.regex import CLASSES, MASK
from clm.tokens.shards import Shard
from clm.training.masks import fixed_masks


class Batch(NamedTuple):
    """Corrupted ids (B, T) int64, attention (B, T) bool or None, flat positions (M,) and targets (M,) int64."""

    ids: Tensor
    attention: Tensor | None
    positions: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        return Batch(*(None if x is None else x.to(device, non_blocking=True) for x in self))


def padded(sequences: Sequence[np.ndarray], width: int | None = None) -> np.ndarray:
    """Return sequences as int64 (B, width), by default (B, longest), padded on the right by zeros."""
    out = np.zeros((len(sequences), width or max(map(len, sequences))), dtype=np.int64)
    for row, ids in zip(out, sequences, strict=True):
        row[: len(ids)] = ids
    return out


def by_length(lengths: np.ndarray, max_tokens: int) -> Iterator[np.ndarray]:
    """Yield positions of molecules of similar length whose padded batch has at most `max_tokens` tokens."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop + 1 - start) * lengths[order[stop]] <= max_tokens:
            stop += 1
        yield order[start:stop]
        start = stop


def evaluation_batches(shard: Shard, mask: np.ndarray, max_tokens: int = 8192) -> Iterator[Batch]:
    """Yield the molecules of a shard that have masked tokens, in batches of similar length.

    Args:
        shard: molecules.
        mask: bool (tokens,), what is masked.
        max_tokens: upper limit of a padded batch.
    """
    tokens = np.asarray(shard.tokens)
    with_masks = np.flatnonzero(np.add.reduceat(mask, shard.offsets[:-1]) > 0)
    for chosen in by_length(shard.lengths[with_masks], max_tokens):
        spans = [slice(shard.offsets[i], shard.offsets[i + 1]) for i in with_masks[chosen]]
        ids = padded([tokens[span] for span in spans])
        hidden = np.flatnonzero(padded([mask[span] for span in spans]).astype(bool))
        targets = ids.ravel()[hidden]
        attention = None if (ids != 0).all() else torch.from_numpy(ids != 0)
        ids.ravel()[hidden] = MASK
        yield Batch(torch.from_numpy(ids), attention, torch.from_numpy(hidden), torch.from_numpy(targets))


def masked_logits(model: MaskedLM, ids: Tensor, attention: Tensor | None, positions: Tensor) -> Tensor:
    """Return logits (M, V) at the flat positions of ids (B, T)."""
    return model(ids, attention, positions)


@torch.no_grad()
def masked_losses(
    model: MaskedLM, shard: Shard, mask: np.ndarray, max_tokens: int = 8192
) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each masked token, float64 (M,), and its true id, int64 (M,), in the order of batches."""
    where = next(model.parameters()).device
    losses, targets = [np.empty(0)], [np.empty(0, np.int64)]
    for batch in evaluation_batches(shard, mask, max_tokens):
        logits = model(*batch.to(where)[:3])
        losses.append(F.cross_entropy(logits.double(), batch.targets.to(where), reduction="none").cpu().numpy())
        targets.append(batch.targets.numpy())
    return np.concatenate(losses), np.concatenate(targets)


def validation_loss(
    model: MaskedLM, shard: Shard, share: float, classes: Sequence[int], max_tokens: int = 8192
) -> dict[str, Any]:
    """Return loss (nats per masked token), masked_tokens and both by token class, on the fixed masks of a shard.

    Args:
        model: in eval mode.
        shard: molecules.
        share: of the non-special tokens that is masked.
        classes: class of each token id, position in CLASSES.
        max_tokens: per batch; it changes nothing but speed and rounding.
    """
    losses, targets = masked_losses(model, shard, fixed_masks(shard, share), max_tokens)
    kinds = np.asarray(classes)[targets]
    return mean_loss(losses) | {
        "by_class": {name: mean_loss(losses[kinds == i]) for i, name in enumerate(CLASSES) if name != "special"}
    }


def mean_loss(losses: np.ndarray) -> dict[str, Any]:
    """Return the mean of losses and how many there were; None without any."""
    return {"loss": float(losses.mean()) if len(losses) else None, "masked_tokens": len(losses)}
