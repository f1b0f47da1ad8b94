"""Stream the raw molecules of a corpus from its downloaded files: SMILES, or the mol blocks of an SDF."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from clm.chemistry.reader.columns import parquet_batches, parquet_names
from clm.chemistry.reader.containers import SPREADSHEETS, Content, open_content
from clm.chemistry.reader.messages import listed, look_alikes
from clm.chemistry.reader.records import BLOCK_ENDS, Record, field_blocks, records
from clm.chemistry.reader.sdf import STRUCTURE, sdf_records
from clm.chemistry.reader.separators import check_header, first_line
from clm.chemistry.reader.spreadsheets import sheet_rows
from clm.chemistry.reader.text import Lines, as_utf8, decode
from clm.chemistry.smiles import without_name
from clm.provenance.command import UserError


def smiles_rows(
    path: Path,
    member: str | None,
    column: str | int,
    separator: str = ",",
    rejected: Counter[str] | None = None,
    encoding: str | None = None,
) -> Iterator[bytes]:
    """Yield the raw molecule of each data row of a large table, as bytes; an empty row yields b"".

    Rows of a text with more or fewer fields than its header, or with broken quotes, are counted and skipped. Without a
    header the number of fields is unknown: a row only needs enough fields to include the column.

    Args:
        path: the fetched file.
        member: name of the member of an archive or of the sheet of a spreadsheet, or None.
        column: name in the header, or the 0-based position in a table without header; an SDF holds the molecule itself.
        separator: one character.
        rejected: receives the skipped rows, by reason.
        encoding: of a text; by default UTF-8, or that of a byte order mark.

    Raises:
        UserError: the file cannot be read, or the column is not in the header.
    """
    rejected = Counter() if rejected is None else rejected
    with open_content(path, member) as content:
        if content.kind == "text":
            yield from text_rows(content, column, separator, rejected, encoding)
        elif content.kind == "SDF":
            yield from sdf_rows(content, column, encoding)
        else:
            found = (cell_rows if content.kind in SPREADSHEETS else column_rows)(content, column)
            yield from map(without_name, found) if isinstance(column, int) else found


def text_rows(
    content: Content, column: str | int, separator: str, rejected: Counter[str], encoding: str | None
) -> Iterator[bytes]:
    """Yield the field of each row of a delimited text; without a header, a blank and a name may follow the SMILES."""
    lines = Lines(as_utf8(content.stream, encoding, content.name)[0])
    split = first_line(lines, separator, isinstance(column, int))[1].encode()
    if isinstance(column, int):
        position, width = column, None
    else:
        head = next(records(lines, split, content.name), Record(1, [b""]))
        names = [decode(name)[0].strip().strip('"') for name in head.fields]
        check_header(lines, names, [column], content.name)
        position, width = header_position(names, column, content.name), len(names)
    for rows, reason in field_blocks(lines, split, content.name, position):
        if reason:
            rejected[reason] += 1
            continue
        stripped = (
            bytes.strip if len(rows) > 1 else as_bytes
        )  # rows with quotes, which mol blocks need, come one by one
        for fields in rows:
            if len(fields) == width:
                yield stripped(fields[position])
            elif width is None and len(fields) > position:
                parts = fields[position].split(None, 1)
                yield parts[0] if len(parts) == 1 else without_name(fields[position])
            elif not any(fields):
                yield b""
            else:
                rejected[unfit(fields, width)] += 1


def unfit(fields: list[bytes], width: int | None) -> str:
    """Return why a row does not fit a header of that width, or the column in a table without header."""
    if width is None:
        return "shorter_than_column"
    return "longer_than_header" if len(fields) > width else "shorter_than_header"


def header_position(names: list[str], column: str, name: str) -> int:
    """Return the position of a named column; raise UserError, which lists the columns, if it is absent or repeated."""
    if column not in names:
        raise UserError(
            f"{name}: no column '{column}'; the header has: {listed(names)}{look_alikes([column], names)}; change "
            "`column` or `separator`"
        )
    if names.count(column) > 1:
        raise UserError(f"{name}: {names.count(column)} columns are called '{column}'; give `column` as a number")
    return names.index(column)


def sdf_rows(content: Content, column: str | int, encoding: str | None) -> Iterator[bytes]:
    """Yield the mol block of each record, or the data field of that name where the first record has one."""
    named = None
    for number, (_, block, fields) in enumerate(sdf_records(content.stream, encoding, content.name)):
        if number == 0:
            named = str(column) in fields and column != STRUCTURE
        yield (fields.get(str(column), "") if named else block).encode()


def cell_rows(content: Content, column: str | int) -> Iterator[bytes]:
    """Yield the cell of each row of a sheet."""
    found = sheet_rows(content)
    if isinstance(column, int):
        position = column
    else:
        names = ["" if cell is None else str(cell).strip() for cell in next(found, [])]
        position = header_position(names, column, content.name)
    for cells in found:
        if position < len(cells):
            yield as_bytes(cells[position])


def column_rows(content: Content, column: str | int) -> Iterator[bytes]:
    """Yield the cell of each row of a Parquet file, reading that column alone."""
    names = parquet_names(content)
    if isinstance(column, int) and column >= len(names):
        raise UserError(f"{content.name}: {len(names)} columns, none is number {column}; change `column`")
    chosen = names[column] if isinstance(column, int) else names[header_position(names, column, content.name)]
    for batch in parquet_batches(content, [chosen]):
        yield from (as_bytes(cell) for cell in batch.column(0).to_pylist())


def as_bytes(cell: object) -> bytes:
    """Return a cell as the bytes of its stripped text; a mol block, which may begin with blanks, is left unchanged."""
    text = b"" if cell is None else cell if isinstance(cell, bytes) else str(cell).encode("utf-8", "replace")
    return text if b"\n" in text and BLOCK_ENDS in text else text.strip()
