"""A trunk at constant learning rate, a decay branch per token budget, and the saved states of both.

A trunk is one pretraining run; decayed checkpoints of several token budgets branch from it.
"""

import logging
from collections.abc import Mapping
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
    """Write the state of a trainer, atomically; all processes of its group must call, rank 0 writes."""
    state = trainer.state()
    if trainer.group.rank == 0:
        with atomic(path) as temporary:
            torch.save(state, temporary)
    trainer.group.barrier()  # no process continues before it is written


def resume(trainer: Trainer, state: Mapping[str, Any]) -> None:
    """Load a state and log it."""
    trainer.restore(state)
    log.info("resumed at step %d, %d tokens", trainer.progress.step, trainer.progress.tokens)


def latest_trunk_state(folder: Path, tokens: int) -> Path | None:
    """Return the saved state of the trunk with the fewest remaining steps to `tokens`, or None.

    A state is usable if it is not beyond the first step at or after `tokens`.
    """
    paths = [folder / "passing.pt", *sorted(folder.glob("trunk-*.pt"))]
    # Memory-mapped, so that only these numbers are read from the states of large models
    progress = {path: torch.load(path, mmap=True, weights_only=True)["progress"] for path in paths if path.exists()}
    usable = [path for path, saved in progress.items() if saved["previous_tokens"] < tokens]
    return max(usable, key=lambda path: progress[path]["step"], default=None)


def train_trunk(trainer: Trainer, schedule: Schedule, tokens: int, folder: Path) -> None:
    """Train the trunk to its first step at or beyond `tokens`.

    The state of that step is kept, since this and larger budgets continue from it.
    """
    trainer.run(tokens, schedule.trunk, lambda: write_state(trainer, folder / "passing.pt"), save_seconds())
    write_state(trainer, folder / f"trunk-{trainer.progress.step:09d}.pt")
    trainer.progress.branched = trainer.progress.tokens


def train_budget(trainer: Trainer, schedule: Schedule, budget: int, folder: Path) -> None:
    """Train to a token budget: the trunk up to the branching point, then the decay of this budget.

    Args:
        trainer: new; it ends at the decayed checkpoint.
        schedule: of learning rates.
        budget: non-padding tokens.
        folder: states of this trunk; the process of rank 0 holds its lease.
    """
    branch = folder / f"branch-{budget}-{schedule.decay_fraction}.pt"
    start = schedule.branch_tokens(budget)
    saved = trainer.group.broadcast_object(lambda: branch if branch.exists() else latest_trunk_state(folder, start))
    if saved:
        resume(trainer, read_state(saved, trainer))
    if saved != branch:
        train_trunk(trainer, schedule, start, folder)

    def rate(tokens: int) -> float:
        return schedule.decay(tokens, trainer.progress.branched, budget)

    trainer.run(budget, rate, lambda: write_state(trainer, branch), save_seconds())


def remove_branch_state(schedule: Schedule, budget: int, folder: Path) -> None:
    """Delete the state of a branch whose checkpoint has been written."""
    (folder / f"branch-{budget}-{schedule.decay_fraction}.pt").unlink(missing_ok=True)
