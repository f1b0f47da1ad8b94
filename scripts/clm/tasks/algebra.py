"""Backends of linear algebra: the operations that differ between numpy and torch, for algorithms that run on both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

if TYPE_CHECKING:
    import torch

Array = Any  # a numpy array, or a torch tensor on a GPU


@dataclass(frozen=True)
class Algebra:
    """A backend; arrays are float64. `factor` returns the factor of a positive definite matrix for `solve`."""

    array: Callable[[np.ndarray], Array]
    numpy: Callable[[Array], np.ndarray]
    eigh: Callable[[Array], tuple[Array, Array]]
    factor: Callable[[Array], Any]
    solve: Callable[[Any, Array], Array]
    sigmoid: Callable[[Array], Array]
    softplus: Callable[[Array], Array]


NUMPY = Algebra(
    array=lambda x: x,
    numpy=lambda x: x,
    eigh=np.linalg.eigh,
    factor=lambda x: cho_factor(x, lower=True, check_finite=False),
    solve=lambda factor, right: cho_solve(factor, right, check_finite=False),
    sigmoid=expit,
    softplus=lambda x: np.logaddexp(0, x),
)


def algebra_for(device: "torch.device") -> Algebra:
    """Return the backend of a device: numpy on a CPU, where it is as fast as torch and torch need not be imported."""
    if device.type == "cpu":
        return NUMPY
    return torch_algebra(device)


def torch_algebra(device: "torch.device") -> Algebra:
    """Return the torch backend on a device."""
    import torch

    return Algebra(
        array=lambda x: torch.from_numpy(np.ascontiguousarray(x)).to(device),
        numpy=lambda x: x.cpu().numpy(),
        eigh=torch.linalg.eigh,
        factor=torch.linalg.cholesky,
        solve=lambda factor, right: torch.cholesky_solve(right[:, None], factor)[:, 0],
        sigmoid=torch.sigmoid,
        softplus=lambda x: torch.logaddexp(torch.zeros_like(x), x),
    )
