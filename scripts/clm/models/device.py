"""The device of a job, as its environment gives it."""

import fcntl
import getpass
import logging
import tempfile
import time
from functools import cache
from pathlib import Path

import torch

log = logging.getLogger(__name__)
HELD = []  # open lock files: a claim ends with the process, however that ends


@cache
def device() -> torch.device:
    """Return a GPU of this job's own, or the CPU.

    A scheduler shows a job only its own GPU (CUDA_VISIBLE_DEVICES). On a machine where a job sees several, it claims
    the first that no other job of this user holds, and waits if all are taken. All work goes to a stream of its own,
    since nothing can be recorded on the default one (`clm.training.recorded`).
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
    """Return the index of a device that this process now holds alone; blocks until one is free.

    Args:
        folder: where the lock files of this machine's devices lie.
        names: of the devices, the same for all jobs whatever order they see them in.
        poll: seconds between two looks.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = False
    while True:
        for index, name in enumerate(names):
            handle = (folder / name).open("w")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                continue
            HELD.append(handle)
            return index
        if not told:
            log.info("waiting: all %d GPUs are held by other jobs", len(names))
            told = True
        time.sleep(poll)


def rounding(name: str) -> torch.dtype:
    """Return the type of matrix products: `bfloat16` where a GPU has it, otherwise float32 (faster on most CPUs)."""
    wanted = name == "bfloat16" and device().type == "cuda"
    return torch.bfloat16 if wanted else torch.float32
