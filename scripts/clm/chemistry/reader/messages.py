"""What messages about a file share: its names shown safely, damage told in one line."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from clm.provenance.command import UserError

DAMAGE = (
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def printable(text: str, most: int = 40) -> str:
    """Return a text of a file for a message: not too long, no control characters."""
    short = text if len(text) <= most else f"{text[: most - 3]}..."
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in short)


def listed(names: Collection[str], most: int = 20) -> str:
    """Return names from a file for a message of one line."""
    shown = ", ".join(printable(name) for name in list(names)[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """Turn what libraries raise on damaged files into a UserError about `name`."""
    try:
        yield
    except DAMAGE as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(
            f"{name}: damaged or truncated ({printable(reason[0], 200)}); delete it and fetch it again"
        ) from error
