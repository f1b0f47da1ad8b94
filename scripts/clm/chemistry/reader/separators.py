"""Where a delimited text begins, and what separates its columns."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from clm.chemistry.reader.text import Lines, decode
from clm.provenance.command import UserError

# Tried in this order when no separator is given: by a header, which names the columns, and without one, where a comma
# may as well be in a name
SEPARATORS = (",", "\t", ";", "|", " ")
UNNAMED = ("\t", ";", ",", "|", " ")
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar", " ": "blank"}
# A first line by which Excel is told the separator
SEPARATOR_LINE = re.compile(rb"\"?sep=(.)\"?", re.IGNORECASE)
# Lines of a table without header in which columns are counted, and bytes of a line that are looked at: a header may
# name some ten thousand descriptors
SAMPLE, LONGEST = 100, 1_000_000
# Lines that a header may have, since its quotes may hold line breaks, and lines in which it is looked for
MOST_HEADER_LINES, MOST_ABOVE = 20, 50


def first_line(lines: Lines, separator: str | None, blank: bool = False) -> tuple[bytes | None, str | None]:
    """Return the first line after blank ones and a `sep=;`, or None, and the separator: as given, or as that line says.

    The line is read again as the next one; with `blank` it may be a blank one.
    """
    first = next((line for line in lines if blank or line.strip()), None)
    if first is not None and (told := SEPARATOR_LINE.fullmatch(first)):
        first, separator = next(lines, None), told[1].decode("latin-1")
    if first is not None:
        lines.push([first])
    return first, separator


def chosen_separator(
    lines: Lines, wanted: Sequence[str], header: bool, separator: str | None, decimal: str | None, name: str
) -> str:
    """Return the separator that is given, or else the one that brings the wanted columns.

    With a header that is the one which brings most of their names. Without one it is the one that gives most of the
    first lines the same number of fields, as many as the wanted columns need.

    Args:
        lines: of the table; the first ones are looked at and read again.
        wanted: names of columns, or their numbers from 0 in a table without header.
        header: whether there is one.
        separator: as given.
        decimal: the decimal mark.
        name: of the file, for messages.

    Raises:
        UserError: it is the decimal mark.
    """
    sample = list(islice(lines, MOST_HEADER_LINES if header else SAMPLE))
    lines.push(sample)
    sample = [whole_header(sample)] if header else sample
    texts = [decode(line[:LONGEST])[0].replace("\r", " ") for line in sample if line.strip()]
    if separator is None and not header:
        marks = [mark for mark in UNNAMED if mark != decimal]
        score = {mark: equal_rows(texts, mark, needed(wanted)) for mark in marks}
        return max(marks, key=score.__getitem__) if any(score.values()) else SEPARATORS[0]
    chosen = separator or max(SEPARATORS, key=lambda mark: brought(texts[0], wanted, mark))
    if chosen == decimal and (separator or brought(texts[0], wanted, chosen) > 1):
        raise UserError(
            f"{name}: columns are separated by '{decimal}', which `decimal` says is the decimal mark, so numbers and "
            "columns cannot be told apart; change one of them in the table, and `separator` or `decimal` with it"
        )
    return chosen


def whole_header(sample: Sequence[bytes]) -> bytes:
    """Return the header, over the lines that its quotes hold together; the first line where they never close."""
    for count in range(1, len(sample) + 1):
        text = b"\n".join(sample[:count])
        if text.count(b'"') % 2 == 0:
            return text
    return sample[0]


def check_header(lines: Lines, names: Sequence[str], wanted: Sequence[str], name: str) -> None:
    """Raise UserError when the header lacks a wanted name and one of the next lines, which stay unread, has all."""
    if set(wanted) <= set(names):
        return
    first = lines.number
    sample = list(islice(lines, MOST_ABOVE))
    lines.push(sample)
    texts = [decode(line[:LONGEST])[0] for line in sample]
    for number, text in enumerate(texts, first + 1):
        if any(brought(text, wanted, mark) == len(wanted) for mark in SEPARATORS):
            raise UserError(below(name, number))


def below(name: str, line: int) -> str:
    """Return what to say of a header that is not the first line."""
    return f"{name}: the names of the columns are in line {line}, not in the first; remove the lines above it"


def brought(header: str, wanted: Sequence[str], mark: str) -> int:
    """Return how many of the wanted names a header has."""
    fields = [field.strip().strip('"').strip() for field in header.split(None if mark == " " else mark)]
    return sum(column in fields for column in wanted)


def needed(wanted: Sequence[str]) -> int:
    """Return how many columns there must be to have those of the wanted numbers; two where none is wanted."""
    return max((int(column) + 1 for column in wanted if column.isdecimal()), default=2)


def equal_rows(texts: Sequence[str], mark: str, least: int) -> int:
    """Return how many lines have the number of fields that most have, or 0 where that is less than `least` or 2."""
    if mark == " ":
        widths = Counter(len(text.split()) for text in texts)
    else:
        widths = Counter(len(row) for row in csv.reader(texts, delimiter=mark, skipinitialspace=True))
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return count if width >= max(least, 2) else 0
