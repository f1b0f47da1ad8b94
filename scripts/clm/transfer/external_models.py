"""Features of external models: the mean of the last hidden states over the tokens of a molecule."""

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.provenance.command import UserError
from clm.transfer.external_loading import length_limit, load_external, parameters
from clm.transfer.external_tokens import MAX_LOST, Tokens, check_lost, encode_all, load_tokenizer

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)
BATCH_TOKENS = 4096


def model_features(smiles: list[str], model: Mapping[str, Any], name: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Return mean-pooled last hidden states, float32 (n, width), and information on the model.

    Args:
        smiles: canonical SMILES.
        model: `model` (id or folder); optional: `revision`, `remote_code`, `tokenizer`, `max_lost_fraction`.
        name: of the entry in the configuration, for messages.

    Returns:
        The features, and `parameters` and `tokens` (see `external_tokens.encode_all`).

    Raises:
        UserError: the model or its tokenizer cannot be used.
    """
    place = f"external_models.{name}"
    encoder = load_external(model, place)
    tokenizer = load_tokenizer(model, place)
    tokens = encode_all(tokenizer, smiles, length_limit(encoder, tokenizer.model_max_length))
    log.info("%s: %s", name, tokens.lost)
    check_lost(tokens.lost, model.get("max_lost_fraction", MAX_LOST), place)
    check_ids(encoder, tokens, place)
    try:
        features = pooled(encoder, tokens)
    except (RuntimeError, IndexError, ValueError, TypeError, AttributeError, KeyError) as error:
        reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
        raise UserError(
            f"{place}: a forward pass fails ({reason}); an encoder that reads input_ids is needed"
        ) from error
    if not np.isfinite(features).all():
        count = int((~np.isfinite(features).all(axis=1)).sum())
        raise UserError(f"{place}: features of {count} of {len(smiles)} molecules are not finite; check its weights")
    return features, {"parameters": parameters(encoder), "tokens": tokens.lost}


def check_ids(encoder: "torch.nn.Module", tokens: Tokens, place: str) -> None:
    """Raise UserError if the model does not read tokens, or the tokenizer has ids that the model does not."""
    rows, largest = getattr(encoder.get_input_embeddings(), "num_embeddings", None), max(map(max, tokens.ids))
    if rows is None:
        raise UserError(f"{place}: a {encoder.config.model_type} model reads no tokens; name an encoder of text")
    if largest >= rows:
        raise UserError(
            f"{place}: the tokenizer gives id {largest}, the model has {rows} rows of embeddings; name the "
            "tokenizer that belongs to the model with `tokenizer`"
        )


def pooled(encoder: "torch.nn.Module", tokens: Tokens) -> np.ndarray:
    """Return the features. Batches hold sequences of one length, since some tokenizers cannot pad."""
    import torch

    from clm.models.device import device

    encoder, found, done = encoder.to(device()), {}, 0
    with torch.inference_mode():
        for rows in equal_lengths(tokens.ids):
            ids = torch.tensor([tokens.ids[row] for row in rows], device=device())
            hidden = encoder(input_ids=ids, attention_mask=torch.ones_like(ids))[0].float().cpu()
            real = torch.from_numpy(~np.stack([tokens.special[row] for row in rows])).float()
            real = torch.where(real.sum(1, keepdim=True) > 0, real, torch.ones_like(real))
            states = (hidden * real[..., None]).sum(1) / real.sum(1, keepdim=True)
            found |= dict(zip(rows, states.numpy(), strict=True))
            done += len(rows)
            log.info("%d of %d molecules", done, len(tokens.ids))
    return np.stack([found[row] for row in range(len(tokens.ids))])


def equal_lengths(sequences: list[list[int]]) -> Iterator[list[int]]:
    """Yield positions of sequences of equal length, at most BATCH_TOKENS tokens (or one sequence) at a time."""
    rows_of: dict[int, list[int]] = {}
    for row, ids in enumerate(sequences):
        rows_of.setdefault(len(ids), []).append(row)
    for length, rows in sorted(rows_of.items()):
        size = max(1, BATCH_TOKENS // max(length, 1))
        yield from (rows[start : start + size] for start in range(0, len(rows), size))
