"""Tables of tasks and of embeddings in any supported format: column names, and numbered rows of cells."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from clm.chemistry.reader.columns import parquet_names, parquet_rows
from clm.chemistry.reader.containers import SPREADSHEETS, Content, open_content
from clm.chemistry.reader.messages import listed
from clm.chemistry.reader.records import Record, records
from clm.chemistry.reader.sdf import STRUCTURE, sdf_records
from clm.chemistry.reader.separators import MOST_ABOVE, NAMES, below, check_header, chosen_separator, first_line
from clm.chemistry.reader.spreadsheets import hidden_rows, sheet_rows
from clm.chemistry.reader.text import Lines, as_utf8, decode, foreign_note
from clm.provenance.command import UserError


class Row(NamedTuple):
    """A data row: its number from 0, its line (or record) from 1, and its cells by column or why there are none."""

    number: int
    line: int
    cells: Mapping[str, Any]
    reason: str | None = None
    text: str = ""


@dataclass
class Table:
    """A table: the names of its columns, its rows, and notes on how it was read."""

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
        wanted: names of the required columns, which must be unique.
        member: of an archive, or the sheet of a spreadsheet.
        separator: one ASCII character; by default the one that yields the required columns.
        encoding: of a text; by default UTF-8, or that of a byte order mark, or Windows-1252 where that fails.
        decimal: the decimal mark of its numbers, which cannot separate columns too.
        header: whether the first row names the columns.

    Raises:
        UserError: the file cannot be read, is empty, or two columns have a wanted name.
    """
    with open_content(path, member) as content:
        if content.kind == "SDF":
            table = sdf_table(path, member, content, encoding)
        elif content.kind == "Parquet":
            names = parquet_names(content)
            names = names if header else [str(i) for i in range(len(names))]
            table = cells_table(names, enumerate(parquet_rows(content), 1), content)
        elif content.kind in SPREADSHEETS:
            table = sheet_table(content, wanted, header)
        else:
            table = text_table(content, wanted, (separator, decimal), encoding, header)
        repeated = [name for name in wanted if table.names.count(name) > 1]
        if repeated:
            raise UserError(f"{content.name}: several columns are called {listed(repeated)}; rename all but one")
        yield table


def sdf_table(path: Path, member: str | None, content: Content, encoding: str | None) -> Table:
    """Return the table of an SDF; fields are collected first, since a record may lack some, which are then empty."""
    notes: list[str] = []
    with open_content(path, member) as first:
        found = sdf_records(first.stream, encoding, first.name, notes)
        names = list(dict.fromkeys([*(name for *_, fields in found for name in fields), STRUCTURE]))
    empty = dict.fromkeys(names, "")
    again = sdf_records(content.stream, encoding, content.name)
    rows = (Row(i, line, empty | fields | {STRUCTURE: block}) for i, (line, block, fields) in enumerate(again))
    return Table(names, rows, notes)


def cells_table(
    names: list[str], numbered: Iterator[tuple[int, list[Any]]], content: Content, notes: Sequence[str] = ()
) -> Table:
    """Return a table from rows of cells; rows without cells are skipped."""
    names = [str(name).strip() for name in names]
    filled = ((line, cells) for line, cells in numbered if any(cell not in (None, "") for cell in cells))
    rows = (Row(i, line, dict(zip(names, cells, strict=True))) for i, (line, cells) in enumerate(filled))
    return Table(names, rows, [f"read as {content.kind}", *notes])


def sheet_table(content: Content, wanted: Sequence[str], header: bool) -> Table:
    """Return the table of a sheet."""
    hidden = hidden_rows(content)
    notes = [f"{hidden} hidden rows of the file are read as all others"] if hidden else []
    numbered = enumerate(sheet_rows(content), 1)
    first = next(numbered, None)
    if first is None:
        raise UserError(f"{content.name}: the table is empty; check the source")
    if header:
        names = shown(first[1])
        nearest = list(islice(numbered, MOST_ABOVE))
        beneath = [line for line, cells in nearest if set(wanted) <= set(shown(cells))]
        if beneath and not set(wanted) <= set(names):
            raise UserError(below(content.name, beneath[0]))
        return cells_table(names, chain(nearest, numbered), content, notes)
    rows = (row for row in [first, *numbered])
    return cells_table([str(i) for i in range(len(first[1]))], rows, content, notes)


def shown(cells: Sequence[Any]) -> list[str]:
    """Return cells as names of columns."""
    return ["" if cell is None else str(cell).strip() for cell in cells]


def text_table(
    content: Content, wanted: Sequence[str], marks: tuple[str | None, str | None], encoding: str | None, header: bool
) -> Table:
    """Return the table of a delimited text; `marks` are the separator and the decimal mark, if given."""
    stream, note = as_utf8(content.stream, encoding, content.name)
    lines, notes = Lines(stream), [note] if note else []
    first, told = first_line(lines, marks[0])
    if first is None:
        raise UserError(f"{content.name}: the table is empty; check the source")
    separator = chosen_separator(lines, wanted, header, told, marks[1], content.name)
    notes += [] if told or separator == "," else [f"columns separated by {NAMES[separator]}"]
    found = records(lines, separator.encode(), content.name)
    head = next(found)
    if head.reason:
        raise UserError(f"{content.name}, line {head.line}: not a CSV table (quotes in the header); mend the header")
    texts = [decode(name)[0].strip() for name in head.fields]
    if header:
        check_header(lines, texts, wanted, content.name)
        return Table(texts, text_rows(found, texts, notes), notes)
    names = [str(i) for i in range(len(texts))]
    return Table(names, text_rows(chain_first(head, found), names, notes), notes)


def chain_first(head: Record, found: Iterator[Record]) -> Iterator[Record]:
    """Yield the first record of a table without header, then the others."""
    yield head
    yield from found


def text_rows(found: Iterator[Record], names: list[str], notes: list[str]) -> Iterator[Row]:
    """Yield rows; one with more or fewer fields than the header has a reason instead of cells. Skip blank lines."""
    number, foreign = 0, False
    for record in found:
        if not any(field.strip() for field in record.fields) and len(record.fields) <= 1:
            continue
        decoded = [decode(field) for field in record.fields]
        if not foreign and any(other for _, other in decoded):
            foreign = True
            notes.append(foreign_note(record.line))
        cells = [text for text, _ in decoded]
        reason = record.reason
        if reason is None and len(cells) != len(names):
            reason = "longer_than_header" if len(cells) > len(names) else "shorter_than_header"
        if reason:
            yield Row(number, record.line, {}, reason, " | ".join(cells))
        else:
            yield Row(number, record.line, dict(zip(names, cells, strict=True)))
        number += 1
