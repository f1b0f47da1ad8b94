"""Helpers for messages about a file: safe display of names, one-line reports of damage."""

import lzma
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
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
    """Return a text from a file for a message: shortened, without control characters."""
    short = text if len(text) <= most else f"{text[: most - 3]}..."
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in short)


def listed(names: Collection[str], most: int = 20) -> str:
    """Return names from a file for a message of one line."""
    shown = ", ".join(printable(name) for name in list(names)[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def look_alikes(absent: Sequence[str], names: Sequence[str]) -> str:
    """Return a hint about columns whose names differ from absent ones only in case, blanks or similar letters."""
    pairs = [(wanted, name) for wanted in absent for name in names if without_case(name) == without_case(wanted)]
    return "".join(f" ({ascii(wanted)} is there as {ascii(name)})" for wanted, name in pairs)


def without_case(name: str) -> str:
    """Return a name without case and blanks, with look-alike letters (such as the two micro signs) unified."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """Turn the exceptions that libraries raise on damaged files into a UserError about `name`."""
    try:
        yield
    except DAMAGE as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(
            f"{name}: damaged or truncated ({printable(reason[0], 200)}); delete it and fetch it again"
        ) from error
