"""Identify the content of a user's file independently of its time stamps."""

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from clm.provenance.files import read_json, sha256_file, write_json

SMALL = 2**24  # bytes up to which a file is hashed each time
# A file that changed so few seconds ago may change again within one tick of the file system's clock
RECENT = 2


def content_mark(path: Path, memory: Path) -> str:
    """Return the first 16 digits of the sha256 of a file.

    The digest of a large file is cached together with its size, inode and times. These include the time of the last
    change of the inode, which no program can set, so an edit that keeps the size and resets the modification time is
    detected too.

    Args:
        path: the file.
        memory: folder of the cache; if it is not writable the file is hashed each time.
    """
    about = path.stat()
    if about.st_size <= SMALL:
        return sha256_file(path)[:16]
    state = [about.st_size, about.st_ino, about.st_mtime_ns, about.st_ctime_ns]
    place = memory / f"{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):  # nothing is cached, or not in this form
        known = read_json(place)
        if known["state"] == state:
            return known["mark"]
    mark = sha256_file(path)[:16]
    if time.time() - about.st_ctime > RECENT:
        with suppress(OSError):
            write_json(place, {"state": state, "mark": mark})
    return mark
