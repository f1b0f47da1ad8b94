"""Data-parallel training: launch of the processes, and collective operations between them.

Global batch, data order, masks and loss do not depend on the number of processes: each takes a slice of the same batch.
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

TIMEOUT = timedelta(hours=2)  # of a collective operation: the first process may save, measure, or wait for the lease


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train one model, as process `rank` of `size` sees them; rank 0 alone writes files."""

    rank: int = 0
    size: int = 1

    def all_reduce(self, tensor: Tensor) -> Tensor:
        """Return the sum of the tensors of all processes, in place and bit-identical in every process."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def any(self, *conditions: bool) -> list[bool]:
        """Return, for each condition, whether it holds in any process."""
        if self.size == 1:
            return list(conditions)
        return [count > 0 for count in self.all_reduce(torch.tensor(conditions, dtype=torch.int32)).tolist()]

    def broadcast(self, tensor: Tensor, source: int) -> None:
        """Overwrite the tensor of each process with that of the process of rank `source`."""
        if self.size > 1:
            dist.broadcast(tensor, source)

    def broadcast_object(self, compute: Callable[[], Any]) -> Any:
        """Return what `compute` returns in the process of rank 0; it is not called in the others."""
        objects = [compute() if self.rank == 0 else None]
        if self.size > 1:
            dist.broadcast_object_list(objects, 0)
        return objects[0]

    def barrier(self) -> None:
        """Return when all processes have called this."""
        if self.size > 1:
            self.all_reduce(torch.zeros(1))

    def slice(self, count: int) -> range:
        """Return this process's part of `count` items: contiguous, sizes differ by at most one between processes."""
        return range(self.rank * count // self.size, (self.rank + 1) * count // self.size)


SINGLE_PROCESS = ProcessGroup()


def launched_rank() -> int | None:
    """Return the rank of this process if `launch` started it, otherwise None."""
    if "WORLD_SIZE" not in os.environ:
        return None
    return int(os.environ.get("RANK") or os.environ["SLURM_PROCID"])


def init_process_group(rank: int) -> ProcessGroup:
    """Connect to the other processes (gloo between CPUs, NCCL between GPUs)."""
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    size = int(os.environ["WORLD_SIZE"])
    dist.init_process_group(backend, rank=rank, world_size=size, timeout=TIMEOUT)
    return ProcessGroup(rank, size)


def destroy_process_group(group: ProcessGroup) -> None:
    """Disconnect when all processes have called this."""
    if group.size > 1:
        group.barrier()
        dist.destroy_process_group()


def launch(processes: int) -> NoReturn:
    """Replace this process by a launcher of `processes` copies of it: srun in an allocation of SLURM, else torchrun."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if "SLURM_JOB_ID" in os.environ and shutil.which("srun"):
        address = {"WORLD_SIZE": str(processes), "MASTER_ADDR": socket.gethostname(), "MASTER_PORT": str(free_port())}
        os.environ.update(address)
        # No GPU is bound to a task: each process claims one, and NCCL can access those of its node directly
        command = ["srun", f"--ntasks={processes}", "--cpus-per-task=1", "--kill-on-bad-exit=1", sys.executable]
    else:
        options = ["--standalone", f"--nproc-per-node={processes}", "--shutdown-timeout=600", "--"]
        command = [sys.executable, "-m", "torch.distributed.run", *options]
    os.execvp(command[0], [*command, *sys.argv])


def free_port() -> int:
    """Return a free port of this machine, on which the process of rank 0 will listen."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]
