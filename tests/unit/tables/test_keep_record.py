"""The record of a finished study: what is kept, the predictions of every model, the same bytes from the same study."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.provenance.files import write_json
from clm.tables.all_predictions import COLUMNS, all_predictions, rounded
from clm.tasks.predictions import write_predictions
from keep_record import PLAIN, keep_record

VALUES = [1.23456789, -0.000987654, 0.0]


def record(budget, features, seed=None, values=VALUES):
    return {"budget": budget, "split": "random", "split_seed": 0, "finetune_seed": seed, "features": features,
            "label": "y", "row": [4, 2, 9], "y": [1.0, 0.0, 1.0], "prediction": values}  # fmt: skip


def made(folder):
    """A study with a table, a large table, a figure, and one model of each kind."""
    transfer = folder / "transfer"
    files = {
        "baselines/ecfp_forest/t.parquet": [record(None, "counts", 0)],
        "linear_probe/zinc/60k/64k/seed3/t.parquet": [record("1m", "mean"), record("1m", "layer1")],
        "fine_tuned/zinc/60k/64k/seed3/1m/t.parquet": [record("1m", "mean", 1)],
    }
    for name, records in files.items():
        (transfer / name).parent.mkdir(parents=True)
        write_predictions(transfer / name, records)
    write_json(folder / "provenance.json", {"config": {"study": "made"}, "jobs": {}, "outputs": {}})
    write_json(folder / "tables" / "claims.json", {"claims": []})
    write_json(folder / "corpora" / "zinc" / "summary.json", {"molecules": 3})
    (folder / "tables" / "findings.md").write_text("![loss](../figures/loss.png)\n")
    (folder / "tables" / "small.csv").write_text("a\n1\n")
    (folder / "tables" / "large.csv").write_text("a\n" + "1\n" * PLAIN)
    for path in ("figures/loss.png", "figures/loss.pdf", "answers/t.html"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(path.encode())
    return folder


def test_every_model_is_there_with_four_digits(tmp_path):
    table = all_predictions(made(tmp_path))
    assert table.columns.tolist() == list(COLUMNS) and len(table) == 9  # without other layers
    probe = table[table["mode"] == "linear_probe"]
    assert probe[["task", "corpus", "size", "subset", "seed", "budget"]].drop_duplicates().to_numpy().tolist() == [
        ["t", "zinc", "60k", "64k", 3, "1m"]
    ]
    assert probe["finetune_seed"].isna().all() and probe["baseline"].isna().all() and probe["row"].tolist() == [4, 2, 9]
    np.testing.assert_allclose(probe["prediction"], [1.235, -0.0009877, 0.0], rtol=1e-6)
    assert table[table["mode"] == "fine_tuned"]["finetune_seed"].tolist() == [1, 1, 1]
    assert set(table[table["mode"] == "baseline"]["baseline"]) == {"ecfp_forest"}


def test_rounding_keeps_four_digits_of_any_size():
    values = np.array([123456.0, 1.5e-7, -9.99996, 0.0, 5e-324])
    np.testing.assert_allclose(rounded(values[:4]), [123500.0, 1.5e-7, -10.0, 0.0], rtol=1e-6)
    assert np.isfinite(rounded(values)).all()


def test_what_is_kept_is_the_same_again_and_the_plan_stays(tmp_path):
    study, kept = made(tmp_path / "made"), tmp_path / "record"
    kept.mkdir()
    (kept / "plan.csv").write_text("claim\n")
    assert keep_record(study, kept)[0].endswith("9 predictions")
    (kept / "tables" / "of_an_older_run.csv").write_text("a\n")
    keep_record(study, kept)
    files = {str(path.relative_to(kept)): path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    assert set(files) == {
        "plan.csv", "config.json", "corpus_zinc.json", "findings.md", "predictions.parquet", "figures/loss.png",
        "answers/t.html", "tables/claims.json", "tables/small.csv", "tables/large.csv.gz",
    }  # fmt: skip
    assert gzip.decompress(files["tables/large.csv.gz"]) == (study / "tables" / "large.csv").read_bytes()
    assert (
        files["findings.md"] == b"![loss](figures/loss.png)\n" and json.loads(files["config.json"])["study"] == "made"
    )
    assert len(pd.read_csv(kept / "tables" / "large.csv.gz")) == PLAIN
    keep_record(study, kept)
    assert {name: (kept / name).read_bytes() for name in files} == files


def test_a_study_that_has_not_finished_is_refused(tmp_path):
    study = made(tmp_path / "made")
    (study / "tables" / "findings.md").unlink()
    with pytest.raises(UserError, match=r"findings\.md is missing; run the study to its end"):
        keep_record(study, tmp_path / "record")
    assert not (tmp_path / "record").exists()


def test_a_damaged_study_leaves_the_earlier_record(tmp_path):
    study, record = made(tmp_path / "results" / "made"), tmp_path / "record"
    keep_record(study, record)
    before = {path: path.read_bytes() for path in record.rglob("*") if path.is_file()}
    (study / "provenance.json").write_text("{")
    with pytest.raises(UserError, match="provenance.json: damaged"):
        keep_record(study, record)
    assert {path: path.read_bytes() for path in record.rglob("*") if path.is_file()} == before


def test_only_a_record_is_replaced(tmp_path):
    """Neither a study, finished or not, nor a folder of somebody with figures of their own."""
    study, running, paper = made(tmp_path / "made"), made(tmp_path / "running"), tmp_path / "paper"
    (running / "provenance.json").unlink()
    (paper / "figures").mkdir(parents=True)
    (paper / "figures" / "mine.txt").write_text("mine")
    (paper / "config.json").write_text("{}")  # as a folder with a model has
    (tmp_path / "file").write_text("a")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    refused = {study: "lies in the study", study / "tables": "lies in the study", tmp_path / "file": "is a file"}
    refused |= {running: "has tables/ and is no record", paper: "has figures/ and is no record"}
    for target, reason in refused.items():
        with pytest.raises(UserError, match=f"{reason}; name a new folder"):
            keep_record(study, target)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
