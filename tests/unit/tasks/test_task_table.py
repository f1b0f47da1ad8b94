import csv
import gzip
import json
import zipfile

import numpy as np
import pytest
from clm.provenance.command import UserError
from clm.tasks.table import load_split, load_task
from prepare_task import prepare_task
from split_task import split_task

SMILES = ["c1ccccc1C", "OCC", "C(C)O", "CC(=O)O.[Na]", "c1ccncc1", "CCN", "CCCl", "C1CCCCC1", "CCBr", "CCF", "CCCC"]
REGRESSION = {"name": "toy", "kind": "regression", "smiles": "mol", "labels": ["y", "z"]}


def write_table(path, rows, header=("id", "mol", "y", "z")):
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, *rows])
    return path


def prepare(tmp_path, rows, config=REGRESSION, source=None):
    source = source or write_table(tmp_path / "table.csv", rows)
    prepare_task(source, config, tmp_path / "molecules.csv", tmp_path / "summary.json")
    return load_task(tmp_path / "molecules.csv", config["labels"]), json.loads((tmp_path / "summary.json").read_text())


def good_rows():
    return [[f"id{i}", smiles, i / 3, -i] for i, smiles in enumerate(SMILES)]


def test_rows_keep_their_source_number_and_their_salts_and_duplicates(tmp_path):
    rows = good_rows()
    rows.insert(2, ["bad", "c1ccccc", 1, 1])
    task, summary = prepare(tmp_path, rows)
    assert task.rows.tolist() == [0, 1, *range(3, 12)]
    assert task.smiles[1] == task.smiles[2] == "CCO" and task.source_smiles[1:3] == ["OCC", "C(C)O"]
    assert task.smiles[3] == "CC(=O)O.[Na]"
    assert task.scaffolds[0] == "c1ccccc1" and task.scaffolds[1] == ""
    np.testing.assert_array_equal(task.labels[:, 0], np.arange(11) / 3)  # shortest text is exact
    assert summary["read"] == 12 == summary["kept"] + sum(summary["rejected"].values())
    assert (summary["duplicates"], summary["conflicting_duplicates"], summary["salts"]) == (1, 1, 1)


def test_ids_and_times_are_carried_and_times_split(tmp_path):
    years = np.random.default_rng(0).permutation(len(SMILES)) + 2000
    rows = [[f"id{i}", smiles, i / 3, year] for i, (smiles, year) in enumerate(zip(SMILES, years, strict=True))]
    task, _ = prepare(tmp_path, rows, REGRESSION | {"labels": ["y"], "id": "id", "time": "z"})
    assert task.ids == [f"id{i}" for i in range(len(SMILES))] and task.times == [str(year) for year in years]
    split_task(tmp_path / "molecules.csv", "time", 0, tmp_path / "time-0.csv")
    parts = load_split(tmp_path / "time-0.csv", task.rows)
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 9, "valid": 1, "test": 1}
    first = years.copy()
    first[1] = first[2] = min(years[1:3])  # ethanol twice: it was known from the first time on
    assert first[parts["train"]].max() < first[parts["valid"]].min() < first[parts["test"]].min()
    without, _ = prepare(tmp_path, rows, REGRESSION | {"labels": ["y"]})
    assert without.ids == without.times == []
    split_task(tmp_path / "molecules.csv", "time", 0, tmp_path / "none.csv")
    assert len(load_split(tmp_path / "none.csv", task.rows)["train"]) == len(SMILES)


def test_a_date_in_another_form_is_told(tmp_path):
    rows = [[f"id{i}", smiles, i / 3, f"31/12/20{i:02d}"] for i, smiles in enumerate(SMILES)]
    with pytest.raises(UserError, match=r"toy: time '31/12/2000' of column 'z' is no date as 2024-05-31"):
        prepare(tmp_path, rows, REGRESSION | {"labels": ["y"], "time": "z"})


def test_every_bad_row_and_label_is_counted_by_its_reason(tmp_path):
    rows = good_rows()
    rows[0][2] = "inf"
    rows[1][2] = "<5"
    rows[2][2] = ""
    rows[3][2] = "NaN"
    rows += [["a", "", 1, 1], ["b", "not a molecule", 1, 1], ["c", "CCCCC", "", "n/a"], ["d", "CCCCCC"]]
    task, summary = prepare(tmp_path, rows, REGRESSION | {"max_lost_labels": 0.5})
    assert summary["rejected"] == {"empty": 1, "unparsable": 1, "no_label": 1, "shorter_than_header": 1}
    assert summary["labels"]["y"] == {"infinite": 1, "censored": 1, "missing": 3, "present": 7}
    assert summary["rejected_rows"]["unparsable"] == {"rows": [12], "lines": [14], "text": "not a molecule"}
    assert np.isnan(task.labels[:4, 0]).all() and np.isfinite(task.labels[:, 1]).all()


