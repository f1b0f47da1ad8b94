"""Self-attention of the encoder, over padded batches, packed rows or concatenated sequences."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clm.models.matmul import Linear, linear


class SelfAttention(nn.Module):
    """The three projections of an attention layer."""

    def __init__(self, width: int) -> None:
        """Allocate query, key and value."""
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """Return query, key and value concatenated, (..., 3 width), from one matrix product."""
        parts = (self.query, self.key, self.value)
        weight, bias = torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])
        return linear(x, weight, bias)


class Output(nn.Module):
    """A projection back to the residual stream."""

    def __init__(self, inner: int, width: int) -> None:
        """Allocate the projection."""
        super().__init__()
        self.dense = Linear(inner, width)


class Attention(nn.Module):
    """Pre-LN multi-head self-attention."""

    def __init__(self, config: Mapping[str, Any], eager: bool) -> None:
        """Allocate; with `eager`, attention is computed explicitly (fused kernels have no double backward)."""
        super().__init__()
        width = config["hidden_size"]
        self.heads, self.eager = config["num_attention_heads"], eager
        self.LayerNorm = nn.LayerNorm(width, config["layer_norm_eps"])
        self.self = SelfAttention(width)
        self.output = Output(width, width)

    def forward(
        self,
        x: Tensor,
        bias: Tensor | None,
        lengths: Sequence[int] | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        """Return x plus attention over x, (B, T, width), or (M, width) at the flat `positions` (M,) only.

        `bias` (B, 1, 1 or T, T) is -inf where a token does not attend to another; `lengths` are those of the sequences
        concatenated along T, each of which attends to itself only.
        """
        batch, length, width = x.shape
        normed = self.LayerNorm(x)
        q, k, v = self.self(normed).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        if lengths is None:
            mixed = self.attend(q, k, v, bias)
        else:
            parts = zip(*(tensor.split(lengths, dim=2) for tensor in (q, k, v)), strict=True)
            mixed = torch.cat([self.attend(*part, None) for part in parts], dim=2)
        mixed = mixed.transpose(1, 2).reshape(batch, length, width)
        if positions is not None:
            x, mixed = (tensor.flatten(0, 1).index_select(0, positions) for tensor in (x, mixed))
        return x + self.output.dense(mixed)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        """Return softmax(q k' / sqrt(d) + bias) v, all (B, heads, T, d)."""
        if not self.eager:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        return F.softmax(scores if bias is None else scores + bias, dim=-1) @ v


def padding_bias(attention: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """Return 0 at real tokens and -inf at padding, (B, 1, 1, T); None without padding."""
    if attention is None:
        return None
    return torch.zeros(attention.shape, dtype=dtype, device=attention.device).masked_fill(~attention, -torch.inf)[
        :, None, None, :
    ]


def segment_bias(segments: Tensor, dtype: torch.dtype) -> Tensor:
    """Return 0 between tokens with the same number in segments (R, T) and -inf between others, (R, 1, T, T)."""
    apart = segments[:, None, :, None] != segments[:, None, None, :]
    return torch.zeros(apart.shape, dtype=dtype, device=segments.device).masked_fill(apart, -torch.inf)
