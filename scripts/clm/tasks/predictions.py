"""The Parquet file of test predictions, from which all resampling is done later."""

from pathlib import Path
from typing import Any

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
    tables = [
        pa.table({**{key: [record[key]] * len(record["row"]) for key in KEYS}, **values_of(record)}, SCHEMA)
        for record in records
    ]
    with atomic(path) as temporary:
        pq.write_table(pa.concat_tables([SCHEMA.empty_table(), *tables]), temporary, compression="zstd")


def values_of(record: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a record that hold one value per molecule."""
    return {key: record[key] for key in ("row", "y", "prediction")}
