"""Parquet files, batch by batch, with unchanged numbers."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clm.chemistry.reader.containers import Content
from clm.chemistry.reader.messages import damage_told

BATCH = 32_768


def parquet_names(content: Content) -> list[str]:
    """Return the names of the columns."""
    with damage_told(content.name):
        names = pq.read_schema(content.stream).names
    content.stream.seek(0)
    return names


def parquet_batches(content: Content, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows in batches; `columns` with the same name cannot be distinguished and are read once."""
    with damage_told(content.name):
        table = pq.ParquetFile(content.stream, pre_buffer=False)
    batches = table.iter_batches(BATCH, columns=columns)
    while True:
        with damage_told(content.name):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def parquet_rows(content: Content) -> Iterator[list[Any]]:
    """Yield the cells of each row: text, numbers and booleans unchanged, the rest as text."""
    for batch in parquet_batches(content):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield [plain(cell) for cell in row]


def plain(cell: Any) -> Any:
    """Return a cell as text, number or boolean."""
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return cell if cell is None or isinstance(cell, str | int | float | bool) else str(cell)
