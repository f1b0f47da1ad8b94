"""The device of a job."""

import fcntl
import getpass
import logging
import tempfile
import time
from functools import cache
from pathlib import Path

import torch

log = logging.getLogger(__name__)
LOCKS = []  # open lock files: the system releases them when the process ends, even if it is killed


@cache
def device() -> torch.device:
    """Return a GPU that no other job of this user uses, or the CPU.

    A scheduler shows a job only its own GPU (CUDA_VISIBLE_DEVICES). Where a job sees several GPUs, it locks the first
    that is free, and waits if none is. All work goes to a side stream, since the default stream allows no capture of
    CUDA graphs (`clm.training.cuda_graphs`).
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    count, index = torch.cuda.device_count(), 0
    if count > 1:
        folder = Path(tempfile.gettempdir(), f"clm-gpus-{getpass.getuser()}")
        index = claim(folder, [str(torch.cuda.get_device_properties(number).uuid) for number in range(count)])
    torch.cuda.set_device(index)
    torch.cuda.set_stream(torch.cuda.Stream())
    return torch.device("cuda", index)


def claim(folder: Path, names: list[str], poll: float = 1.0) -> int:
    """Lock a device for this process and return its index; blocks until one is free.

    Args:
        folder: of the lock files of this machine's devices.
        names: of the devices; all jobs use the same name for a device, whatever the order in which they see them.
        poll: seconds between two attempts.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    announced = False
    while True:
        for index, name in enumerate(names):
            handle = (folder / name).open("w")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                continue
            LOCKS.append(handle)
            return index
        if not announced:
            log.info("waiting: all %d GPUs are held by other jobs", len(names))
            announced = True
        time.sleep(poll)


def autocast_dtype(name: str) -> torch.dtype:
    """Return the dtype of matrix products: bfloat16 if configured and there is a GPU, otherwise float32."""
    return torch.bfloat16 if name == "bfloat16" and device().type == "cuda" else torch.float32
