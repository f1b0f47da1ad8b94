"""Matrix products of linear layers; on AMD processors by oneDNN instead of MKL.

torch multiplies float32 matrices by MKL, which uses no more than AVX2 on AMD processors; oneDNN, which torch ships as
well, is more than twice as fast there. On Intel processors MKL is faster (bench/NOTES.md).
"""

from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MIN_MULTIPLY_ADDS = 4_000_000  # for smaller products the call costs more than oneDNN saves
CPUINFO = Path("/proc/cpuinfo")


class OneDNNLinear(torch.autograd.Function):
    """x weight' + bias by oneDNN; its gradients are products of this kind, so it can be differentiated repeatedly."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return (..., m) for x (..., n), weight (m, n), bias (m,) or None."""
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of x, weight and bias, given that of the result (..., m)."""
        x, weight = ctx.saved_tensors
        needed = ctx.needs_input_grad
        rows, grads = x.reshape(-1, x.shape[-1]), grad_output.reshape(-1, grad_output.shape[-1])
        return (
            linear(grad_output, weight.T) if needed[0] else None,
            outer(grads, rows) if needed[1] else None,
            grads.sum(0) if ctx.has_bias and needed[2] else None,
        )


def outer(left: Tensor, right: Tensor) -> Tensor:
    """Return left' right, (m, n) for left (t, m) and right (t, n); the narrower one is transposed, which copies it."""
    return linear(left.T, right.T) if left.shape[1] <= right.shape[1] else linear(right.T, left.T).T


@cache
def use_onednn() -> bool:
    """Return whether oneDNN multiplies faster than MKL on this processor."""
    amd = CPUINFO.exists() and "AuthenticAMD" in CPUINFO.read_text(encoding="utf-8")
    return amd and torch.backends.mkldnn.is_available()


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x weight' + bias, (..., m) for x (..., n), weight (m, n), bias (m,) or None."""
    float32_on_cpu = x.dtype == weight.dtype == torch.float32 and x.device.type == "cpu"
    if float32_on_cpu and use_onednn() and x.numel() * len(weight) >= MIN_MULTIPLY_ADDS:
        return OneDNNLinear.apply(x, weight, bias)
    return F.linear(x, weight, bias)


class Linear(nn.Linear):
    """A drop-in `nn.Linear` that multiplies by `linear`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., m) for x (..., n)."""
        return linear(x, self.weight, self.bias)
