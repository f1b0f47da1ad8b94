"""Split delimited text into records of fields, with quotes as in RFC 4180."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from clm.chemistry.reader.text import BLOCK, QUOTE, Lines
from clm.provenance.command import UserError

# A quoted field with more lines than this is taken for an unclosed quote, unless a mol block begins in it
MOST_LINES, MOST_BLOCK_LINES = 100, 2000
BLOCK_BEGINS, BLOCK_ENDS = (b"V2000", b"V3000"), b"M  END"
csv.field_size_limit(2 * BLOCK)


class Record(NamedTuple):
    """A record: number of its first line (from 1), and its fields, or none and the reason."""

    line: int
    fields: list[bytes]
    reason: str | None = None


def records(
    lines: Lines, separator: bytes, name: str, stop: bool = True, single: int | None = None
) -> Iterator[Record]:
    """Yield the records of a delimited text.

    A line without a quote is split at the separator. One with quotes is parsed by RFC 4180, over several lines if
    needed; if it violates the RFC it is `bad_quotes`. A blank as separator stands for any run of blanks and tabs.

    Args:
        lines: the text.
        separator: one ASCII character.
        name: of the file, for messages.
        stop: whether an unclosed quote, or one whose field swallows rows, raises an error; otherwise the line is
            `bad_quotes` and the lines after it are parsed as if it were absent.
        single: position of a field that no quote can extend over several lines, unless it holds a mol block.

    Raises:
        UserError: there is such a quote.
    """
    blank = None if separator == b" " else separator
    for line in lines:
        if QUOTE in line:
            yield quoted(line, lines, separator, name, stop, single)
        else:
            yield Record(lines.number, line.split(blank))


def field_blocks(
    lines: Lines, separator: bytes, name: str, single: int
) -> Iterator[tuple[list[list[bytes]], str | None]]:
    """Yield the fields of the same records, many at once where there are no quotes, or the reason for a missing one."""
    blank = None if separator == b" " else separator
    found = records(lines, separator, name, False, single)
    while True:
        if plain := lines.unquoted():
            yield [line.split(blank) for line in plain], None
        else:
            record = next(found, None)
            if record is None:
                return
            yield [record.fields], record.reason


def quoted(line: bytes, lines: Lines, separator: bytes, name: str, stop: bool, single: int | None) -> Record:
    """Return the record that begins with a line with quotes, and consume its further lines."""
    first, taken = lines.number, [line]

    def feed() -> Iterator[str]:
        most = MOST_LINES
        yield f"{line.decode('latin-1')}\n"
        for more in lines:
            taken.append(more)
            most = MOST_BLOCK_LINES if more.rstrip().endswith(BLOCK_BEGINS) else most
            if len(taken) > most:
                raise csv.Error("the quote is not closed")
            yield f"{more.decode('latin-1')}\n"

    reader = csv.reader(feed(), delimiter=separator.decode(), strict=True, skipinitialspace=separator != b" ")
    try:
        fields = [field.encode("latin-1") for field in next(reader)]
        runs_on = single is not None and single < len(fields) and several_lines(fields[single])
        broken = runs_on or swallows_rows(taken, separator, len(fields))
    except csv.Error as error:
        fields, broken = [line], len(taken) > 1 or "unexpected end of data" in str(error)
        if not broken:
            return Record(first, fields, "bad_quotes")
    if not broken:
        return Record(first, fields)
    if stop:
        raise UserError(
            f"{name}, line {first}: a quote is opened and not closed, or closed {len(taken) - 1} lines later, over "
            "lines that look like rows; mend the quotes, or check `separator`"
        )
    lines.push(taken[1:])
    return Record(first, [line], "bad_quotes")


def several_lines(field: bytes) -> bool:
    """Return whether a field spans several lines and is not a mol block."""
    return b"\n" in field and BLOCK_ENDS not in field


def swallows_rows(taken: list[bytes], separator: bytes, width: int) -> bool:
    """Return whether a field spans at least three lines that would each have as many fields as a row without quotes."""
    return len(taken) > 2 and all(line.count(separator) == width - 1 for line in taken)
