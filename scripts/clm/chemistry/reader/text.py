"""Read text line by line in any encoding, in constant memory."""

import codecs
import io
from collections.abc import Iterator
from typing import IO

from clm.chemistry.reader.kinds import BOMS, HEAD, wide_encoding
from clm.chemistry.reader.messages import printable
from clm.provenance.command import UserError

# Text is read in blocks of this size; a line that does not end within two blocks is truncated
BLOCK = 2**20
QUOTE = b'"'


class Lines:
    """The lines of a stream without their ends; `number` is that of the last one, from 1."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Wrap a stream in UTF-8 or any other superset of ASCII."""
        self.blocks, self.number = split_lines(stream), 0
        self.held: list[bytes] = []  # lines of the block, the next one last
        self.plain = True  # whether the block has no quote

    def __iter__(self) -> "Lines":
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next line."""
        while not self.held:
            self.held, self.plain = next(self.blocks)
            self.held.reverse()
        self.number += 1
        return self.held.pop()

    def push(self, lines: list[bytes]) -> None:
        """Push lines back to be read again."""
        self.held += reversed(lines)
        self.plain = self.plain and not any(QUOTE in line for line in lines)
        self.number -= len(lines)

    def unquoted(self) -> list[bytes]:
        """Return the remaining lines of the block if it has no quote, else none."""
        if not (self.plain and self.held):
            return []
        lines, self.held = self.held[::-1], []
        self.number += len(lines)
        return lines


def split_lines(stream: IO[bytes]) -> Iterator[tuple[list[bytes], bool]]:
    """Yield blocks of lines that end in LF, CR LF or (if the first block has no LF) CR, and whether none has a quote.

    At most two blocks of an endless line are held or yielded.
    """
    rest, end = b"", b""
    while block := stream.read(BLOCK):
        end = end or (b"\r" if b"\n" not in block and b"\r" in block else b"\n")
        data = rest + block
        whole = data.split(end)
        rest = whole.pop()[:BLOCK]
        if b"\r" in data:
            whole = [line.rstrip(b"\r") for line in whole]
        yield whole, QUOTE not in data
    if rest:
        yield [rest.rstrip(b"\r")], QUOTE not in rest


def as_utf8(stream: IO[bytes], encoding: str | None, name: str) -> tuple[IO[bytes], str | None]:
    """Return a byte stream in a superset of ASCII, and a note on the encoding.

    UTF-8 and single-byte encodings are left unchanged: fields are decoded one by one (`decode`). A byte order mark
    identifies UTF-8 and UTF-16.

    Args:
        stream: the text; it supports `peek` or `seek`.
        encoding: as configured, or None.
        name: of the file, for messages.

    Raises:
        UserError: there is no such text encoding.
    """
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    head = buffered.peek(HEAD)[:HEAD]
    marked = next((found for mark, found in BOMS.items() if head.startswith(mark)), None)
    found = marked or encoding or wide_encoding(head)
    if found == "utf-8-sig":
        buffered.read(len(codecs.BOM_UTF8))
        return buffered, None
    if found is None:
        return buffered, None
    try:
        name_of_codec = codecs.lookup(found).name
        io.TextIOWrapper(io.BytesIO(), found)  # refuses codecs that are not text encodings, such as rot13
    except LookupError as error:
        raise UserError(f"{name}: no encoding is called '{found}'; change `encoding`, for example to utf-8") from error
    if name_of_codec == "utf-8":
        return buffered, None
    if name_of_codec == "utf-16" and not marked:
        found = wide_encoding(head) or found  # a UTF-16 decoder needs the byte order
    text = Transcoded(buffered, found, name)
    return io.BufferedReader(text, BLOCK), f"read as {name_of_codec}"  # type: ignore[type-var]


class Transcoded(io.RawIOBase):
    """The UTF-8 bytes of a text in another encoding; characters that cannot be decoded become U+FFFD.

    Reading raises UserError if none can be decoded.
    """

    def __init__(self, stream: IO[bytes], encoding: str, name: str) -> None:
        """Wrap a stream; `name` is used in the message."""
        self.stream, self.rest, self.encoding, self.name = stream, b"", encoding, name
        self.decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def readable(self) -> bool:
        """Return True: this is a source of bytes."""
        return True

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` and return the number of bytes."""
        while not self.rest:
            block = self.stream.read(BLOCK)
            self.rest = self.decoded(block)
            if not block:
                break
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size

    def decoded(self, block: bytes) -> bytes:
        """Return a block as UTF-8."""
        try:
            return self.decoder.decode(block, final=not block).encode()
        except UnicodeError as error:
            reason = printable(str(error), 100)
            raise UserError(f"{self.name}: the text is not in {self.encoding} ({reason}); change `encoding`") from error


def decode(field: bytes) -> tuple[str, bool]:
    """Return the text of a field and whether it is not UTF-8; if so, it is read as Windows-1252 or Latin-1."""
    try:
        return field.decode("utf-8"), False
    except UnicodeDecodeError:
        try:
            return field.decode("cp1252"), True
        except UnicodeDecodeError:
            return field.decode("latin-1"), True


def foreign_note(line: int) -> str:
    """Return the note about a text that is not UTF-8 from a given line on."""
    return f"not UTF-8 from line {line} on: read as Windows-1252 (Latin-1); say `encoding`"
