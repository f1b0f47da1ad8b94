"""The file of test predictions."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from clm.tasks.predictions import SCHEMA, write_predictions
from conftest import ROOT

RECORD = {
    "budget": None,
    "split": "größe",
    "split_seed": 3,
    "finetune_seed": None,
    "features": "",
    "label": "y",
    "row": np.array([4, 2]),
    "y": np.array([0.5, np.nan]),
    "prediction": np.array([1.0, 2.0], dtype=np.float32),
}


def test_records_are_read_back_as_they_were(tmp_path):
    write_predictions(tmp_path / "p.parquet", [RECORD, RECORD | {"budget": "t10k", "finetune_seed": 1}])
    found = pq.read_table(tmp_path / "p.parquet")
    assert found.schema.equals(SCHEMA)
    found.validate(full=True)
    rows = found.to_pylist()
    assert [row["row"] for row in rows] == [4, 2, 4, 2] and [row["prediction"] for row in rows[:2]] == [1.0, 2.0]
    assert {key: rows[3][key] for key in ("budget", "split", "split_seed", "finetune_seed", "features", "label")} == {
        "budget": "t10k", "split": "größe", "split_seed": 3, "finetune_seed": 1, "features": "", "label": "y",
    }  # fmt: skip
    assert rows[0]["budget"] is None and rows[0]["finetune_seed"] is None


def test_no_record_is_an_empty_table(tmp_path):
    write_predictions(tmp_path / "p.parquet", [])
    assert pq.read_table(tmp_path / "p.parquet").equals(pa.table({f.name: pa.nulls(0, f.type) for f in SCHEMA}))


def test_writing_does_not_import_pandas(tmp_path):
    """It would take half a second in each of hundreds of jobs."""
    program = f"""
import sys
sys.path.insert(0, {str(ROOT / "scripts")!r})
import numpy as np
from clm.tasks.predictions import write_predictions
record = dict(budget="a", split="b", split_seed=0, finetune_seed=None, features="c", label="d")
ones = np.ones(2)
write_predictions(__import__("pathlib").Path("p.parquet"), [record | dict(row=ones, y=ones, prediction=ones)])
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
