"""Reading a large table holds a part of it at a time, whatever its length."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clm.chemistry import tables


@pytest.mark.parametrize("reading", [lambda path: tables.batches([path]), lambda path: tables.part_batches(path, 0, 1)])
def test_reading_does_not_hold_what_it_has_read(tmp_path, reading, monkeypatch):
    monkeypatch.setattr(tables, "BATCH", 500)
    schema, groups = pa.schema([("smiles", pa.binary())]), 60
    with pq.ParquetWriter(tmp_path / "table.parquet", schema, compression="zstd") as writer:
        for _ in range(groups):
            writer.write_table(pa.table([[os.urandom(1000) for _ in range(500)]], schema=schema))  # half a megabyte
    before, peak, rows = pa.total_allocated_bytes(), 0, 0
    for batch in reading(tmp_path / "table.parquet"):
        rows += len(batch)
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert rows == groups * 500
    assert peak < (tmp_path / "table.parquet").stat().st_size / 3
