"""Limits on the time and memory of one row that also apply inside C++ code, which Python exceptions cannot interrupt.

A child process handles the rows. The kernel kills it when one row exceeds its processor time (by the signal of a timer)
and refuses it memory beyond a limit; the parent records which row it was and continues with a new child. A crash of the
library costs one row in the same way.
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
    """Let this process map at most that much more memory than it has now (on Linux only)."""
    try:
        with open("/proc/self/statm") as handle:
            mapped = int(handle.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + megabytes * 2**20,) * 2)
    except (OSError, ValueError) as error:
        log.warning("memory of a row is not bounded here: %s", error)


def serve(
    pipe: Connection, other: Connection, function: Callable[[bytes], Outcome], at: Any, seconds: float, megabytes: int
) -> None:
    """Receive lists of rows and send lists of outcomes until the parent closes the pipe; `at` is the row's index."""
    other.close()  # inherited by the fork; if it stayed open, the child would never see the parent close it
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
    """Run a function that maps a row to (result, None) or (None, reason) in a child process, with limits per row."""

    def __init__(
        self, function: Callable[[bytes], Outcome], seconds: float = SECONDS, megabytes: int = MEGABYTES
    ) -> None:
        """Start the child; limits are processor seconds and megabytes per row."""
        self.arguments = (function, seconds, megabytes)
        self.context = multiprocessing.get_context("fork")
        self.at = self.context.RawValue("q", 0)
        self.start()

    def start(self) -> None:
        """Start a child with a pipe of its own."""
        function, seconds, megabytes = self.arguments
        self.pipe, theirs = self.context.Pipe()
        arguments = (theirs, self.pipe, function, self.at, seconds, megabytes)
        self.child = self.context.Process(target=serve, args=arguments, daemon=True)
        self.child.start()
        theirs.close()

    def close(self) -> None:
        """Close the pipe and wait for the child."""
        self.pipe.close()
        self.child.join()

    def __enter__(self) -> "Guard":
        """Return the guard."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child."""
        self.close()

    def outcomes(self, rows: list[bytes]) -> list[Outcome]:
        """Return the outcome of each row: (None, `too_slow` or `crashed`) where a row killed the child."""
        return [outcome for i in range(0, len(rows), CHUNK) for outcome in self.chunk(rows[i : i + CHUNK])]

    def chunk(self, rows: list[bytes]) -> list[Outcome]:
        """Return the outcomes of a few rows; rows that a killed child had finished are processed again."""
        failed: dict[int, str] = {}
        while True:
            left = [i for i in range(len(rows)) if i not in failed]
            try:
                self.pipe.send([rows[i] for i in left])
                answers = iter(self.pipe.recv())
            except (EOFError, ConnectionError):
                self.close()
                culprit = left[self.at.value]
                failed[culprit] = self.reason()
                log.warning("%s: %r", failed[culprit], rows[culprit][:200])
                self.start()
            else:
                return [(None, failed[i]) if i in failed else next(answers) for i in range(len(rows))]

    def reason(self) -> str:
        """Return why a row killed the child.

        Raises:
            UserError: no row was the cause: the system or a user killed the child.
        """
        signals = {signal.SIGPROF: "too_slow"} | dict.fromkeys(CRASHES, "crashed")
        code = self.child.exitcode or 0
        if -code not in signals:
            raise UserError(
                f"the process that reads molecules has ended ({code}): give the rule more mem_mb; see the log"
            )
        return signals[-code]
