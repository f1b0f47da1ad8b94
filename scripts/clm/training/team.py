"""The processes that train one model together: how they are started, and what they tell each other.

Global batch, data order, masks and loss do not depend on how many they are: each takes a slice of the same batch.
"""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch import distributed as dist

PATIENCE = timedelta(hours=2)  # for the others, of which the first may save, measure, or wait for the lease


@dataclass(frozen=True)
class Team:
    """This process is number `rank` of `size`; the first alone writes."""

    rank: int = 0
    size: int = 1

    def total(self, tensor: Tensor) -> Tensor:
        """Return the sum of the tensors of all members, in place, the same bits for all."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def any(self, *conditions: bool) -> list[bool]:
        """Return which of the conditions holds for any member."""
        if self.size == 1:
            return list(conditions)
        return [count > 0 for count in self.total(torch.tensor(conditions, dtype=torch.int32)).tolist()]

    def send(self, tensor: Tensor, owner: int) -> None:
        """Overwrite the tensor of each member by that of the owner."""
        if self.size > 1:
            dist.broadcast(tensor, owner)

    def choice(self, choose: Callable[[], Any]) -> Any:
        """Return what the first member chooses; the others do not look."""
        found = [choose() if self.rank == 0 else None]
        if self.size > 1:
            dist.broadcast_object_list(found, 0)
        return found[0]

    def wait(self) -> None:
        """Return when all have come here."""
        if self.size > 1:
            self.total(torch.zeros(1))

    def slice(self, count: int) -> range:
        """Return which of `count` things are this member's: numbers that differ by at most one, in order."""
        return range(self.rank * count // self.size, (self.rank + 1) * count // self.size)


ALONE = Team()


def member() -> int | None:
    """Return the number of this process in a team that was started, or None."""
    if "WORLD_SIZE" not in os.environ:
        return None
    return int(os.environ.get("RANK") or os.environ["SLURM_PROCID"])


def join(rank: int) -> Team:
    """Meet the other members (gloo between CPUs, NCCL between GPUs)."""
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    size = int(os.environ["WORLD_SIZE"])
    dist.init_process_group(backend, rank=rank, world_size=size, timeout=PATIENCE)
    return Team(rank, size)


def leave(team: Team) -> None:
    """Part when all have come here."""
    if team.size > 1:
        team.wait()
        dist.destroy_process_group()


def launch(processes: int) -> NoReturn:
    """Become the program that starts this script `processes` times: srun in an allocation of SLURM, or torchrun."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if "SLURM_JOB_ID" in os.environ and shutil.which("srun"):
        address = {"WORLD_SIZE": str(processes), "MASTER_ADDR": socket.gethostname(), "MASTER_PORT": str(free_port())}
        os.environ.update(address)
        # No GPU is bound to a task: members claim one each, and NCCL reaches those of its node directly
        command = ["srun", f"--ntasks={processes}", "--cpus-per-task=1", "--kill-on-bad-exit=1", sys.executable]
    else:
        options = ["--standalone", f"--nproc-per-node={processes}", "--shutdown-timeout=600", "--"]
        command = [sys.executable, "-m", "torch.distributed.run", *options]
    os.execvp(command[0], [*command, *sys.argv])


def free_port() -> int:
    """Return a port that is free on this machine, where the first member will listen."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]
