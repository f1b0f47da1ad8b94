"""When the training loop logs and saves."""

import logging
import time

log = logging.getLogger(__name__)


class Clock:
    """Decide when to log and to save, without any effect on results."""

    def __init__(self, until: int) -> None:
        """Start."""
        self.until, self.first = until, None
        self.began = self.last_log = self.last_save = time.monotonic()

    def elapsed(self) -> float:
        """Return seconds since the start."""
        return time.monotonic() - self.began

    def since_save(self) -> float:
        """Return seconds since the last save."""
        return time.monotonic() - self.last_save

    def saved(self) -> None:
        """Restart the time since the last save."""
        self.last_save = time.monotonic()

    def log(self, step: int, tokens: int, loss: float, every: float = 10.0) -> None:
        """Log step, loss, speed and time left, at most once in `every` seconds."""
        now = time.monotonic()
        self.first = self.first or (now, tokens)
        if now - self.last_log < every or tokens == self.first[1]:
            return
        speed = (tokens - self.first[1]) / (now - self.first[0])
        left = (self.until - tokens) / speed
        log.info("step %d, loss %.3f, %d tokens, %.0f tokens/s, %.0f s left", step, loss, tokens, speed, left)
        self.last_log = now
