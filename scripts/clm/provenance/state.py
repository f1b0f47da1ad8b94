"""Resume state: kept outside declared outputs, keyed by what the job computes, written by one process at a time."""

import fcntl
import hashlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clm.provenance.canonical import canonical

log = logging.getLogger(__name__)
STOP = threading.Event()


def state_folder(root: Path, *identity: Any) -> Path:
    """Return the folder of the state of one computation: `root`/<digest of parameters, code and data>.

    State of another configuration has another digest, so it is never picked up.
    """
    return Path(root) / hashlib.sha256(canonical(identity).encode()).hexdigest()[:24]


@contextmanager
def lease(folder: Path, poll: float = 1.0) -> Iterator[None]:
    """Hold the exclusive right to write `folder`; waits for another holder, whose death frees the lease.

    A POSIX record lock works across the nodes of a shared file system and dies with its process, so an orphaned job
    and its successor take turns: the successor then continues from what the orphan saved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lease").open("a+") as handle:
        told = False
        while True:
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not told:
                    handle.seek(0)
                    log.info("waiting for %s, held by %s", folder, handle.read().strip() or "another process")
                    told = True
                time.sleep(poll)
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        handle.flush()
        yield


class Interrupted(SystemExit):
    """The job was asked to stop and saved its state; the next attempt continues."""


def stop_requested() -> bool:
    """Whether SIGTERM came since `watch_signals`."""
    return STOP.is_set()


def watch_signals() -> None:
    """Turn SIGTERM (time limit, preemption, scancel) into a request to save and stop."""
    signal.signal(signal.SIGTERM, lambda *_: STOP.set())


def save_seconds() -> float:
    """Return the seconds between two saves of state: CLM_SAVE_SECONDS, or a minute."""
    return float(os.environ.get("CLM_SAVE_SECONDS", "60"))


def stop_if_requested() -> None:
    """Leave a job that has no state worth saving; the next attempt starts it anew."""
    if stop_requested():
        raise Interrupted("asked to stop")
