"""AdamW and SGD on the fused kernels of torch.

torch.optim has the same arithmetic (a test compares them bit by bit), but its first step imports the compiler, which
takes longer than many jobs of a study compute.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from clm.provenance.command import UserError


class Optimizer:
    """Parameters in two groups: matrices, which decay, and vectors (biases, norms), which do not."""

    recordable = False  # whether its steps take the rate from a tensor, as a recorded step must

    def __init__(self, parameters: Iterable[nn.Parameter], weight_decay: float) -> None:
        """Sort the parameters."""
        everything = list(parameters)
        self.parameters = everything
        matrices, vectors = ([p for p in everything if (p.ndim >= 2) == wide] for wide in (True, False))
        self.groups = [(matrices, weight_decay), (vectors, 0.0)]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self, rate: float | Tensor) -> None:
        """Take a step at a learning rate."""
        raise NotImplementedError

    @torch.no_grad()
    def reset(self) -> None:
        """Forget what later steps depend on."""
        for tensors in self.state_dict().values():
            for tensor in tensors:
                tensor.zero_()

    def state_dict(self) -> dict[str, Any]:
        """Return what later steps depend on."""
        raise NotImplementedError

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        for name, tensors in state.items():
            for mine, saved in zip(getattr(self, name), tensors, strict=True):
                mine.copy_(saved)


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019)."""

    recordable = True

    def __init__(
        self, parameters: Iterable[nn.Parameter], weight_decay: float, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        """Start from zero moments."""
        super().__init__(parameters, weight_decay)
        self.betas = betas
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        self.steps = [torch.zeros((), device=p.device) for p in self.parameters]
        self.place = {id(p): number for number, p in enumerate(self.parameters)}

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """Take a step; parameters without gradient stay."""
        for group, decay in self.groups:
            chosen = [p for p in group if p.grad is not None]
            places = [self.place[id(p)] for p in chosen]
            first, second, steps = ([tensors[i] for i in places] for tensors in (self.first, self.second, self.steps))
            if chosen:
                torch._foreach_add_(steps, 1)
                torch._fused_adamw_(
                    chosen,
                    [p.grad for p in chosen],
                    first,
                    second,
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
        """Return moments and steps."""
        return {"first": self.first, "second": self.second, "steps": self.steps}


class SGD(Optimizer):
    """Stochastic gradient descent with Nesterov momentum."""

    def __init__(self, parameters: Iterable[nn.Parameter], weight_decay: float, momentum: float) -> None:
        """Start at rest."""
        super().__init__(parameters, weight_decay)
        self.momentum = momentum
        self.velocity = [torch.zeros_like(p) for p in self.parameters]
        self.place = {id(p): number for number, p in enumerate(self.parameters)}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Take a step; parameters without gradient stay."""
        for group, decay in self.groups:
            chosen = [p for p in group if p.grad is not None]
            if chosen:
                slopes = torch._foreach_add([p.grad for p in chosen], chosen, alpha=decay)
                velocity = [self.velocity[self.place[id(p)]] for p in chosen]
                torch._foreach_mul_(velocity, self.momentum)
                torch._foreach_add_(velocity, slopes)
                torch._foreach_add_(slopes, velocity, alpha=self.momentum)
                torch._foreach_add_(chosen, slopes, alpha=-rate)

    def state_dict(self) -> dict[str, list[Tensor]]:
        """Return velocities."""
        return {"velocity": self.velocity}


def build_optimizer(parameters: Iterable[nn.Parameter], settings: Mapping[str, Any]) -> Optimizer:
    """Return `adamw` (with `beta2`) or `sgd` (with `momentum`); raises UserError for another name."""
    if settings["name"] == "adamw":
        return AdamW(parameters, settings["weight_decay"], (0.9, settings["beta2"]))
    if settings["name"] == "sgd":
        return SGD(parameters, settings["weight_decay"], settings["momentum"])
    raise UserError(f"pretraining.optimizer.name: {settings['name']} is neither adamw nor sgd; change it")
