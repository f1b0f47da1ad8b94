"""The Parquet file of test predictions, from which all resampling is done later."""

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
        pq.write_table(pa.concat_tables([SCHEMA.empty_table(), *tables]), temporary, compression="zstd")


def columns_of(record: dict[str, Any]) -> list[pa.Array]:
    """Return the columns of a record in the order of SCHEMA.

    Built from buffers: `pa.array` would import pandas, half a second in each of hundreds of jobs.
    """
    count = len(record["row"])
    constant = [pa.repeat(pa.scalar(record[key], SCHEMA.field(key).type), count) for key in KEYS]
    types = {"row": np.int64, "y": np.float64, "prediction": np.float64}
    values = [np.ascontiguousarray(record[key], dtype=kind) for key, kind in types.items()]
    return constant + [
        pa.Array.from_buffers(SCHEMA.field(key).type, count, [None, pa.py_buffer(value)])
        for key, value in zip(types, values, strict=True)
    ]
