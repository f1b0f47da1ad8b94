"""The masked-LM loss of external models, per character, so that tokenizers can be compared."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.provenance.command import UserError
from clm.tokens.regex import SPECIALS
from clm.tokens.shards import Shard
from clm.training.masks import fixed_masks
from clm.transfer.external_loading import length_limit, load_external, options_of, read_config
from clm.transfer.external_models import check_ids, equal_lengths
from clm.transfer.external_tokens import MAX_LOST, Tokens, check_lost, encode_all, load_tokenizer

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)


def external_loss(
    smiles: list[str], keys: np.ndarray, model: Mapping[str, Any], fraction: float, name: str
) -> dict[str, Any]:
    """Return the loss of an external model on molecules, with masks fixed by molecule and position.

    Molecules longer than the maximum of the model are excluded.

    Args:
        smiles: standard SMILES.
        keys: uint64 (n,), their hashes.
        model: an entry of external_models.
        fraction: fraction of the tokens that is masked.
        name: of the entry, for messages.

    Returns:
        `loss` (nats per masked token), `loss_per_character` (loss times tokens per character), `masked_tokens`,
        `molecules`; losses are None with a `reason` if the model does not predict masked tokens.

    Raises:
        UserError: the model or its tokenizer cannot be used, or a loss is not finite.
    """
    place = f"external_models.{name}"
    limit = length_limit(load_external(model, place), 10**6)
    tokenizer = load_tokenizer(model, place)
    network, reason = masked_model(model)
    reason = reason or (None if tokenizer.mask_token_id is not None else "its tokenizer has no mask token")
    if network is None or reason:
        return without_loss(reason)
    tokens = encode_all(tokenizer, smiles, None)
    check_lost(tokens.lost, model.get("max_lost_fraction", MAX_LOST), place)
    kept = [i for i, ids in enumerate(tokens.ids) if len(ids) <= min(limit or len(ids), tokenizer.model_max_length)]
    check_ids(network, tokens, place)
    masks = molecule_masks(tokens, keys, fraction)
    if not any(masks[i].any() for i in kept):
        return without_loss("no token is masked in the molecules that it can read")
    losses = masked_losses(network, tokens, masks, kept, tokenizer.mask_token_id)
    if bad := int((~np.isfinite(losses)).sum()):
        raise UserError(f"{place}: the loss of {bad} of {len(losses)} masked tokens is not finite; check its weights")
    characters = sum(len(smiles[i]) for i in kept)
    maskable = sum(int((~tokens.special[i]).sum()) for i in kept)
    mean = float(losses.mean())
    found = {"loss": mean, "loss_per_character": mean * maskable / characters}
    return found | {"masked_tokens": len(losses), "molecules": len(kept), "tokens": tokens.lost}


def without_loss(reason: str | None) -> dict[str, Any]:
    """Return the result for a model that has no loss."""
    return {"loss": None, "loss_per_character": None, "reason": reason}


def masked_model(model: Mapping[str, Any]) -> tuple["torch.nn.Module | None", str | None]:
    """Return a model with its pretraining head, or the reason why it has none."""
    import torch
    from transformers import AutoModelForMaskedLM

    options = {"dtype": torch.float32, "weights_only": True, "output_loading_info": True}
    try:
        network, report = AutoModelForMaskedLM.from_pretrained(
            model["model"], config=read_config(model), **options, **options_of(model)
        )
    except (ValueError, KeyError, OSError) as error:
        return None, f"no head for masked tokens ({' '.join(str(error).split())[:150]})"
    missing = [key for key in report["missing_keys"] if "pooler" not in key]
    return (None, f"the head lacks {sorted(missing)[0]}") if missing else (network.float().eval(), None)


def molecule_masks(tokens: Tokens, keys: np.ndarray, fraction: float) -> list[np.ndarray]:
    """Return whether each token of each molecule is masked, by the same hash as for our own models."""
    offsets = np.cumsum([0, *map(len, tokens.ids)])
    kinds = np.where(np.concatenate(tokens.special), 0, len(SPECIALS))
    return np.split(fixed_masks(Shard(kinds, offsets, keys, {}), fraction), offsets[1:-1])


def masked_losses(
    network: "torch.nn.Module", tokens: Tokens, masks: list[np.ndarray], kept: list[int], mask_id: int
) -> np.ndarray:
    """Return the loss of each masked token, float64."""
    import torch
    from torch.nn import functional as F

    from clm.models.device import device

    network, found = network.to(device()), [np.empty(0)]
    with torch.inference_mode():
        for batch in equal_lengths([tokens.ids[i] for i in kept]):
            rows = [kept[i] for i in batch]
            ids = torch.tensor([tokens.ids[row] for row in rows], device=device())
            mask = torch.from_numpy(np.stack([masks[row] for row in rows])).to(device())
            if not mask.any():
                continue
            logits = network(input_ids=ids.masked_fill(mask, mask_id), attention_mask=torch.ones_like(ids)).logits
            found.append(F.cross_entropy(logits[mask].double(), ids[mask], reduction="none").cpu().numpy())
    return np.concatenate(found)
