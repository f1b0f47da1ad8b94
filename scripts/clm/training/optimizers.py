"""Optimizers by name."""

from collections.abc import Mapping
from typing import Any

import torch

from clm.models.encoder import MaskedLM
from clm.provenance.command import UserError


def parameter_groups(model: MaskedLM, weight_decay: float) -> list[dict[str, Any]]:
    """Return two groups: matrices decay, biases and norms do not."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]


def build_optimizer(model: MaskedLM, settings: Mapping[str, Any]) -> torch.optim.Optimizer:
    """Return `adamw` (fused) or `sgd` (Nesterov momentum); raises UserError for another name."""
    groups = parameter_groups(model, settings["weight_decay"])
    if settings["name"] == "adamw":
        return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, settings["beta2"]), fused=True)
    if settings["name"] == "sgd":
        return torch.optim.SGD(groups, lr=0.0, momentum=settings["momentum"], nesterov=settings["momentum"] > 0)
    raise UserError(f"pretraining.optimizer.name: {settings['name']} is neither adamw nor sgd")