def test_classes_are_zero_and_one_or_what_is_said(tmp_path):
    rows = [[i, smiles, i % 2 if i else 2, "0.0"] for i, smiles in enumerate(SMILES)]
    with pytest.raises(
        UserError, match=r"labels 'y', 'z': '0' \(16\), '1' \(5\), '2' \(1\) cannot be read as two classes"
    ):
        prepare(tmp_path, rows, REGRESSION | {"kind": "classification"})
    said = REGRESSION | {"kind": "classification", "labels": ["y"], "positive": 1, "negative": [0]}
    task, summary = prepare(tmp_path, rows, said)
    assert summary["labels"]["y"] == {"other_class": 1, "present": 10} and summary["rejected"] == {"no_label": 1}
    assert task.labels[:, 0].tolist() == [i % 2 for i in range(1, 11)]


def test_a_missing_column_is_told_with_the_columns_there_are(tmp_path):
    with pytest.raises(UserError, match=r"toy: no column 'assay'; the table has: id, mol, y, z; change"):
        prepare(tmp_path, good_rows(), REGRESSION | {"labels": ["y", "assay"]})


def test_too_few_molecules_are_told_with_reasons(tmp_path):
    with pytest.raises(UserError, match=r"9 usable molecules of 10 rows.*1 unparsable, for example 'C\(' in line 11;"):
        prepare(tmp_path, [*good_rows()[:9], ["x", "C(", 1, 1]])
    with pytest.raises(UserError, match="0 usable molecules of 0 rows"):
        prepare(tmp_path, [])


@pytest.mark.parametrize("form", ["plain", "gzip", "wheel", "bom"])
def test_sources_of_each_form_give_the_same_task(tmp_path, form):
    plain = write_table(tmp_path / "plain.csv", good_rows())
    expected, _ = prepare(tmp_path, None, source=plain)
    source, config = tmp_path / "content", dict(REGRESSION)
    if form == "wheel":
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("package/data/toy.csv", plain.read_bytes())
        config["member"] = "package/data/toy.csv"
    else:
        content = plain.read_bytes()
        source.write_bytes({"plain": content, "gzip": gzip.compress(content), "bom": b"\xef\xbb\xbf" + content}[form])
    task, _ = prepare(tmp_path, None, config, source)
    assert task.smiles == expected.smiles
    np.testing.assert_array_equal(task.labels, expected.labels)


def test_a_table_in_several_files_is_read_as_one(tmp_path):
    parts = [write_table(tmp_path / f"part{i}.csv", good_rows()[i::2]) for i in (0, 1)]
    whole, _ = prepare(tmp_path, [*good_rows()[0::2], *good_rows()[1::2]])
    with zipfile.ZipFile(tmp_path / "content", "w") as archive:
        for part in parts:
            archive.write(part, part.name)
    task, summary = prepare(tmp_path, None, REGRESSION | {"member": [p.name for p in parts]}, tmp_path / "content")
    assert task.smiles == whole.smiles and task.rows.tolist() == whole.rows.tolist() and summary["read"] == len(SMILES)
    np.testing.assert_array_equal(task.labels, whole.labels)


def test_clusters_are_scaffolds_and_acyclic_molecules_cluster_only_with_their_equals(tmp_path):
    task, _ = prepare(tmp_path, [*good_rows(), ["t", "c1ccccc1CC", 1, 1]])
    groups = task.groups.tolist()
    assert groups[0] == groups[11]  # toluene and ethylbenzene
    assert groups[1] == groups[2]  # ethanol twice
    assert len(set(groups)) == 10


def test_a_split_of_another_version_of_the_task_is_refused(tmp_path):
    path = tmp_path / "random-0.csv"
    path.write_text("row,part\n0,train\n2,test\n5,valid\n")
    parts = load_split(path, np.array([0, 2, 5]))
    assert {part: places.tolist() for part, places in parts.items()} == {"train": [0], "valid": [2], "test": [1]}
    with pytest.raises(UserError, match="another version"):
        load_split(path, np.array([0, 2]))
