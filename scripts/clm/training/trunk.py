"""One trunk at constant rate, a decayed branch per token budget, and the states from which both continue."""

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
    """Write the state of a trainer, atomically; all members of its team must call, and the first writes."""
    state = trainer.state()
    if trainer.team.rank == 0:
        with atomic(path) as temporary:
            torch.save(state, temporary)
    trainer.team.wait()  # nobody leaves before it is written


def resume(trainer: Trainer, state: Mapping[str, Any]) -> None:
    """Go back to a state and say so."""
    trainer.restore(state)
    log.info("resumed at step %d, %d tokens", trainer.progress.step, trainer.progress.tokens)


def latest(folder: Path, tokens: int) -> Path | None:
    """Return the saved state of the trunk from which the fewest steps lead to `tokens`, or None.

    A state is usable when training from it passes the first step at or beyond `tokens`, or stands at it.
    """
    paths = [folder / "passing.pt", *sorted(folder.glob("trunk-*.pt"))]
    # mapped: of the states of large models only the numbers are read
    told = {path: torch.load(path, mmap=True, weights_only=True)["progress"] for path in paths if path.exists()}
    usable = [path for path, progress in told.items() if progress["previous_tokens"] < tokens]
    return max(usable, key=lambda path: told[path]["step"], default=None)


def grow_trunk(trainer: Trainer, schedule: Schedule, tokens: int, folder: Path) -> None:
    """Train to the first step of the trunk at or beyond `tokens`.

    The state of that step stays, since this or a larger budget continues from it.
    """
    trainer.run(tokens, schedule.trunk, lambda: write_state(trainer, folder / "passing.pt"), save_seconds())
    write_state(trainer, folder / f"trunk-{trainer.progress.step:09d}.pt")
    trainer.progress.branched = trainer.progress.tokens


def train_budget(trainer: Trainer, schedule: Schedule, budget: int, folder: Path) -> None:
    """Train to a token budget: the trunk up to the branching point, then the decay of this budget.

    Args:
        trainer: fresh; it ends at the decayed checkpoint.
        schedule: of learning rates.
        budget: non-padding tokens.
        folder: states of this trunk, to which the first process of the trainer's team holds the lease.
    """
    branch = folder / f"branch-{budget}-{schedule.decay_share}.pt"
    start = schedule.branch_tokens(budget)
    saved = trainer.team.choice(lambda: branch if branch.exists() else latest(folder, start))
    if saved:
        resume(trainer, read_state(saved, trainer))
    if saved != branch:
        grow_trunk(trainer, schedule, start, folder)

    def rate(tokens: int) -> float:
        return schedule.decay(tokens, trainer.progress.branched, budget)

    trainer.run(budget, rate, lambda: write_state(trainer, branch), save_seconds())


def forget_branch(schedule: Schedule, budget: int, folder: Path) -> None:
    """Remove the state of a branch whose checkpoint is written."""
    (folder / f"branch-{budget}-{schedule.decay_share}.pt").unlink(missing_ok=True)
