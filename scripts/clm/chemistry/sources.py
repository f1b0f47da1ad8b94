"""Rows of fetched files: a member is read straight out of its archive, nothing is ever unpacked to disk."""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from clm.provenance.command import UserError

# A member that inflates beyond this is a bomb or a mistake (PubChem's CID-SMILES is about 8 GB)
MAX_MEMBER_BYTES = 64 * 2**30
# Lines are cut out of blocks of this size; a line that does not end within two blocks is shortened, not collected
BLOCK = 2**20


def listed(names: Collection[str], most: int = 20) -> str:
    """Return names from a file for a message of one line: not too many, none too long, no control characters."""
    short = [name if len(name) <= 40 else f"{name[:37]}..." for name in list(names)[:most]]
    shown = ", ".join(name if name.isprintable() else ascii(name)[1:-1] for name in short)
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """Turn what readers raise on damaged archives into a UserError about `name`."""
    try:
        yield
    except (EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(f"{name}: damaged or truncated ({reason[0]}); delete it and fetch it again") from error


class Bounded(io.RawIOBase):
    """A byte stream that raises UserError once more than `limit` bytes came out of it."""

    def __init__(self, stream: IO[bytes], limit: int, name: str) -> None:
        """Wrap `stream`; `name` is used in the message."""
        self.stream, self.left, self.name = stream, limit, name

    def readable(self) -> bool:
        """Return True: this is a source of bytes."""
        return True

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` and return the number of bytes; damage of the archive becomes a UserError."""
        with damage_told(self.name):
            data = self.stream.read(len(buffer))
        self.left -= len(data)
        if self.left < 0:
            raise UserError(f"{self.name}: inflates beyond the allowed size; check the source")
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def open_member(content: Path, member: str | None, limit: int = MAX_MEMBER_BYTES) -> Iterator[IO[bytes]]:
    """Open a fetched file, or a member of a fetched zip or wheel, as bytes; gzip is undone by its magic number.

    Raises:
        UserError: the archive or the member cannot be read, is truncated, inflates beyond `limit` bytes or is UTF-16.
    """
    name = f"{content}:{member}" if member else str(content)
    try:
        with damage_told(name):
            outer = zipfile.ZipFile(content) if member else None
            raw = outer.open(member) if outer else content.open("rb")
    except KeyError as error:
        raise UserError(f"{name}: no such member in the archive; check `member` in the configuration") from error
    with raw:
        head = io.BufferedReader(raw)
        with damage_told(name):
            start = head.peek(2)[:2]
        stream = gzip.GzipFile(fileobj=head) if start == b"\x1f\x8b" else head
        content_stream = io.BufferedReader(Bounded(stream, limit, name), 2**20)
        if content_stream.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise UserError(f"{name}: the text is UTF-16; change it to UTF-8 (save as CSV UTF-8)")
        yield content_stream
    if outer:
        outer.close()


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield lines without their line end; of an endless line no more than two blocks are ever held or yielded."""
    rest = b""
    while block := stream.read(BLOCK):
        whole = (rest + block).split(b"\n")
        rest = whole.pop()[:BLOCK]
        for line in whole:
            yield line.rstrip(b"\r")
    if rest:
        yield rest.rstrip(b"\r")


def smiles_rows(content: Path, member: str | None, column: str | int, separator: str = ",") -> Iterator[bytes]:
    """Yield the raw SMILES field of each data row of a large table, as bytes.

    Large corpora are split at the separator, not parsed as CSV: SMILES hold neither commas nor quotes, a stray quote
    can then swallow no following rows, and this is several times faster. A row without the field yields b"".

    Args:
        content: the fetched file.
        member: name of the member inside a zip or wheel, or None.
        column: name in the header line, or the 0-based position in a table without header.
        separator: one character.

    Raises:
        UserError: the column is not in the header.
    """
    with open_member(content, member) as stream:
        rows = lines(stream)
        split = separator.encode()
        position = column if isinstance(column, int) else header_position(next(rows, b""), column, split, content)
        for row in rows:
            fields = row.split(split, position + 1)
            yield fields[position].strip() if len(fields) > position else b""


def header_position(header: bytes, column: str, separator: bytes, content: Path) -> int:
    """Return the position of a named column; raises UserError that lists the columns there are, or when two have it."""
    names = [
        name.strip().strip('"') for name in header.decode("utf-8", "replace").lstrip("\ufeff").split(separator.decode())
    ]
    if column not in names:
        raise UserError(f"{content}: no column '{column}'; the header has: {listed(names)}; change `column`")
    if names.count(column) > 1:
        raise UserError(f"{content}: {names.count(column)} columns are called '{column}'; give `column` as a number")
    return names.index(column)


def table_rows(
    content: Path, member: str | None, separator: str = ",", wanted: Collection[str] = ()
) -> Iterator[dict[str, str]]:
    """Yield the rows of a small CSV table as dictionaries, with full CSV quoting.

    A quote that is never closed would swallow all rows after it, so quotes must be as in RFC 4180.

    Args:
        content: the fetched file.
        member: name of the member inside a zip or wheel, or None.
        separator: one character.
        wanted: columns of which there may be only one.

    Raises:
        UserError: the file is empty, is no table or has two columns with a wanted name.
    """
    with open_member(content, member) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        reader = csv.DictReader(text, delimiter=separator, strict=True)
        try:
            if reader.fieldnames is None:
                raise UserError(f"{content}: the table is empty; check the source")
            counts = Counter(reader.fieldnames)
            if repeated := [name for name in wanted if counts[name] > 1]:
                raise UserError(f"{content}: several columns are called {listed(repeated)}; rename all but one")
            yield from reader
        except csv.Error as error:
            raise UserError(
                f"{content}, line {reader.line_num + 1}: not a CSV table ({error}); check `separator` and quotes"
            ) from error
