"""An optimizer whose state is sharded over the processes of a group: each updates the parameters that it owns.

ZeRO stage 1 (Rajbhandari et al., SC 2020): optimizer state takes more than half of the memory of training. Each
parameter belongs to one process as a whole, so that updates are bit-identical for any number of processes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from clm.training.optimizers import NamedParameters, Optimizer
from clm.training.process_group import ProcessGroup


def assign_owners(sizes: list[int], processes: int) -> list[int]:
    """Return the rank that owns each parameter: the largest parameter first, to the rank with the fewest elements."""
    load, ranks = [0] * processes, [0] * len(sizes)
    for index in sorted(range(len(sizes)), key=lambda i: (-sizes[i], i)):
        ranks[index] = load.index(min(load))
        load[ranks[index]] += sizes[index]
    return ranks


def all_reduce_gradients(parameters: Iterable[nn.Parameter], group: ProcessGroup) -> None:
    """Replace the gradients of each process by their sum over the group; a missing gradient counts as zero."""
    parameters = list(parameters)
    flat = torch.cat([(p.new_zeros(p.numel()) if p.grad is None else p.grad.flatten()) for p in parameters])
    group.all_reduce(flat)
    for p, gradient in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
        p.grad = gradient.view_as(p)


class ShardedOptimizer(Optimizer):
    """Wrap any optimizer of `clm.training.optimizers`; each process holds the state of its own parameters."""

    def __init__(
        self,
        named: NamedParameters,
        build: Callable[[NamedParameters], Optimizer],
        group: ProcessGroup,
    ) -> None:
        """Assign the parameters and build the optimizer of those that this process owns."""
        named = list(named)
        super().__init__([p for _, p in named], 0.0)
        self.group = group
        self.owners = assign_owners([p.numel() for p in self.parameters], group.size)
        self.local = build(list(self.owned_by(group.rank, named)))
        # The shapes of the state of all parameters, without allocating memory
        self.layout = build([(name, p.detach().to("meta")) for name, p in named]).state_dict()

    def owned_by(self, rank: int, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the items (one per parameter) of the parameters that a rank owns."""
        return (item for item, owner in zip(items, self.owners, strict=True) if owner == rank)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Update the own parameters and broadcast them."""
        self.local.step(rate)
        self.broadcast_from_owners([p.data for p in self.parameters])

    def broadcast_from_owners(self, tensors: list[Tensor]) -> None:
        """Overwrite each tensor (one per parameter) with that of the parameter's owner, one message per owner."""
        for rank in range(self.group.size):
            owned = [x for x in self.owned_by(rank, tensors) if x.numel()]
            if owned:
                flat = torch.cat([x.flatten() for x in owned])
                self.group.broadcast(flat, rank)
                for x, new in zip(owned, flat.split([x.numel() for x in owned]), strict=True):
                    x.copy_(new.view_as(x))

    def state_dict(self) -> dict[str, list[Tensor]]:
        """Return the state of all parameters, as in a single process (all processes must call)."""
        state, own = {}, self.local.state_dict()
        for name, layout in self.layout.items():
            own_tensors = iter(own[name])
            state[name] = [
                next(own_tensors) if owner == self.group.rank else torch.empty_like(x, device=p.device)
                for owner, x, p in zip(self.owners, layout, self.parameters, strict=True)
            ]
            self.broadcast_from_owners(state[name])
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load the state of the parameters that this process owns."""
        self.local.load_state_dict(
            {name: list(self.owned_by(self.group.rank, tensors)) for name, tensors in state.items()}
        )
