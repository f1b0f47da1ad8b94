"""An optimizer spread over the processes of a team: each keeps the moments of its parameters and updates those.

ZeRO stage 1 (Rajbhandari et al., SC 2020): moments are the larger half of what training keeps. Parameters belong to one
process as a whole, so that every update has the same bits however many processes there are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from clm.training.optimizers import Optimizer
from clm.training.team import Team


def owners(sizes: list[int], members: int) -> list[int]:
    """Return the member that owns each of the parameters: the largest first, to whom has least so far."""
    load, found = [0] * members, [0] * len(sizes)
    for place in sorted(range(len(sizes)), key=lambda i: (-sizes[i], i)):
        found[place] = load.index(min(load))
        load[found[place]] += sizes[place]
    return found


def sum_gradients(parameters: Iterable[nn.Parameter], team: Team) -> None:
    """Replace the gradients of each member by their sum over the team; no gradient counts as zero."""
    everything = list(parameters)
    flat = torch.cat([(p.new_zeros(p.numel()) if p.grad is None else p.grad.flatten()) for p in everything])
    team.total(flat)
    for p, gradient in zip(everything, flat.split([p.numel() for p in everything]), strict=True):
        p.grad = gradient.view_as(p)


class Sharded(Optimizer):
    """Any optimizer of `clm.training.optimizers`, each process with its share of it."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], build: Callable[[Iterable[nn.Parameter]], Optimizer], team: Team
    ) -> None:
        """Divide the parameters and build this process's optimizer of its own ones."""
        super().__init__(parameters, 0.0)
        self.team = team
        self.owners = owners([p.numel() for p in self.parameters], team.size)
        self.mine = build(list(self.of(self.parameters, team.rank)))

    def of(self, tensors: Iterable[Any], owner: int) -> Iterator[Any]:
        """Yield what belongs to an owner out of one thing per parameter."""
        return (x for x, its in zip(tensors, self.owners, strict=True) if its == owner)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Update the own parameters and tell the others."""
        self.mine.step(rate)
        self.spread([p.data for p in self.parameters])

    def spread(self, tensors: list[Tensor]) -> None:
        """Overwrite each tensor by that of the owner of its parameter, one message per owner."""
        for owner in range(self.team.size):
            theirs = list(self.of(tensors, owner))
            if theirs:
                flat = torch.cat([x.flatten() for x in theirs])
                self.team.send(flat, owner)
                for x, new in zip(theirs, flat.split([x.numel() for x in theirs]), strict=True):
                    x.copy_(new.view_as(x))

    def state_dict(self) -> dict[str, list[Tensor]]:
        """Return what one process alone would have: a state does not tell how many wrote it (all must call)."""
        found = {}
        for name, own in self.mine.state_dict().items():
            rest = iter(own)
            shapes = [p if name != "steps" else p.new_zeros(()) for p in self.parameters]
            mine = [owner == self.team.rank for owner in self.owners]
            found[name] = [next(rest) if m else torch.empty_like(x) for m, x in zip(mine, shapes, strict=True)]
            self.spread(found[name])
        return found

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the own part of a state."""
        self.mine.load_state_dict({name: list(self.of(tensors, self.team.rank)) for name, tensors in state.items()})
