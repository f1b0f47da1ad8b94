"""The masked-LM loss on fixed masks: the mean over masked tokens, independent of how they are batched."""

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
    """A masked batch: ids (B, T) int64, attention mask (B, T) bool or None, flat positions and targets (M,) int64."""

    ids: Tensor
    attention: Tensor | None
    positions: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        return Batch(*(None if x is None else x.to(device, non_blocking=True) for x in self))


def pad_sequences(sequences: Sequence[np.ndarray], width: int | None = None) -> np.ndarray:
    """Return sequences as int64 (B, width), by default (B, longest), padded on the right with zeros."""
    out = np.zeros((len(sequences), width or max(map(len, sequences))), dtype=np.int64)
    for row, ids in zip(out, sequences, strict=True):
        row[: len(ids)] = ids
    return out


def batches_by_length(lengths: np.ndarray, max_tokens: int) -> Iterator[np.ndarray]:
    """Yield indices of molecules of similar length whose padded batch has at most `max_tokens` tokens."""
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
        mask: bool (tokens,), which tokens are masked.
        max_tokens: maximum number of tokens in a padded batch.
    """
    tokens = np.asarray(shard.tokens)
    with_masks = np.flatnonzero(np.add.reduceat(mask, shard.offsets[:-1]) > 0)
    for chosen in batches_by_length(shard.lengths[with_masks], max_tokens):
        spans = [slice(shard.offsets[i], shard.offsets[i + 1]) for i in with_masks[chosen]]
        ids = pad_sequences([tokens[span] for span in spans])
        positions = np.flatnonzero(pad_sequences([mask[span] for span in spans]).astype(bool))
        targets = ids.ravel()[positions]
        attention = None if (ids != 0).all() else torch.from_numpy(ids != 0)
        ids.ravel()[positions] = MASK
        yield Batch(torch.from_numpy(ids), attention, torch.from_numpy(positions), torch.from_numpy(targets))


@torch.no_grad()
def masked_losses(
    model: MaskedLM, shard: Shard, mask: np.ndarray, max_tokens: int = 8192
) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each masked token, float64 (M,), and its true id, int64 (M,), in the order of batches."""
    device = next(model.parameters()).device
    losses, targets = [np.empty(0)], [np.empty(0, np.int64)]
    for batch in evaluation_batches(shard, mask, max_tokens):
        logits = model(*batch.to(device)[:3])
        losses.append(F.cross_entropy(logits.double(), batch.targets.to(device), reduction="none").cpu().numpy())
        targets.append(batch.targets.numpy())
    return np.concatenate(losses), np.concatenate(targets)


def validation_loss(
    model: MaskedLM, shard: Shard, mask_fraction: float, classes: Sequence[int], max_tokens: int = 8192
) -> dict[str, Any]:
    """Return loss (nats per masked token), masked_tokens and both by token class, on the fixed masks of a shard.

    Args:
        model: in eval mode.
        shard: molecules.
        mask_fraction: fraction of the non-special tokens that are masked.
        classes: class of each token id, as an index into CLASSES.
        max_tokens: maximum number of tokens in a padded batch; affects speed and rounding only.
    """
    losses, targets = masked_losses(model, shard, fixed_masks(shard, mask_fraction), max_tokens)
    token_classes = np.asarray(classes)[targets]
    return mean_loss(losses) | {
        "by_class": {name: mean_loss(losses[token_classes == i]) for i, name in enumerate(CLASSES) if name != "special"}
    }


def mean_loss(losses: np.ndarray) -> dict[str, Any]:
    """Return the mean loss (None if there are no losses) and their number."""
    return {"loss": float(losses.mean()) if len(losses) else None, "masked_tokens": len(losses)}
