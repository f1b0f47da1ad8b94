"""The Parquet file of test predictions, from which all resampling starts."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clm.provenance.files import atomic

KEYS = ("budget", "split", "split_seed", "finetune_seed", "features", "label")
SCHEMA = pa.schema(
    [
        ("budget", pa.string()),
        ("split", pa.string()),
        ("split_seed", pa.int64()),
        ("finetune_seed", pa.int64()),
        ("features", pa.string()),
        ("label", pa.string()),
        ("row", pa.int64()),
        ("y", pa.float64()),
        ("prediction", pa.float64()),
    ]
)


def write_predictions(path: Path, records: list[dict[str, Any]]) -> None:
    """Write the records of `clm.tasks.cells.prediction_columns`, one row per molecule, atomically."""
    tables = [pa.Table.from_arrays(columns_of(record), schema=SCHEMA) for record in records]
    with atomic(path) as temporary:
        everything = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
        pq.write_table(everything, temporary, compression="zstd")


def columns_of(record: dict[str, Any]) -> list[pa.Array]:
    """Return the columns of a record in the order of SCHEMA."""
    count = len(record["row"])
    types = {"row": np.int64, "y": np.float64, "prediction": np.float64}
    values = [np.ascontiguousarray(record[key], dtype=kind) for key, kind in types.items()]
    return [constant(record[key], SCHEMA.field(key).type, count) for key in KEYS] + [
        pa.Array.from_buffers(SCHEMA.field(key).type, count, [None, pa.py_buffer(value)])
        for key, value in zip(types, values, strict=True)
    ]


def constant(value: str | int | None, kind: pa.DataType, count: int) -> pa.Array:
    """Return a column with one value repeated `count` times.

    It is built from buffers: `pa.array` and `pa.scalar` would import pandas, 1/3 s in each of hundreds of jobs.
    """
    if value is None:
        return pa.nulls(count, kind)
    if isinstance(value, str):
        text = value.encode()
        offsets = np.arange(count + 1, dtype=np.int32) * len(text)
        return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(offsets), pa.py_buffer(text * count)])
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(np.full(count, value, dtype=np.int64))])
