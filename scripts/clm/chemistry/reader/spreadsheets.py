"""Sheets of Excel and OpenDocument files, read by calamine; a formula has the value that was last computed."""

import datetime
import re
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.sax.saxutils import escape

from clm.chemistry.reader.containers import Content
from clm.chemistry.reader.messages import damage_told, listed, printable
from clm.provenance.command import UserError

# A cell of an OpenDocument sheet over several rows or columns, and its content
SPANNING = re.compile(
    r"<table:table-cell[^>]*?number-(?:columns|rows)-spanned=\"(?!1\")[^>]*?(?:/>|>(.*?)</table:table-cell>)", re.S
)
LARGEST_WHOLE = 2**53  # beyond it a spreadsheet has no whole numbers
Cell = str | int | float | bool | None
# Cells with an error, of Excel and of OpenDocument
EXCEL_ERROR = re.compile(rb'(<c [^>]*\b)t="e"')
OPEN_ERROR = re.compile(rb'<table:table-cell[^>]*value-type="error"[^>]*>')
EMPTY_VALUE = re.compile(rb' office:string-value="[^"]*"')
IN_MEMORY = 2**26  # bytes beyond which a copy goes to a temporary file
HIDDEN = re.compile(rb"<row [^>]*hidden=\"(?:1|true)\"")
# A formula that no program has computed yet (some libraries write them): its cell would be read as empty
UNCOMPUTED = {
    "xl/worksheets/": re.compile(rb"<f(?:/>|[ >][^<]*(?:</f>|/>))\s*(?:<v\s*/>|<v>\s*</v>|</c>)"),
    "content.xml": re.compile(rb"<table:table-cell(?=[^>]*table:formula=)(?![^>]*office:value)"),
}


def sheet_rows(content: Content) -> Iterator[list[Cell]]:
    """Yield the rows of a sheet, its header first.

    Raises:
        UserError: several sheets could be meant, or the sheet has merged cells or formulas that were not computed.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    check_formulas(content)
    try:
        with damage_told(content.name):
            book = CalamineWorkbook.from_filelike(with_errors(content))
            sheet = book.get_sheet_by_name(choose_sheet(book, content))
    except CalamineError as error:
        reason = listed([str(error)])
        raise UserError(f"{content.name}: the spreadsheet cannot be read ({reason}); change it to CSV") from error
    merged = [
        "from " + " to ".join(f"row {row + 1} column {column + 1}" for row, column in ends)
        for ends in sheet.merged_cell_ranges or []
    ] or spanning_cells(content, sheet.name)
    if merged:
        raise UserError(
            f"{content.name}: sheet '{sheet.name}' has {len(merged)} merged cells (the first: {merged[0]}), which "
            "leave open to which rows and columns they belong; change them to single cells"
        )
    for row in sheet.iter_rows():
        yield [plain(cell) for cell in row]


def choose_sheet(book: object, content: Content) -> str:
    """Return the name of the requested sheet, or of the only one with cells."""
    names = list(book.sheet_names)
    if content.sheet is not None:
        if content.sheet not in names:
            raise UserError(f"{content.name}: no such sheet; the file has: {listed(names)}; check `member`")
        return content.sheet
    filled = [name for name in names if book.get_sheet_by_name(name).height]
    if len(filled) > 1:
        raise UserError(f"{content.name}: several sheets have cells ({listed(filled)}); name one as `member`")
    return (filled or names)[0]


def spanning_cells(content: Content, sheet: str) -> list[str]:
    """Return the texts of OpenDocument cells that span rows or columns, which calamine does not report."""
    if content.kind != "OpenDocument":
        return []
    content.stream.seek(0)
    with damage_told(content.name), zipfile.ZipFile(content.stream) as archive:
        tables = archive.read("content.xml").decode("utf-8", "replace").split("<table:table ")[1:]
    name = f'table:name="{escape(sheet, {chr(34): "&quot;"})}"'
    text = next((table for table in tables if name in table.partition(">")[0]), "")
    return [f"'{printable(re.sub('<.*?>', '', cell[1] or ''))}'" for cell in SPANNING.finditer(text)]


def check_formulas(content: Content) -> None:
    """Raise UserError when a sheet of an Excel or OpenDocument file holds formulas without their values."""
    if zipfile.is_zipfile(content.stream):
        content.stream.seek(0)
        with damage_told(content.name), zipfile.ZipFile(content.stream) as archive:
            for name in archive.namelist():
                patterns = [pattern for start, pattern in UNCOMPUTED.items() if name.startswith(start)]
                if patterns and patterns[0].search(archive.read(name)):
                    raise UserError(
                        f"{content.name}: the spreadsheet holds formulas that were never computed ({listed([name])}); "
                        "change them to values: open it, save it again, or save as CSV"
                    )
    content.stream.seek(0)


def hidden_rows(content: Content) -> int:
    """Return the number of hidden rows of an Excel file (by a filter, for example); they are read like all others."""
    if not zipfile.is_zipfile(content.stream):
        return 0
    content.stream.seek(0)
    with damage_told(content.name), zipfile.ZipFile(content.stream) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
    content.stream.seek(0)
    return sum(len(HIDDEN.findall(sheet)) for sheet in sheets)


def with_errors(content: Content) -> IO[bytes]:
    """Return the spreadsheet with errors such as #DIV/0! as text, which calamine would read as empty cells.

    Those of the binary formats (xls, xlsb) stay empty.
    """
    if not zipfile.is_zipfile(content.stream):
        content.stream.seek(0)
        return content.stream
    copy: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)
    changed = False
    content.stream.seek(0)
    with damage_told(content.name), zipfile.ZipFile(content.stream) as archive, zipfile.ZipFile(copy, "w") as out:
        for name in archive.namelist():
            data = archive.read(name)
            text = as_texts(name, data)
            changed = changed or text != data
            out.writestr(name, text)
    for stream in (copy, content.stream):
        stream.seek(0)
    return copy if changed else content.stream


def as_texts(name: str, data: bytes) -> bytes:
    """Return a part of a spreadsheet with its error cells replaced by text cells."""
    if name.startswith("xl/worksheets/"):
        return EXCEL_ERROR.sub(rb'\1t="str"', data)
    if name == "content.xml":
        return OPEN_ERROR.sub(lambda cell: EMPTY_VALUE.sub(b"", cell[0]), data)
    return data


def plain(cell: object) -> Cell:
    """Return a cell as text, number or boolean; dates as text, whole numbers without decimals."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LARGEST_WHOLE:
        return int(cell)
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        return str(cell)
    return cell  # type: ignore[return-value]
