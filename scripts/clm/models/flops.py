"""Exact floating-point operations of the encoder: matrix products on real tokens, the head on masked positions.

They are those of the model: every layer sees every token. The last one is computed where it is read only
(`Encoder.at`), which `skipped_flops` counts: a measure of compute must not hang on how well a program spares it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


def forward_flops(config: Mapping[str, Any], lengths: np.ndarray, masked: int) -> int:
    """Return the operations of one forward pass (a multiply-add counts two).

    Args:
        config: content of config.json.
        lengths: integer (n,), tokens of each molecule without padding.
        masked: number of positions that the head sees.
    """
    width, inner = config["hidden_size"], config["intermediate_size"]
    lengths = np.asarray(lengths, dtype=np.int64)
    tokens, pairs = int(lengths.sum()), int(np.square(lengths).sum())
    projections = 2 * tokens * (4 * width**2 + 2 * width * inner)
    attention = 4 * pairs * width
    head = 2 * masked * (width**2 + width * config["vocab_size"])
    return config["num_hidden_layers"] * (projections + attention) + head


def training_flops(config: Mapping[str, Any], lengths: np.ndarray, masked: int) -> int:
    """Return the operations of forward and backward: each product has two of the same size in its gradient."""
    return 3 * forward_flops(config, lengths, masked)


def skipped_flops(config: Mapping[str, Any], tokens: int, masked: int) -> int:
    """Return the operations of `training_flops` that are spared: of the last layer where nothing is masked.

    Args:
        config: content of config.json.
        tokens: without padding.
        masked: number of them that the head sees.
    """
    width, inner = config["hidden_size"], config["intermediate_size"]
    return 3 * 2 * (tokens - masked) * (width**2 + 2 * width * inner)
