"""Progress for logs: without a terminal, a run logs the finished percentage and the remaining time."""

import logging
import sys
import time
from collections.abc import Callable
from typing import TextIO

LINES = 100  # approximate maximum per run: one per percent, or one per job in small studies
TOLD_FROM = 10  # percent: the first jobs, which train, take longer than most, so their mean time is misleading


class ProgressLines(logging.Handler):
    """Writes a line for every percent of the jobs, from the events of Snakemake's logger."""

    def __init__(self, stream: TextIO | None = None, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.INFO)
        self.stream, self.now = stream or sys.stderr, now
        self.begun, self.percent, self.rule = now(), -1, ""

    def emit(self, record: logging.LogRecord) -> None:
        """Record the rule of a finished job; write a line when another percent is done."""
        event = str(getattr(getattr(record, "event", None), "value", ""))
        if event == "job_finished":
            self.rule = record.getMessage().rpartition("Rule: ")[2].rstrip(")")
        elif event == "progress":
            self.tell(record.done, record.total)

    def tell(self, done: int, total: int) -> None:
        """Write a line, unless this percent already has one."""
        percent = LINES * done // max(total, 1)
        if percent == self.percent or not done:
            return
        self.percent = percent
        left = (self.now() - self.begun) / done * (total - done)
        told = f", about {duration(left)} left" if percent >= TOLD_FROM else ""
        end = told if done < total else ", done"
        print(f"{percent:3} %  {done} of {total} jobs, last {self.rule}{end}", file=self.stream, flush=True)


def duration(seconds: float) -> str:
    """Return a duration with one unit: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def follow(logger: logging.Logger) -> None:
    """Log the progress of a run whose output is not a terminal and therefore has no progress bar."""
    if not sys.stderr.isatty():
        logger.addHandler(ProgressLines())
