"""Counts of what tests tried, for docs/RELIABILITY.md: written when CLM_COUNTS names a file, one subject at a time."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any


def told(subject: str, **counts: Any) -> None:
    """Add counts to a subject of the file that CLM_COUNTS names, if it does."""
    if not os.environ.get("CLM_COUNTS"):
        return
    path = Path(os.environ["CLM_COUNTS"])
    with path.open("a+", encoding="utf-8") as handle:
        fcntl.lockf(handle, fcntl.LOCK_EX)
        handle.seek(0)
        found = json.loads(handle.read() or "{}")
        found.setdefault(subject, {}).update(counts)
        handle.truncate(0)
        handle.write(json.dumps(found, indent=1, sort_keys=True) + "\n")
