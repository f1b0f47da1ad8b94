"""Exact floating-point operations of the encoder: matrix products on real tokens, the head on masked positions.

They are counted as if every layer processed every token, so that this measure of compute does not depend on the
implementation. In fact the last layer is computed at masked positions only (`Encoder.forward_at`); `skipped_flops`
counts the operations that this saves.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


def forward_flops(config: Mapping[str, Any], lengths: np.ndarray, masked: int) -> int:
    """Return the operations of one forward pass (a multiply-add counts two).

    Args:
        config: content of config.json.
        lengths: integer (n,), tokens of each molecule without padding.
        masked: number of masked positions, to which the head is applied.
    """
    width, inner = config["hidden_size"], config["intermediate_size"]
    lengths = np.asarray(lengths, dtype=np.int64)
    tokens, pairs = int(lengths.sum()), int(np.square(lengths).sum())
    projections = 2 * tokens * (4 * width**2 + 2 * width * inner)
    attention = 4 * pairs * width
    head = 2 * masked * (width**2 + width * config["vocab_size"])
    return config["num_hidden_layers"] * (projections + attention) + head


def training_flops(config: Mapping[str, Any], lengths: np.ndarray, masked: int) -> int:
    """Return the operations of forward and backward: the gradient of a product takes two of the same size."""
    return 3 * forward_flops(config, lengths, masked)


def skipped_flops(config: Mapping[str, Any], tokens: int, masked: int) -> int:
    """Return the operations of `training_flops` that are not executed: the last layer at unmasked positions.

    Args:
        config: content of config.json.
        tokens: without padding.
        masked: number of masked ones.
    """
    width, inner = config["hidden_size"], config["intermediate_size"]
    return 3 * 2 * (tokens - masked) * (width**2 + 2 * width * inner)
