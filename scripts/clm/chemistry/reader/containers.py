"""Open the table inside a downloaded file: compression and archives are unpacked on the fly, layer by layer.

Nothing is unpacked to named files. A layer that needs random access (a zip or a Parquet file inside a gzip) is copied
to an unnamed temporary file.
"""

import bz2
import gzip
import io
import lzma
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from clm.chemistry.reader.archives import member_stream, zip_entries, zip_kind
from clm.chemistry.reader.kinds import ARCHIVES, COMPRESSED, HEAD, SUPPORTED, identify
from clm.chemistry.reader.messages import damage_told
from clm.provenance.command import UserError

# A file that inflates beyond this is a bomb or a mistake (PubChem's CID-SMILES is about 8 GB), and so is one that
# inflates to RATIO times its size once it is larger than SMALL; tables compress 3- to 50-fold
MAX_BYTES = 64 * 2**30
RATIO, SMALL = 250, 2**26
BLOCK = 2**20
DEPTH = 5
SPREADSHEETS = ("Excel", "OpenDocument")


@dataclass(frozen=True)
class Content:
    """An open table: its kind, its bytes, its name in messages and, for a spreadsheet, the requested sheet."""

    kind: str
    stream: IO[bytes]
    name: str
    sheet: str | None = None


class Bounded(io.RawIOBase):
    """A byte stream that raises UserError once more than `limit` bytes have been read."""

    def __init__(self, stream: IO[bytes], limit: int, name: str) -> None:
        """Wrap `stream`; `name` is used in the message."""
        self.stream, self.left, self.name = stream, limit, name

    def readable(self) -> bool:
        """Return True: this is a source of bytes."""
        return True

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` and return the number of bytes; a damaged archive raises UserError."""
        with damage_told(self.name):
            data = self.stream.read(len(buffer))
        self.left -= len(data)
        if self.left < 0:
            raise UserError(f"{self.name}: inflates beyond the allowed size; check the source")
        buffer[: len(data)] = data
        return len(data)


def zstd_stream(stream: IO[bytes]) -> IO[bytes]:
    """Return a stream that decompresses zstd."""
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(stream), "zstd")


OPENERS: dict[str, Callable[[IO[bytes]], Any]] = {
    "gzip": lambda stream: gzip.GzipFile(fileobj=stream),
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    "zstd": zstd_stream,
}


@contextmanager
def open_content(path: Path, member: str | None = None, limit: int | None = None) -> Iterator[Content]:
    """Open the table in a file.

    Args:
        path: the file, whose first bytes determine its kind.
        member: name of the member of an archive, or of the sheet of a spreadsheet; needed when there are several.
        limit: uncompressed bytes allowed; by default what a table of its size can inflate to.

    Raises:
        UserError: the file is damaged, of a kind that is not supported, inflates without end, or holds several tables.
    """
    with ExitStack() as stack:
        name = f"{path}:{member}" if member else str(path)
        allowed = limit or min(MAX_BYTES, max(SMALL, RATIO * path.stat().st_size))
        stream: IO[bytes] = stack.enter_context(path.open("rb"))
        wanted = member
        for _ in range(DEPTH):
            kind = identify(head_of(stream, name))
            if kind == "zip":
                kind = zip_kind(stream := seekable(stack, stream), name)
            if kind in COMPRESSED:
                stream = buffered(OPENERS[kind](stream), allowed, name)
            elif kind in ARCHIVES:
                inner = member_stream(stack, kind, seekable(stack, stream), wanted, name)
                stream, wanted = buffered(inner, allowed, name), None
            else:
                break
        check_kind(kind, name, wanted, member)
        if kind in ("Parquet", *SPREADSHEETS):
            stream = seekable(stack, stream)
            check_size(kind, stream, allowed, name)
        yield Content(kind, stream, name, wanted)


def buffered(stream: Any, allowed: int, name: str) -> io.BufferedReader:
    """Return a bounded stream that supports `peek`."""
    return io.BufferedReader(Bounded(stream, allowed, name), BLOCK)


def check_kind(kind: str, name: str, wanted: str | None, member: str | None) -> None:
    """Raise UserError when a kind is not supported or holds no members."""
    if kind not in ("text", "SDF", "Parquet", *SPREADSHEETS):
        what = "compressed more than once too often" if kind in (*COMPRESSED, *ARCHIVES) else kind
        raise UserError(f"{name}: this is {what}; supported: {SUPPORTED}; change the file to one of these")
    if wanted and kind not in SPREADSHEETS:
        raise UserError(f"{name}: the file is no archive that could have a member ({kind}); remove `member`: {member}")


def head_of(stream: IO[bytes], name: str) -> bytes:
    """Return the first bytes of a stream without consuming them."""
    with damage_told(name):
        if isinstance(stream, io.BufferedReader) and isinstance(stream.raw, Bounded):
            return stream.peek(HEAD)[:HEAD]
        head = stream.read(HEAD)
        stream.seek(0)
    return head


def seekable(stack: ExitStack, stream: IO[bytes]) -> IO[bytes]:
    """Return the stream, or an unnamed temporary copy if it is not seekable."""
    if not (isinstance(stream, io.BufferedReader) and isinstance(stream.raw, Bounded)):
        return stream
    copy = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=SMALL))
    while block := stream.read(BLOCK):
        copy.write(block)
    copy.seek(0)
    return copy


def check_size(kind: str, stream: IO[bytes], allowed: int, name: str) -> None:
    """Raise UserError if a spreadsheet or Parquet file declares more bytes than a table of its size can have."""
    if kind == "Parquet":
        import pyarrow.parquet as pq

        with damage_told(name):
            meta = pq.read_metadata(stream)
            size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    else:
        with damage_told(name):
            size = sum(entry.file_size for entry in zip_entries(stream))
    stream.seek(0)
    if size > allowed:
        raise UserError(f"{name}: inflates beyond the allowed size ({size} bytes); check the source")
