"""Measuring at millions of lines: enumerated lines, checks of standardized ones, the line through measurements."""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from clm.chemistry.identity import canonical_smiles
from clm.chemistry.keys import smiles_key
from scale import Run
from scale_lines import random_smiles
from scale_shards import as_they_stand, from_molecules, verified
from scale_table import TARGET, line, stages
from scale_watch import high_water, resident, watched
from standardize_corpus import SCHEMA

MOLECULES = ["CCO", "c1ccccc1O", "CC(N)C(=O)O"]


def known(rows=(0, 2, 3)):
    smiles = [canonical_smiles(text) for text in MOLECULES]
    return pa.table([list(rows), smiles, [smiles_key(text) for text in smiles]], schema=SCHEMA)


def test_enumerated_lines_are_the_same_molecule_and_seeded():
    texts = random_smiles(b"CC(N)C(=O)O", 20, 7)
    assert len(texts) == 20 and len(set(texts)) > 3
    assert {canonical_smiles(text) for text in texts} == {canonical_smiles("CC(N)C(=O)O")}
    assert texts == random_smiles(b"CC(N)C(=O)O", 20, 7) and random_smiles(b"no molecule", 20, 7) == []


def test_made_shards_hold_the_molecule_of_each_line(tmp_path):
    numbers = np.array([3, 0, 1, 2, 3], np.int32)  # row 1 was rejected: no molecule is known
    batch = pa.record_batch([pa.array(range(5), pa.int64()), pa.array([b"x"] * 5)], ["row", "raw"])
    table = from_molecules(numbers, known())(batch)
    assert table["row"].to_pylist() == [0, 1, 3, 4]
    assert table["smiles"].to_pylist() == [known()["smiles"][i].as_py() for i in (2, 0, 1, 2)]
    raw = pa.record_batch([pa.array([4], pa.int64()), pa.array([b"OCC"])], ["row", "raw"])
    assert as_they_stand(raw).to_pylist() == [{"row": 4, "smiles": "OCC", "key": smiles_key("OCC")}]


def test_a_line_with_another_smiles_is_found(tmp_path):
    import pyarrow.parquet as pq

    numbers = np.array([0, 2, 3, 1], np.int32)
    smiles = [*known()["smiles"].to_pylist(), "C"]
    smiles[1] = "OCCO"
    pq.write_table(pa.table([range(4), smiles, [0] * 4], schema=SCHEMA), tmp_path / "0.parquet")
    found = verified([tmp_path / "0.parquet"], numbers, known())
    assert found == {"lines": 4, "same": 2, "different": 1, "molecule_unknown": 1}


def test_a_straight_line_is_extrapolated():
    points = [{"work": n, "cpu": 3 + 2e-6 * n} for n in (2e6, 5e6, 2e7)]
    assert line(points) == pytest.approx((3 + 2e-6 * TARGET, 2))
    assert line(points[:1]) == pytest.approx((3.5e-6 * TARGET, 3.5))
    rows = [{"stage": "deduplicate (real)", "lines": 5, "cpu": 1.5, "peak_mb": 9}] * 2
    assert stages({"rows": rows})["deduplicate"] == {"work": 10, "cpu": 3.0, "peak_mb": 9, "jobs": 2}


def test_memory_of_a_job_is_its_own_not_that_of_who_started_it(monkeypatch, tmp_path):
    import os

    assert resident(os.getpid()) > 2**23 and resident(2**22 + 1) == high_water(2**22 + 1) == 0
    (tmp_path / "scripts" / "data").mkdir(parents=True)
    (tmp_path / "scripts" / "data" / "small.py").write_text("import time; time.sleep(0.6)")
    monkeypatch.setattr("scale_watch.ROOT", tmp_path)
    ballast = b"x" * 2**28
    found = watched("small")
    assert 2 < found["peak_mb"] < len(ballast) / 2**20 / 2 and found["cpu"] < found["wall"]


def test_a_measurement_that_was_cut_off_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("scale.watched", lambda *_: {"wall": 1.0, "cpu": 0.5, "peak_mb": 7.0})
    Run(tmp_path).stage("split", "split_corpus", "--out", tmp_path, molecules=3)
    monkeypatch.setattr("scale.watched", lambda *_: pytest.fail("ran again"))
    again = Run(tmp_path)
    again.stage("split", "split_corpus", "--out", tmp_path, molecules=3)
    assert again.rows == [{"stage": "split", "wall": 1.0, "cpu": 0.5, "peak_mb": 7.0, "molecules": 3}]
    assert len((tmp_path / "stages.jsonl").read_text().splitlines()) == 1
    assert json.loads((tmp_path / "stages.jsonl").read_text())["job"].startswith("split_corpus --out")
