"""Features of a frozen encoder: hidden states averaged over the tokens of each molecule."""

import numpy as np
import torch

from clm.models.encoder import MaskedLM
from clm.tokens.regex import PAD, SPECIALS
from clm.tokens.shards import Shard
from clm.training.masked_loss import batches_by_length, pad_sequences


@torch.inference_mode()
def embed(model: MaskedLM, shard: Shard, every_layer: bool = False, max_tokens: int = 4096) -> np.ndarray:
    """Return mean-pooled hidden states without specials, float32 (n, width) or (layers + 1, n, width).

    Args:
        model: in eval mode.
        shard: molecules.
        every_layer: whether to return the embeddings and all layers instead of the last layer only.
        max_tokens: maximum number of tokens in a padded batch; affects speed and rounding only.
    """
    device = next(model.parameters()).device
    width = model.config["hidden_size"]
    depth = model.config["num_hidden_layers"] + 1 if every_layer else 1
    pooled = np.empty((depth, len(shard), width), dtype=np.float32)
    sequences = list(shard.sequences())
    for chosen in batches_by_length(shard.lengths, max_tokens):
        ids = torch.from_numpy(pad_sequences([sequences[i] for i in chosen])).to(device)
        attention = None if bool((ids != PAD).all()) else ids != PAD
        encoder = model.roberta_prelayernorm
        states = encoder.hidden_states(ids, attention) if every_layer else [encoder(ids, attention)]
        pooled[:, chosen] = torch.stack([pool(state, ids) for state in states]).float().cpu().numpy()
    return pooled if every_layer else pooled[0]


def pool(hidden: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """Return the mean of hidden states (B, T, width) over non-special tokens, (B, width).

    A molecule whose tokens are all unknown is averaged over all non-padding tokens.
    """
    real = (ids >= len(SPECIALS)).to(hidden.dtype)
    real = torch.where(real.sum(1, keepdim=True) > 0, real, (ids != PAD).to(hidden.dtype))
    return (hidden * real[..., None]).sum(1) / real.sum(1, keepdim=True)


def project(features: np.ndarray, width: int, seed: int = 0) -> np.ndarray:
    """Return features (n, d) mapped to (n, width) by a fixed Gaussian matrix, the same for equal d."""
    matrix = np.random.default_rng([seed, features.shape[1]]).standard_normal((features.shape[1], width))
    return features @ (matrix / np.sqrt(width)).astype(features.dtype)
