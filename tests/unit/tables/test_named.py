"""Tables and claims of a finished study that a user names: read as they were written, damage told in one line."""

import gzip
import json
import os

import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.tables.frames import write_table
from clm.tables.named import named_claims, named_table
from compare_replication import compare_replication
from estimate_cost import COSTS, estimate_cost
from plan_study import plan_study

ROWS = [
    {"stage": "pretraining", "job": "zinc/60k/64k/seed0/1300k", "wall_seconds": 3.5, "tokens_per_second": 1000.0},
    {"stage": "fine_tuned", "job": "zinc/60k/64k/seed0/1300k/bace", "wall_seconds": 2.0, "tokens_per_second": None},
]
DAMAGED = {
    "empty": (b"", "damaged"),
    "cut off": (b"stage,job,wall_seconds,tokens_per_second\npretraining,zinc/60k/64k/se", "damaged"),
    "not text": (b"\xff\xfe\x00\x81\n", "damaged"),
    "another table": (b"a,b\n1,2\n", "no column stage"),
    "no number": (b"stage,job,wall_seconds,tokens_per_second\np,j,1,2\np,j,1,fast\n",
                  "'fast' in column tokens_per_second, line 3, is no number"),
}  # fmt: skip


@pytest.fixture
def costs(tmp_path):
    write_table(tmp_path / "costs.csv", ROWS, COSTS)
    return tmp_path / "costs.csv"


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_is_read_as_it_was_written(costs, packed):
    path = costs
    if packed:
        path = costs.with_suffix(".csv.gz")
        path.write_bytes(gzip.compress(costs.read_bytes()))
    pd.testing.assert_frame_equal(named_table(path, COSTS), pd.DataFrame(ROWS))


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_table_is_told_with_its_name(costs, case):
    content, told = DAMAGED[case]
    costs.write_bytes(content)
    for read in (lambda: named_table(costs, COSTS), lambda: estimate_cost([], measured=[costs])):
        with pytest.raises(UserError) as error:
            read()
        assert str(error.value).startswith(f"{costs}: ") and told in str(error.value)


def test_every_cut_of_a_compressed_table_is_told(costs):
    path, whole = costs.with_suffix(".csv.gz"), gzip.compress(costs.read_bytes())
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match="damaged"):
            named_table(path, COSTS)


def test_a_table_without_pretrained_encoders_is_no_study(tmp_path):
    reference = os.path.join("reference", "default", "tables")
    (tmp_path / "tables").mkdir()
    for name in ("runs.csv", "transfer.csv"):
        plain = os.path.join(reference, name)
        head = (open(plain) if os.path.exists(plain) else gzip.open(f"{plain}.gz", "rt")).readline()
        (tmp_path / "tables" / name).write_text(head)
    with pytest.raises(UserError, match=r"runs\.csv: no pretrained encoder"):
        plan_study(tmp_path, [])


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"claims": {}}', '{"claims": [{"verdict": "supported"}]}'])
def test_damaged_claims_are_told_with_their_file(tmp_path, content):
    for name in ("whole", "damaged"):
        (tmp_path / name / "tables").mkdir(parents=True)
        (tmp_path / name / "tables" / "claims.json").write_text(json.dumps({"claims": [{"id": "a"}]}))
    assert named_claims(tmp_path / "whole") == [{"id": "a"}]
    (tmp_path / "damaged" / "tables" / "claims.json").write_text(content)
    with pytest.raises(UserError, match="damaged/tables/claims.json: damaged"):
        compare_replication(tmp_path / "whole", tmp_path / "damaged", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
