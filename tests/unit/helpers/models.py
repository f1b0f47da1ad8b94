"""Small models and shards for tests."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from clm.curvature.hessian import Curvature
from clm.models.initialize import architecture, save_untrained
from clm.tokens.regex import CLS, SEP
from clm.tokens.shards import Shard, pack
from clm.training.masked_loss import Batch
from torch.func import functional_call, grad, jacrev

VOCABULARY = 30


def small_model(folder: Path, width: int = 16, layers: int = 2, seed: int = 0) -> Path:
    """Write an untrained model with 30 tokens, at most 40 per molecule."""
    folder.mkdir(parents=True, exist_ok=True)
    size = {"width": width, "layers": layers, "heads": 4}
    save_untrained(folder, architecture(size, VOCABULARY, 40), seed)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text(json.dumps({}))
    return folder


def random_shard(molecules: int, seed: int = 0, shortest: int = 3, longest: int = 30) -> Shard:
    """Return molecules of random length whose tokens follow a simple pattern, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    sequences = []
    for _ in range(molecules):
        start, step = rng.integers(0, 25), rng.integers(1, 3)
        body = 5 + (start + step * np.arange(rng.integers(shortest, longest))) % (VOCABULARY - 5)
        sequences.append([CLS, *body.tolist(), SEP])
    return pack(sequences, list(range(molecules)), VOCABULARY, {"vocabulary": "test"})


def batch_loss(model: torch.nn.Module, curvature: Curvature, batch: Batch) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the mean loss of a batch as a function of all weights in one vector, to be differentiated by torch."""

    def loss(vector: torch.Tensor) -> torch.Tensor:
        weights = dict(zip(curvature.names, curvature.shaped(vector), strict=True))
        logits = functional_call(model, weights, (batch.ids, batch.attention, batch.positions))
        return torch.nn.functional.cross_entropy(logits, batch.targets)

    return loss


def exact_hessian(loss: Callable[[torch.Tensor], torch.Tensor], weights: torch.Tensor) -> torch.Tensor:
    """Return the dense matrix of second derivatives by torch.func, many rows at a time."""
    return jacrev(grad(loss), chunk_size=64)(weights)
