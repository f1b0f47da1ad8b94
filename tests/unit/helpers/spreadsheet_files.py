"""Spreadsheets written by hand, so that what a library would not write can be in them too."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ODS = "urn:oasis:names:tc:opendocument:xmlns"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def cell(value: object) -> str:
    """Return one cell: text, a number, a truth value, or XML of one's own between angle brackets."""
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return (
            value
            if value.startswith(("<c>", "<c "))
            else f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        )
    return f"<c><v>{value!r}</v></c>"


def ods(rows: Sequence[Sequence[object]], merged: tuple[int, int] | None = None) -> bytes:
    """Return an OpenDocument file with a sheet; the cell at `merged` (row, column) goes over the one below it."""
    lines = []
    for i, row in enumerate(rows):
        cells = [
            "<table:covered-table-cell/>" if (i - 1, j) == merged else ods_cell(value, (i, j) == merged)
            for j, value in enumerate(row)
        ]
        lines.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    spaces = ("office", "table", "text", "manifest", "calcext")
    names = "".join(f' xmlns:{name}="{ODS}:{name}:1.0"' for name in spaces)
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": f"<office:document-content{names}><office:body><office:spreadsheet>"
        f'<table:table table:name="S">{"".join(lines)}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>",
        "META-INF/manifest.xml": f'<manifest:manifest{names}><manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def ods_cell(value: object, merged: bool) -> str:
    """Return one cell: text, a number, nothing, or XML of one's own between angle brackets; perhaps over two rows."""
    span = ' table:number-columns-spanned="1" table:number-rows-spanned="2"' if merged else ""
    if value is None:
        return f"<table:table-cell{span}/>"
    if isinstance(value, str) and value.startswith("<table:"):
        return value
    if isinstance(value, str):
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in value.split("\n"))
        return f'<table:table-cell{span} office:value-type="string">{lines}</table:table-cell>'
    return f'<table:table-cell{span} office:value-type="float" office:value="{value!r}"/>'


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]], merged: str = "", hidden: Sequence[int] = ()) -> bytes:
    """Return an Excel file with these sheets; `merged` is a range such as A1:B1 of each, `hidden` rows of each."""
    names = list(sheets)
    listed = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(names, 1))
    relations = "".join(
        f'<Relationship Id="rId{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(names) + 1)
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{CONTENT}.worksheet+xml"/>'
        for i in range(1, len(names) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        f'PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/>{kinds}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
    }
    joined = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    for i, rows in enumerate(sheets.values(), 1):
        marks = [' hidden="1"' if j in hidden else "" for j in range(len(rows))]
        body = "".join(f"<row{mark}>{''.join(map(cell, row))}</row>" for mark, row in zip(marks, rows, strict=True))
        parts[f"xl/worksheets/sheet{i}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData>{joined}</worksheet>'
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return out.getvalue()
