"""Matrix products of linear layers, on a processor of AMD by oneDNN.

torch leaves products in float32 to MKL, which keeps to AVX2 there; oneDNN, which torch brings along as well, is more
than twice as fast. On processors of Intel MKL is the faster of the two (bench/NOTES.md).
"""

from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SMALL = 4_000_000  # multiply-adds of a product whose call costs more than oneDNN saves
PROCESSOR = Path("/proc/cpuinfo")


class Product(torch.autograd.Function):
    """x weight' + bias by oneDNN; gradients are such products again, so it can be differentiated as often as needed."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return (..., m) for x (..., n), weight (m, n), bias (m,) or None."""
        ctx.save_for_backward(x, weight)
        ctx.biased = bias is not None
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of x, weight and bias for that of the result (..., m)."""
        x, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        rows, slopes = x.reshape(-1, x.shape[-1]), slope.reshape(-1, slope.shape[-1])
        return (
            linear(slope, weight.T) if wanted[0] else None,
            outer(slopes, rows) if wanted[1] else None,
            slopes.sum(0) if ctx.biased and wanted[2] else None,
        )


def outer(left: Tensor, right: Tensor) -> Tensor:
    """Return left' right, (m, n) for left (t, m) and right (t, n); the narrower one is turned, which copies it."""
    return linear(left.T, right.T) if left.shape[1] <= right.shape[1] else linear(right.T, left.T).T


@cache
def faster() -> bool:
    """Return whether oneDNN multiplies faster than MKL on this processor."""
    made_by_amd = PROCESSOR.exists() and "AuthenticAMD" in PROCESSOR.read_text(encoding="utf-8")
    return made_by_amd and torch.backends.mkldnn.is_available()


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x weight' + bias, (..., m) for x (..., n), weight (m, n), bias (m,) or None."""
    single = x.dtype == weight.dtype == torch.float32 and x.device.type == "cpu"
    if single and faster() and x.numel() * len(weight) >= SMALL:
        return Product.apply(x, weight, bias)
    return F.linear(x, weight, bias)


class Linear(nn.Linear):
    """A linear layer that multiplies by `linear`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., m) for x (..., n)."""
        return linear(x, self.weight, self.bias)
