"""A script of the workflow as a job of its own: what time and memory it takes."""

import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from harness import ROOT


def resident(pid: int) -> int:
    """Return the bytes that a process and its children hold in memory, shared pages counted for each (Linux)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        children = [
            pid for task in Path(f"/proc/{pid}/task").iterdir() for pid in (task / "children").read_text().split()
        ]
    except OSError:  # it has ended meanwhile
        return 0
    return pages * resource.getpagesize() + sum(map(resident, map(int, children)))


def high_water(pid: int) -> int:
    """Return the largest memory that a process has held since it started its program, in bytes (Linux).

    Not ru_maxrss, in which a child begins with the memory of the process that started it.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return max((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")), default=0)


def watched(script: str, *arguments: Any) -> dict[str, float]:
    """Run a script of the workflow; return wall and processor seconds (children too) and peak memory in MB.

    The peak is the larger of the sum over all its processes, sampled five times a second, and of the mark that the
    system keeps for the first of them.
    """
    command = [sys.executable, str(next((ROOT / "scripts").glob(f"*/{script}.py"))), *map(str, arguments)]
    began = time.perf_counter()
    child = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"})
    peak, done = [0], threading.Event()

    def sample() -> None:
        while not done.wait(0.2):
            peak[0] = max(peak[0], resident(child.pid), high_water(child.pid))

    sampler = threading.Thread(target=sample)
    sampler.start()
    _, status, usage = os.wait4(child.pid, 0)
    done.set()
    sampler.join()
    if status:
        raise RuntimeError(f"{script} failed")
    used = usage.ru_utime + usage.ru_stime
    return {
        "wall": time.perf_counter() - began,
        "cpu": used,
        "peak_mb": peak[0] / 2**20,
    }
