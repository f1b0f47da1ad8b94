"""Tables of tasks and of embeddings, whatever holds them: names of columns, and rows of cells with their numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from clm.chemistry.reader.columns import parquet_names, parquet_rows
from clm.chemistry.reader.containers import SPREADSHEETS, Content, open_content
from clm.chemistry.reader.messages import listed
from clm.chemistry.reader.records import Record, records
from clm.chemistry.reader.sdf import STRUCTURE, sdf_records
from clm.chemistry.reader.spreadsheets import sheet_rows
from clm.chemistry.reader.text import Lines, as_utf8, decode
from clm.provenance.command import UserError

# Tried in this order when no separator is given
SEPARATORS = (",", "\t", ";", "|", " ")
# A first line by which Excel is told the separator
SEPARATOR_LINE = re.compile(rb"\"?sep=(.)\"?", re.IGNORECASE)
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar", " ": "blank"}


class Row(NamedTuple):
    """A data row: its number from 0, the line (or record) it is on from 1, cells by column, or why there are none."""

    number: int
    line: int
    cells: Mapping[str, Any]
    reason: str | None = None
    text: str = ""


@dataclass
class Table:
    """A table: the names of its columns, its rows, what to tell of how it was read."""

    names: list[str]
    rows: Iterator[Row]
    notes: list[str] = field(default_factory=list)


@contextmanager
def open_table(
    path: Path,
    wanted: Sequence[str],
    member: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    header: bool = True,
) -> Iterator[Table]:
    """Open a table.

    A text without `header` has columns "0", "1", ...; an SDF has its data fields and the mol block as `structure`.

    Args:
        path: the file.
        wanted: names of the columns that are needed, of which there may be one each.
        member: of an archive, or the sheet of a spreadsheet.
        separator: one ASCII character; by default the one that brings the wanted columns.
        encoding: of a text; by default UTF-8, or what a byte order mark says, or Windows-1252 where that fails.
        decimal: the decimal mark of its numbers, which cannot separate columns too.
        header: whether the first row names the columns.

    Raises:
        UserError: the file cannot be read, is empty, or two columns have a wanted name.
    """
    with open_content(path, member) as content:
        if content.kind == "SDF":
            yield sdf_table(path, member, content)
            return
        if content.kind == "Parquet":
            names = parquet_names(content)
            names = names if header else [str(i) for i in range(len(names))]
            table = cells_table(names, enumerate(parquet_rows(content), 1), content)
        elif content.kind in SPREADSHEETS:
            table = sheet_table(content, header)
        else:
            table = text_table(content, wanted, (separator, decimal), encoding, header)
        repeated = [name for name in wanted if table.names.count(name) > 1]
        if repeated:
            raise UserError(f"{content.name}: several columns are called {listed(repeated)}; rename all but one")
        yield table


def sdf_table(path: Path, member: str | None, content: Content) -> Table:
    """Return the table of an SDF; its fields are collected beforehand, since a record may lack some."""
    with open_content(path, member) as first:
        names = list(dict.fromkeys(name for *_, fields in sdf_records(first.stream) for name in fields))
    found = sdf_records(content.stream)
    rows = (Row(number, line, fields | {STRUCTURE: block}) for number, (line, block, fields) in enumerate(found))
    return Table([*names, STRUCTURE], rows)


def cells_table(names: list[str], numbered: Iterator[tuple[int, list[Any]]], content: Content) -> Table:
    """Return a table from rows of cells; rows without any cell are passed over."""
    names = [str(name).strip() for name in names]
    filled = ((line, cells) for line, cells in numbered if any(cell not in (None, "") for cell in cells))
    rows = (Row(i, line, dict(zip(names, cells, strict=True))) for i, (line, cells) in enumerate(filled))
    return Table(names, rows, [f"read as {content.kind}"])


def sheet_table(content: Content, header: bool) -> Table:
    """Return the table of a sheet."""
    numbered = enumerate(sheet_rows(content), 1)
    first = next(numbered, None)
    if first is None:
        raise UserError(f"{content.name}: the table is empty; check the source")
    if header:
        return cells_table(["" if cell is None else str(cell) for cell in first[1]], numbered, content)
    rows = (row for row in [first, *numbered])
    return cells_table([str(i) for i in range(len(first[1]))], rows, content)


def text_table(
    content: Content, wanted: Sequence[str], marks: tuple[str | None, str | None], encoding: str | None, header: bool
) -> Table:
    """Return the table of a delimited text; `marks` are the separator and the decimal mark, where they are given."""
    stream, note = as_utf8(content.stream, encoding, content.name)
    lines, notes = Lines(stream), [note] if note else []
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise UserError(f"{content.name}: the table is empty; check the source")
    if (told := SEPARATOR_LINE.fullmatch(first)) and header:
        marks, first = (told[1].decode("latin-1"), marks[1]), next(lines, b"")
    lines.push([first])
    separator = chosen_separator(first, wanted, header, *marks, content.name)
    notes += [] if marks[0] or separator == "," else [f"columns separated by {NAMES[separator]}"]
    found = records(lines, separator.encode(), content.name)
    head = next(found)
    if head.reason:
        raise UserError(f"{content.name}, line {head.line}: not a CSV table (quotes in the header); mend the header")
    texts = [decode(name)[0].strip() for name in head.fields]
    if header:
        return Table(texts, text_rows(found, texts, notes), notes)
    names = [str(i) for i in range(len(texts))]
    return Table(names, text_rows(chain_first(head, found), names, notes), notes)


def chain_first(head: Record, found: Iterator[Record]) -> Iterator[Record]:
    """Yield the first record of a table without header, then the others."""
    yield head
    yield from found


def chosen_separator(
    line: bytes, wanted: Sequence[str], header: bool, separator: str | None, decimal: str | None, name: str
) -> str:
    """Return the separator that is given, or else the one that brings most of the wanted columns.

    Args:
        line: the first one.
        wanted: names of columns; without a header as many columns as possible are looked for.
        header: whether there is one.
        separator: as given.
        decimal: the decimal mark.
        name: of the file, for messages.

    Raises:
        UserError: it is the decimal mark.
    """

    def brought(mark: str) -> int:
        fields = [field.strip(' "') for field in decode(line)[0].split(None if mark == " " else mark)]
        return sum(column in fields for column in wanted) if header else len(fields)

    chosen = separator or max(SEPARATORS, key=brought)
    if chosen == decimal and (separator or brought(chosen) > 1):
        raise UserError(
            f"{name}: columns are separated by '{decimal}', which `decimal` says is the decimal mark, so numbers and "
            "columns cannot be told apart; change one of them in the table, and `separator` or `decimal` with it"
        )
    return chosen


def text_rows(found: Iterator[Record], names: list[str], notes: list[str]) -> Iterator[Row]:
    """Yield rows; one with more or fewer fields than the header has no cells but a reason. Blank lines are no rows."""
    number, foreign = 0, False
    for record in found:
        if not any(field.strip() for field in record.fields) and len(record.fields) <= 1:
            continue
        decoded = [decode(field) for field in record.fields]
        if not foreign and any(other for _, other in decoded):
            foreign = True
            notes.append(f"not UTF-8 from line {record.line} on: read as Windows-1252 (Latin-1); say `encoding`")
        cells = [text for text, _ in decoded]
        reason = record.reason
        if reason is None and len(cells) != len(names):
            reason = "longer_than_header" if len(cells) > len(names) else "shorter_than_header"
        if reason:
            yield Row(number, record.line, {}, reason, " | ".join(cells))
        else:
            yield Row(number, record.line, dict(zip(names, cells, strict=True)))
        number += 1
