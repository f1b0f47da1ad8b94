"""Optimizers: AdamW and SGD on the fused kernels of torch, and its Muon.

torch.optim gives bit-identical results (a test compares them), but its first step imports the compiler, which takes
longer than many jobs of a study.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from clm.provenance.command import UserError

NamedParameters = Iterable[tuple[str, nn.Parameter]]  # names as of the whole model


class Optimizer:
    """Base class with two parameter groups: matrices get weight decay, vectors (biases, norms) do not."""

    capturable = False  # whether its steps can be captured in a CUDA graph, with the learning rate as a tensor

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
        """Return the state as lists with one tensor per parameter, empty if the parameter has no such state."""
        raise NotImplementedError

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy a state of `state_dict`."""
        for name, tensors in state.items():
            for current, saved in zip(self.state_dict()[name], tensors, strict=True):
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


class Muon(Optimizer):
    """Momentum orthogonalized by Newton-Schulz iteration for the matrices of the layers, AdamW for all else.

    Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), computed by torch.optim.Muon in
    bfloat16. Updates are scaled to the size of AdamW's (Liu et al., arXiv 2502.16982): both share a learning rate.
    """

    def __init__(
        self, named: NamedParameters, weight_decay: float, momentum: float, betas: tuple[float, float]
    ) -> None:
        """Initialize momentum and moments with zeros."""
        named = list(named)
        super().__init__([p for _, p in named], weight_decay)
        matrices = {p: None for name, p in named if ".layer." in name and p.ndim == 2}
        self.adamw = AdamW([p for p in self.parameters if p not in matrices], weight_decay, betas)
        options = {"weight_decay": weight_decay, "momentum": momentum, "adjust_lr_fn": "match_rms_adamw"}
        self.muon = torch.optim.Muon([{"params": list(matrices)}], **options)
        for p in matrices:  # torch would allocate it in the first step, too late to load a saved state
            self.muon.state[p]["momentum_buffer"] = torch.zeros_like(p)

    def step(self, rate: float) -> None:
        """Update the parameters that have a gradient."""
        self.adamw.step(rate)
        self.muon.param_groups[0]["lr"] = rate
        self.muon.step()

    def state_dict(self) -> dict[str, list[Tensor]]:
        """Return the momentum of the matrices, moments and step counts of all others."""
        momentum = [self.muon.state.get(p, {}).get("momentum_buffer", p.new_zeros(0)) for p in self.parameters]
        places = [self.adamw.index.get(id(p)) for p in self.parameters]
        moments = {
            name: [p.new_zeros(0) if i is None else tensors[i] for i, p in zip(places, self.parameters, strict=True)]
            for name, tensors in self.adamw.state_dict().items()
        }
        return {"momentum_buffer": momentum} | moments


# By `pretraining.optimizer.name`: an optimizer from named parameters and its settings in the schema
OPTIMIZERS: dict[str, Callable[[NamedParameters, Mapping[str, Any]], Optimizer]] = {
    "adamw": lambda named, s: AdamW([p for _, p in named], s["weight_decay"], (0.9, s["beta2"])),
    "sgd": lambda named, s: SGD([p for _, p in named], s["weight_decay"], s["momentum"]),
    "muon": lambda named, s: Muon(named, s["weight_decay"], s["momentum"], (0.9, s["beta2"])),
}


def build_optimizer(named: NamedParameters, settings: Mapping[str, Any]) -> Optimizer:
    """Return the optimizer `name` with its other settings.

    Raises:
        UserError: the name is unknown.
    """
    if settings["name"] not in OPTIMIZERS:
        known = ", ".join(OPTIMIZERS)
        raise UserError(f"pretraining.optimizer.name: {settings['name']} is not one of {known}; change it")
    return OPTIMIZERS[settings["name"]](named, settings)
