"""Untrained models, constructed by transformers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import RobertaPreLayerNormConfig, RobertaPreLayerNormForMaskedLM

from clm.models.build import write_weights
from clm.tokens.regex import CLS, PAD, SEP


def architecture(size: Mapping[str, Any], vocabulary_size: int, max_tokens: int) -> RobertaPreLayerNormConfig:
    """Return the configuration of a size; the position table is the length limit (and the row of padding)."""
    return RobertaPreLayerNormConfig(
        vocab_size=vocabulary_size,
        hidden_size=size["width"],
        num_hidden_layers=size["layers"],
        num_attention_heads=size["heads"],
        intermediate_size=4 * size["width"],
        max_position_embeddings=max_tokens + 1,
        type_vocab_size=1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=PAD,
        bos_token_id=CLS,
        eos_token_id=SEP,
        architectures=["RobertaPreLayerNormForMaskedLM"],
    )


def save_untrained(folder: Path, config: RobertaPreLayerNormConfig, seed: int) -> None:
    """Write config.json and model.safetensors of a newly initialized model, without changing the global generator."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = RobertaPreLayerNormForMaskedLM(config)
    config.save_pretrained(folder)
    write_weights(model.state_dict(), folder / "model.safetensors")
