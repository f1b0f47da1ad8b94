"""Tables larger than memory: ranges of rows as streams, sorting and deduplication with DuckDB."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clm.provenance.files import atomic

BATCH = 32_768
# molecules of a corpus after the split, in ascending order of keys
MOLECULES = pa.schema([("key", pa.uint64()), ("smiles", pa.string())])


def shard_files(folder: Path, number: int, kind: str = "parquet") -> list[Path]:
    """Return the files of the shards 0 to `number` - 1 in a folder, in order."""
    return [folder / f"{shard}.{kind}" for shard in range(number)]


def copy_query(query: str, out: Path, memory_mb: int, **parameters: object) -> int:
    """Write the rows of a query to Parquet, atomically, and return their number.

    One thread and an ORDER BY in `query` make the bytes reproducible; DuckDB uses three quarters of `memory_mb`, the
    memory of the job, and spills to disk beside `out` beyond that. Named parameters are $name in the query.
    """
    import duckdb

    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic(out) as temporary, tempfile.TemporaryDirectory(dir=out.parent) as spill:
        settings = {"threads": 1, "memory_limit": f"{memory_mb * 3 // 4}MB", "temp_directory": spill}
        with duckdb.connect(config=settings) as connection:
            target = str(temporary).replace("'", "''")
            copy = f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            return connection.execute(copy, parameters).fetchone()[0]


def batches(paths: list[Path], columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of Parquet files, one file after the other, in batches of at most BATCH rows.

    `pre_buffer` is off: it would keep every column chunk in memory until the file is closed.
    """
    for path in paths:
        with pq.ParquetFile(path, pre_buffer=False) as table:
            yield from table.iter_batches(BATCH, columns=columns)


def part_batches(path: Path, part: int, parts: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one of `parts` equal ranges of a Parquet file, reading only the row groups that hold them."""
    with pq.ParquetFile(path, pre_buffer=False) as table:
        first, last = (table.metadata.num_rows * (part + i) // parts for i in (0, 1))
        start = 0
        for group in range(table.num_row_groups):
            stop = start + table.metadata.row_group(group).num_rows
            if start < last and stop > first:
                offset = start
                for batch in table.iter_batches(BATCH, row_groups=[group]):
                    low, high = max(first - offset, 0), min(last - offset, batch.num_rows)
                    if low < high:
                        yield batch.slice(low, high - low)
                    offset += batch.num_rows
            start = stop


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Write a Parquet file batch by batch, atomically."""
    with atomic(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        yield writer
