"""The cost of a job (time, memory, device) and its library versions, kept apart from its results."""

import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from clm.provenance.files import write_json

LIBRARIES = ("torch", "transformers", "rdkit", "numpy", "scipy", "scikit-learn", "pandas")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed libraries that affect numbers."""
    installed = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def device_name() -> str:
    """Return the name of the GPU in use, or the processor's architecture; never imports torch by itself."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"cpu {platform.machine()}"


class Meter:
    """Measures a block: wall and CPU seconds (children included), peak resident memory in MB."""

    def __enter__(self) -> Self:
        """Start the clocks."""
        self.started = time.perf_counter()
        self.cpu_started = sum(os.times()[:4])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the clocks."""
        self.wall_seconds = time.perf_counter() - self.started
        self.cpu_seconds = sum(os.times()[:4]) - self.cpu_started

    def write(self, path: Path, **extra: Any) -> None:
        """Write cost.json: the measured figures, the machine and `extra` (tokens, tokens_per_second, ...)."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cost = {
            "wall_seconds": round(self.wall_seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "peak_memory_mb": round(peak, 1),
            "device": device_name(),
            "threads": int(os.environ.get("OMP_NUM_THREADS", "0")) or os.cpu_count(),
            "versions": versions(),
        }
        write_json(path, cost | gpu_memory() | extra)


@contextmanager
def metered(path: Path, **extra: Any) -> Iterator[None]:
    """Measure a block and write its cost if it succeeds (see Meter)."""
    with Meter() as meter:
        yield
    meter.write(path, **extra)


def gpu_memory() -> dict[str, float]:
    """Return the peak GPU memory in MB that torch reserved, if any (the CUDA context adds about 500 MB)."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return {}
    return {"peak_gpu_memory_mb": round(torch.cuda.max_memory_reserved() / 2**20, 1)}
