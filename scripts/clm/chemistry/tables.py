"""Large tables through DuckDB: sorted, distinct and cut out of core, the same bytes each time."""

import tempfile
from pathlib import Path

import duckdb

from clm.provenance.files import atomic


def copy_query(query: str, out: Path, memory_mb: int, **parameters: object) -> int:
    """Write the rows of a query to Parquet, atomically, and return their number.

    One thread and an ORDER BY in `query` make the bytes reproducible; DuckDB takes three quarters
    of `memory_mb`, what the job has, and spills to disk beside `out` beyond. Named parameters are $name in the query.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic(out) as temporary, tempfile.TemporaryDirectory(dir=out.parent) as spill:
        settings = {"threads": 1, "memory_limit": f"{memory_mb * 3 // 4}MB", "temp_directory": spill}
        with duckdb.connect(config=settings) as connection:
            target = str(temporary).replace("'", "''")
            copy = f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            return connection.execute(copy, parameters).fetchone()[0]
