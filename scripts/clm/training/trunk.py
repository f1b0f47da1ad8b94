"""One trunk at constant rate, a decayed branch per token budget, and the states from which both continue."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from clm.provenance.files import atomic
from clm.provenance.state import save_seconds
from clm.training.schedule import Schedule
from clm.training.trainer import Trainer

log = logging.getLogger(__name__)


def read_state(path: Path, trainer: Trainer) -> dict[str, Any]:
    """Read a saved state (tensors and numbers only, never code)."""
    return torch.load(path, map_location=trainer.device, weights_only=True)


def write_state(trainer: Trainer, path: Path) -> None:
    """Write the state of a trainer, atomically."""
    with atomic(path) as temporary:
        torch.save(trainer.state(), temporary)


def resume(trainer: Trainer, state: Mapping[str, Any]) -> None:
    """Go back to a state and say so."""
    trainer.restore(state)
    log.info("resumed at step %d, %d tokens", trainer.progress.step, trainer.progress.tokens)


def trunk_states(folder: Path, trainer: Trainer) -> Iterator[dict[str, Any]]:
    """Yield the saved states of the trunk: the one of an interrupted job, then branch points, latest first."""
    if (folder / "passing.pt").exists():
        yield read_state(folder / "passing.pt", trainer)
    for path in sorted(folder.glob("trunk-*.pt"), reverse=True):
        yield read_state(path, trainer)


def leads_to(state: Mapping[str, Any], tokens: int) -> bool:
    """Whether training from a state passes the first step at or beyond `tokens`, or stands at it."""
    return state["progress"]["previous_tokens"] < tokens


def grow_trunk(trainer: Trainer, schedule: Schedule, tokens: int, folder: Path) -> None:
    """Train a fresh trainer to the first step of the trunk at or beyond `tokens`, from the latest usable state.

    The state of that step stays, since this or a larger budget continues from it.
    """
    usable = [state for state in trunk_states(folder, trainer) if leads_to(state, tokens)]
    if usable:
        resume(trainer, max(usable, key=lambda state: state["progress"]["step"]))
    trainer.run(tokens, schedule.trunk, lambda: write_state(trainer, folder / "passing.pt"), save_seconds())
    write_state(trainer, folder / f"trunk-{trainer.progress.step:09d}.pt")


def train_budget(trainer: Trainer, schedule: Schedule, budget: int, folder: Path) -> None:
    """Train to a token budget: the trunk up to the branching point, then the decay of this budget.

    Args:
        trainer: fresh; it ends at the decayed checkpoint.
        schedule: of learning rates.
        budget: non-padding tokens.
        folder: states of this trunk, to which this process holds the lease.
    """
    branch = folder / f"branch-{budget}-{schedule.decay_share}.pt"
    start = schedule.branch_tokens(budget)
    if branch.exists():
        resume(trainer, read_state(branch, trainer))
    else:
        grow_trunk(trainer, schedule, start, folder)
        trainer.progress.branched = trainer.progress.tokens

    def rate(tokens: int) -> float:
        return schedule.decay(tokens, trainer.progress.branched, budget)

    trainer.run(budget, rate, lambda: write_state(trainer, branch), save_seconds())


def forget_branch(schedule: Schedule, budget: int, folder: Path) -> None:
    """Remove the state of a branch whose checkpoint is written."""
    (folder / f"branch-{budget}-{schedule.decay_share}.pt").unlink(missing_ok=True)
