"""AdamW and SGD on the fused kernels of torch.

torch.optim gives the same bits (a test compares them), but its first step imports the compiler, which takes longer than
many jobs of a study run.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from clm.provenance.command import UserError


class Optimizer:
    """Base class with two parameter groups: matrices get weight decay, vectors (biases, norms) do not."""

    capturable = False  # whether a CUDA graph can hold its steps: the learning rate is then a tensor

    def __init__(self, parameters: Iterable[nn.Parameter], weight_decay: float) -> None:
        """Group the parameters."""
        self.parameters = list(parameters)
        matrices = [p for p in self.parameters if p.ndim >= 2]
        vectors = [p for p in self.parameters if p.ndim < 2]
        self.groups = [(matrices, weight_decay), (vectors, 0.0)]

    def zero_grad(self) -> None:
        """Set the gradients to None."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self, rate: float | Tensor) -> None:
        """Update the parameters at a learning rate."""
        raise NotImplementedError

    @torch.no_grad()
    def reset(self) -> None:
        """Set the state to zero, as before the first step."""
        for tensors in self.state_dict().values():
            for tensor in tensors:
                tensor.zero_()

    def state_dict(self) -> dict[str, Any]:
        """Return the state as lists of tensors, one tensor per parameter."""
        raise NotImplementedError

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy a state of `state_dict`."""
        for name, tensors in state.items():
            for current, saved in zip(getattr(self, name), tensors, strict=True):
                current.copy_(saved)


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019)."""

    capturable = True

    def __init__(
        self, parameters: Iterable[nn.Parameter], weight_decay: float, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        """Initialize the moments with zeros."""
        super().__init__(parameters, weight_decay)
        self.betas = betas
        self.exp_avg = [torch.zeros_like(p) for p in self.parameters]
        self.exp_avg_sq = [torch.zeros_like(p) for p in self.parameters]
        self.steps = [torch.zeros((), device=p.device) for p in self.parameters]
        self.index = {id(p): i for i, p in enumerate(self.parameters)}

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """Update the parameters that have a gradient."""
        for group, decay in self.groups:
            updated = [p for p in group if p.grad is not None]
            indices = [self.index[id(p)] for p in updated]
            state = (self.exp_avg, self.exp_avg_sq, self.steps)
            exp_avg, exp_avg_sq, steps = ([tensors[i] for i in indices] for tensors in state)
            if updated:
                torch._foreach_add_(steps, 1)
                torch._fused_adamw_(
                    updated,
                    [p.grad for p in updated],
                    exp_avg,
                    exp_avg_sq,
                    [],
                    steps,
                    lr=rate,
                    beta1=self.betas[0],
                    beta2=self.betas[1],
                    weight_decay=decay,
                    eps=1e-8,
                    amsgrad=False,
                    maximize=False,
                )

    def state_dict(self) -> dict[str, list[Tensor]]:
        """Return moments and step counts."""
        return {"exp_avg": self.exp_avg, "exp_avg_sq": self.exp_avg_sq, "steps": self.steps}


class SGD(Optimizer):
    """Stochastic gradient descent with Nesterov momentum."""

    def __init__(self, parameters: Iterable[nn.Parameter], weight_decay: float, momentum: float) -> None:
        """Initialize the momentum with zeros."""
        super().__init__(parameters, weight_decay)
        self.momentum = momentum
        self.momentum_buffer = [torch.zeros_like(p) for p in self.parameters]
        self.index = {id(p): i for i, p in enumerate(self.parameters)}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Update the parameters that have a gradient."""
        for group, decay in self.groups:
            updated = [p for p in group if p.grad is not None]
            if updated:
                gradients = torch._foreach_add([p.grad for p in updated], updated, alpha=decay)
                buffers = [self.momentum_buffer[self.index[id(p)]] for p in updated]
                torch._foreach_mul_(buffers, self.momentum)
                torch._foreach_add_(buffers, gradients)
                torch._foreach_add_(gradients, buffers, alpha=self.momentum)
                torch._foreach_add_(updated, gradients, alpha=-rate)

    def state_dict(self) -> dict[str, list[Tensor]]:
        """Return the momentum."""
        return {"momentum_buffer": self.momentum_buffer}


def build_optimizer(parameters: Iterable[nn.Parameter], settings: Mapping[str, Any]) -> Optimizer:
    """Return `adamw` (with `beta2`) or `sgd` (with `momentum`); raises UserError for another name."""
    if settings["name"] == "adamw":
        return AdamW(parameters, settings["weight_decay"], (0.9, settings["beta2"]))
    if settings["name"] == "sgd":
        return SGD(parameters, settings["weight_decay"], settings["momentum"])
    raise UserError(f"pretraining.optimizer.name: {settings['name']} is neither adamw nor sgd; change it")
