"""Find the first line of a delimited text and its separator."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from clm.chemistry.reader.text import Lines, decode
from clm.provenance.command import UserError

# Tried in this order when no separator is given: with a header, which names the columns, and without one, where a
# comma may be part of a name
SEPARATORS = (",", "\t", ";", "|", " ")
UNNAMED = ("\t", ";", ",", "|", " ")
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar", " ": "blank"}
# A first line that specifies the separator for Excel
SEPARATOR_LINE = re.compile(rb"\"?sep=(.)\"?", re.IGNORECASE)
# Number of lines in which columns are counted in a table without header, and of bytes read per line: a header may name
# some ten thousand descriptors
SAMPLE, LONGEST = 100, 1_000_000
# Maximum number of lines of a header, since its quotes may hold line breaks, and of lines searched for it
MOST_HEADER_LINES, MOST_ABOVE = 20, 50


def first_line(lines: Lines, separator: str | None, blank: bool = False) -> tuple[bytes | None, str | None]:
    """Return the first line after blank lines and `sep=;`, or None, and the separator: as given or from that line.

    The line is pushed back and read again; with `blank` it may be a blank one.
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
    """Return the given separator, or else the one that yields the requested columns.

    With a header this is the one that yields most of their names. Without one it is the one that splits most of the
    first lines into the same number of fields, enough for the requested columns.

    Args:
        lines: of the table; the first ones are inspected and pushed back.
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
    """Return the header, including the lines that its quotes span, or the first line if a quote never closes."""
    for count in range(1, len(sample) + 1):
        text = b"\n".join(sample[:count])
        if text.count(b'"') % 2 == 0:
            return text
    return sample[0]


def check_header(lines: Lines, names: Sequence[str], wanted: Sequence[str], name: str) -> None:
    """Raise UserError if the header lacks a wanted name but one of the next lines (not consumed) has all of them."""
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
    """Return the message about a header that is not the first line."""
    return f"{name}: the names of the columns are in line {line}, not in the first; remove the lines above it"


def brought(header: str, wanted: Sequence[str], mark: str) -> int:
    """Return the number of wanted names in a header."""
    fields = [field.strip().strip('"').strip() for field in header.split(None if mark == " " else mark)]
    return sum(column in fields for column in wanted)


def needed(wanted: Sequence[str]) -> int:
    """Return the minimum number of columns for the wanted column numbers; two if none is wanted."""
    return max((int(column) + 1 for column in wanted if column.isdecimal()), default=2)


def equal_rows(texts: Sequence[str], mark: str, least: int) -> int:
    """Return the number of lines with the most frequent number of fields, or 0 if that is below `least` or 2."""
    if mark == " ":
        widths = Counter(len(text.split()) for text in texts)
    else:
        widths = Counter(len(row) for row in csv.reader(texts, delimiter=mark, skipinitialspace=True))
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return count if width >= max(least, 2) else 0
