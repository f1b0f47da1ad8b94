"""Bounds on the time and memory of one row that hold inside C++ code, where no Python exception can interrupt.

Rows are handled by a child process. The kernel ends it when one row has used its share of processor time (a timer whose
signal nobody catches) and refuses it memory beyond a limit; the parent sees which row it was, counts it, and goes on
with a new child. A crash of the library costs one row in the same way.
"""

import logging
import multiprocessing
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from clm.provenance.command import UserError

Outcome = tuple[Any, str | None]

SECONDS = 10.0
MEGABYTES = 1000
CHUNK = 1024
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)

log = logging.getLogger(__name__)


def limit_memory(megabytes: int) -> None:
    """Let this process map at most that much more memory than it has now (where the system tells: Linux)."""
    try:
        with open("/proc/self/statm") as handle:
            mapped = int(handle.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + megabytes * 2**20,) * 2)
    except (OSError, ValueError) as error:
        log.warning("memory of a row is not bounded here: %s", error)


def serve(
    pipe: Connection, other: Connection, function: Callable[[bytes], Outcome], at: Any, seconds: float, megabytes: int
) -> None:
    """Answer lists of rows with lists of outcomes until the parent hangs up; `at` holds the row in work."""
    other.close()  # the end of the parent, which a forked child holds too: it would never see the parent hang up
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(megabytes)
    while True:
        try:
            rows = pipe.recv()
        except EOFError:
            return
        answers = []
        for at.value, row in enumerate(rows):
            signal.setitimer(signal.ITIMER_PROF, seconds)
            try:
                answers.append(function(row))
            except MemoryError:
                answers.append((None, "too_large"))
            except (RuntimeError, ValueError):  # how RDKit reports a broken invariant
                answers.append((None, "failed"))
        signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send(answers)


class Guard:
    """A function from a row to (result, None) or (None, reason) in a child process, with bounds per row."""

    def __init__(
        self, function: Callable[[bytes], Outcome], seconds: float = SECONDS, megabytes: int = MEGABYTES
    ) -> None:
        """Start the child. Bounds are processor seconds and megabytes per row."""
        self.work = (function, seconds, megabytes)
        self.context = multiprocessing.get_context("fork")
        self.at = self.context.RawValue("q", 0)
        self.start()

    def start(self) -> None:
        """Start a child with a pipe of its own."""
        function, seconds, megabytes = self.work
        self.pipe, theirs = self.context.Pipe()
        arguments = (theirs, self.pipe, function, self.at, seconds, megabytes)
        self.child = self.context.Process(target=serve, args=arguments, daemon=True)
        self.child.start()
        theirs.close()

    def close(self) -> None:
        """Hang up and wait for the child."""
        self.pipe.close()
        self.child.join()

    def __enter__(self) -> "Guard":
        """Return the guard."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child."""
        self.close()

    def outcomes(self, rows: list[bytes]) -> list[Outcome]:
        """Return the outcome of each row: (None, `too_slow` or `crashed`) where a row has ended the child."""
        return [outcome for i in range(0, len(rows), CHUNK) for outcome in self.chunk(rows[i : i + CHUNK])]

    def chunk(self, rows: list[bytes]) -> list[Outcome]:
        """Return the outcomes of a few rows; what a child had done before it was ended is done again."""
        struck: dict[int, str] = {}
        while True:
            left = [i for i in range(len(rows)) if i not in struck]
            try:
                self.pipe.send([rows[i] for i in left])
                answers = iter(self.pipe.recv())
            except (EOFError, ConnectionError):
                self.close()
                culprit = left[self.at.value]
                struck[culprit] = self.reason()
                log.warning("%s: %r", struck[culprit], rows[culprit][:200])
                self.start()
            else:
                return [(None, struck[i]) if i in struck else next(answers) for i in range(len(rows))]

    def reason(self) -> str:
        """Return why a row has ended the child.

        Raises:
            UserError: it was no row; the system or somebody else has ended the child.
        """
        signals = {signal.SIGPROF: "too_slow"} | dict.fromkeys(CRASHES, "crashed")
        code = self.child.exitcode or 0
        if -code not in signals:
            raise UserError(
                f"the process that reads molecules has ended ({code}): give the rule more mem_mb; see the log"
            )
        return signals[-code]
