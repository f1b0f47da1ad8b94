"""Filter-normalized random directions (Li et al., NeurIPS 2018, arXiv:1712.09913) for transformers."""

from collections.abc import Sequence

import torch
from torch import Tensor


def filter_normalized(parameters: Sequence[Tensor], seed: int) -> list[Tensor]:
    """Return a random direction whose rows have the norms of the rows of the weights.

    A filter is a row of a matrix (a token's row in embeddings); biases and norms get zeros, since they have no scale
    invariance to correct for. The draw depends on shapes and seed only, so models of one architecture share it.

    Args:
        parameters: weights of a model, in a fixed order.
        seed: of the draw.
    """
    generator = torch.Generator().manual_seed(seed)
    directions = []
    for weight in parameters:
        draw = torch.randn(weight.shape, generator=generator).to(weight)
        if weight.ndim < 2:
            directions.append(torch.zeros_like(weight))
            continue
        length = draw.norm(dim=-1, keepdim=True).clamp(min=1e-12)
        directions.append(draw / length * weight.detach().norm(dim=-1, keepdim=True))
    return directions
