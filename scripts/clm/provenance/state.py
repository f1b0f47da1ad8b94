"""Saved state of interrupted jobs: not a declared output, keyed by the computation, written by one process."""

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

    The state of another configuration has another digest, so it is never loaded.
    """
    return Path(root) / hashlib.sha256(canonical(identity).encode()).hexdigest()[:24]


@contextmanager
def lease(folder: Path, poll: float = 1.0) -> Iterator[None]:
    """Lock `folder` for writing; waits for another holder, whose lock ends with its process.

    A POSIX record lock works across the nodes of a shared file system and ends with its process, so the successor of an
    orphaned job waits for it and then continues from the state that it saved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lease").open("a+") as handle:
        announced = False
        while True:
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not announced:
                    handle.seek(0)
                    log.info("waiting for %s, held by %s", folder, handle.read().strip() or "another process")
                    announced = True
                time.sleep(poll)
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        handle.flush()
        yield


class Interrupted(SystemExit):
    """The job was asked to stop and has saved its state; the next attempt continues from it."""


def stop_requested() -> bool:
    """Return whether SIGTERM came since `watch_signals`."""
    return STOP.is_set()


def watch_signals() -> None:
    """Turn SIGTERM (time limit, preemption, scancel) into a request to save and stop."""
    signal.signal(signal.SIGTERM, lambda *_: STOP.set())


def save_seconds() -> float:
    """Return the seconds between two saves of state: CLM_SAVE_SECONDS, or a minute."""
    return float(os.environ.get("CLM_SAVE_SECONDS", "60"))


def stop_if_requested() -> None:
    """Stop a job that has no state to save; the next attempt starts from the beginning."""
    if stop_requested():
        raise Interrupted("asked to stop")
