"""The tiny study end to end: every rule and table, a second run that does nothing, a report with its figures."""

import base64
import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clm.provenance.files import read_json, sha256_file
from clm.tables.all_predictions import CELL
from clm.tables.frames import read_table
from explain import explain
from keep_record import keep_record
from sklearn.metrics import roc_auc_score
from snakemake_runs import scheduled, snakemake

TINY = ("--configfile", "studies/tiny.yaml")
pytestmark = pytest.mark.slow
TABLES = (
    "runs rates transfer task_predictors curvature tasks predictors costs fits saturation elasticity "
    "correlations regret learning_curves"
)
FIGURES = "loss transfer gains learning correlations descriptors surface parameters costs"


def rows(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_everything_promised_is_there(finished):
    results = finished / "results" / "tiny"
    for name in TABLES.split():
        assert rows(results / "tables" / f"{name}.csv"), name
    for name in FIGURES.split():
        assert (results / "figures" / f"{name}.png").stat().st_size > 5000, name
        assert (results / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF"), name
    assert json.loads((results / "tables" / "claims.json").read_text())["claims"]
    page = (results / "answers" / "freesolv.html").read_text()
    assert "<p>Use " in page and "Within the range of this study" in page and "predicting the mean has" in page
    assert len(rows(results / "answers" / "freesolv.csv")) == 65  # test molecules, one label


def test_a_training_that_is_done_twice_ends_with_the_same_loss_to_the_bit(finished):
    twice = [row for row in rows(finished / "results" / "tiny" / "tables" / "rates.csv") if row["trained_again"]]
    assert len(twice) == 3 and all(
        row["trained_again"] == row["loss"] and float(row["difference"]) == 0 for row in twice
    )


def test_no_partial_or_temporary_file_is_left(finished):
    strange = [
        p
        for p in (finished / "results").rglob(".*")
        if p.is_file() and ".state" not in p.parts and ".digests" not in p.parts
    ]
    assert not strange


def test_rows_of_corpora_are_accounted_for(finished):
    for corpus in ("zinc", "pubchem"):
        summary = json.loads((finished / "results" / "tiny" / "corpora" / corpus / "summary.json").read_text())
        counts = summary["standardized"]
        assert counts["read"] == counts["kept"] + sum(counts["rejected"].values())
        assert summary["sources"][0]["sha256"] and summary["sources"][0]["licence"]


def test_checkpoints_load_in_transformers(finished):
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    folder = finished / "results" / "tiny" / "pretrain" / "zinc" / "25k" / "t900" / "seed0" / "t20k"
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForMaskedLM.from_pretrained(folder)
    ids = tokenizer("CCO", return_tensors="pt")
    assert ids["input_ids"].shape == (1, 5) and model(input_ids=ids["input_ids"]).logits.shape[1] == 5


def test_pretraining_learned_something(finished):
    table = rows(finished / "results" / "tiny" / "tables" / "runs.csv")
    untrained = {row["size"]: float(row["loss_zinc"]) for row in table if row["corpus"] == "untrained"}
    for row in table:
        if row["corpus"] == "zinc" and row["subset"] == "t900":
            assert float(row["loss_zinc"]) < untrained[row["size"]] - 0.3


def test_a_second_run_does_nothing(study):
    done = snakemake(study, *TINY)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout
    assert scheduled(study, *TINY) == set()


def test_the_end_of_a_run_tells_where_things_are(finished):
    told = (finished / "first-run.txt").read_text()
    assert "results/tiny/report/report.html" in told and "  claim " not in told
    end = told[told.index("Study tiny") :]
    assert "With a linear probe on frozen encoders (" in end and "Fine-tuned" in end and len(end.splitlines()) < 12
    percents = [int(found) for found in re.findall(r"^ *(\d+) %  \d+ of \d+ jobs, last \w+", told, flags=re.M)]
    assert percents[-1] == 100 and sorted(set(percents)) == percents and len(percents) > 50


def test_findings_are_three_screens_before_their_tables(finished):
    text = (finished / "results" / "tiny" / "tables" / "findings.md").read_text()
    first, _, rest = text.partition("# Tables, one by one")
    assert "<!-- headline:begin -->" in first and len(first) < 6500 and len(rest) > 2000
    assert not {"linear_probe", "fine_tuned", "t20k"} & set(rest.replace(",", " ").split())


def test_the_report_holds_figures_and_captions(finished):
    results = finished / "results" / "tiny"
    text = (results / "report" / "report.html").read_text()
    found = re.findall(r'data:image/png;base64,([A-Za-z0-9+/=]+)" alt="[^"]+" title="(\w+)"', text)
    embedded = {name: data for data, name in found}
    assert "Does scale transfer?" in text and "class='answer'" in text and "system-message" not in text
    workflow = (results / "report" / "workflow.html").read_text()
    assert "pretrain_checkpoint" in workflow  # Snakemake's own, with the rules of every job
    for name in FIGURES.split():
        assert base64.b64decode(embedded[name]) == (results / "figures" / f"{name}.png").read_bytes(), name
    assert "nats per masked token" in text and "filter" in text


def test_errors_follow_from_the_predictions_of_the_record(finished, tmp_path):
    """Of every model, task and split in the tables of scores whose predictions are kept, to their four digits."""
    keep_record(finished / "results" / "tiny", tmp_path)
    table = pd.read_parquet(tmp_path / "predictions.parquet")
    scores = pd.concat([read_table(tmp_path / "tables" / f"{name}.csv") for name in ("transfer", "shuffled_transfer")])
    cell = [name for name in CELL if name in scores]
    groups = table.groupby(cell, observed=True, dropna=False)
    found = groups[["y", "prediction"]].agg(lambda values: values.to_numpy(float)).reset_index()
    kept = scores[scores["features"].isin(["mean", "counts"])]
    named = [rows.assign(**rows[cell].astype("string").fillna("")) for rows in (kept, found)]
    joined = named[0].merge(named[1], on=cell, validate="1:1")
    assert len(joined) == len(kept) == len(found) > 100 and joined["metric"].value_counts().min() > 30
    for row in joined.itertuples():
        if row.metric == "rmse":
            assert np.sqrt(np.mean((row.prediction - row.y) ** 2)) == pytest.approx(row.error, rel=1e-3)
        else:  # four digits tie predictions that differ beyond
            assert roc_auc_score(row.y, row.prediction) == pytest.approx(1 - row.error, abs=2e-3)


def test_an_external_model_on_our_own_checkpoint_gets_the_scores_of_ours(study):
    folder = study / "results/tiny/pretrain/zinc/25k/t900/seed0/t20k"
    overlay = study / "studies" / "external.yaml"
    overlay.write_text(f"external_models:\n  ours: {{model: '{folder}', revision: main, remote_code: false}}\n")
    done = snakemake(study, "results/tiny/transfer/baselines/ours/freesolv.json", *TINY, str(overlay))
    assert done.returncode == 0, done.stdout[-2000:]
    own = json.loads((study / "results/tiny/transfer/linear_probe/zinc/25k/t900/seed0/freesolv.json").read_text())
    external = json.loads((study / "results/tiny/transfer/baselines/ours/freesolv.json").read_text())
    ours = {c["split"]: c["error"] for c in own["cells"] if c["features"] == "mean" and c["budget"] == "t20k"}
    assert {c["split"]: c["error"] for c in external["cells"]} == pytest.approx(ours, rel=1e-3)


def test_results_explain_themselves_after_a_move(finished, tmp_path):
    """Without Snakemake's records, a row of a table is followed to the checkpoint, the code and the source."""
    shutil.copytree(finished / "results", tmp_path / "moved" / "results")
    script = [sys.executable, str(finished / "scripts" / "explain.py"), "results/tiny/tables/runs.csv", "--row", "1"]
    done = subprocess.run(script, cwd=tmp_path / "moved", capture_output=True, text=True, check=True)
    sha256 = json.loads((finished / "results/sources/molsets/record.json").read_text())["sha256"]
    for told in ("tabulate_runs", "pretrain_checkpoint", "    1 x  code", sha256, "torch 2."):
        assert told in done.stdout, told
    figure = [sys.executable, str(finished / "scripts" / "explain.py"), "results/tiny/figures/costs.png"]
    done = subprocess.run(figure, cwd=tmp_path / "moved", capture_output=True, text=True, check=True)
    assert "score_baseline" in done.stdout and "molalkit" in done.stdout


def test_every_result_is_followed_to_sources_with_their_checksums(finished, monkeypatch):
    """All files of the study but logs, benchmarks, saved states and the records themselves."""
    monkeypatch.chdir(finished)
    digests = {path.parent.name: read_json(path)["sha256"] for path in Path("results/sources").glob("*/record.json")}
    study = Path("results/tiny")
    apart = (".state", "benchmarks", "cells", "logs", "provenance.json", "request.json")
    made = [
        path
        for path in study.rglob("*")
        if path.is_file() and not {path.relative_to(study).parts[0], path.name} & set(apart)
    ]
    assert len(made) > 300
    for path in made:
        told = explain(path, None)
        assert any(re.fullmatch(r"  code +[0-9a-f]{16}", line) for line in told), path
        sources = told[told.index("from the sources") + 1 : told.index("with the versions") - 1]
        found = [re.fullmatch(r"  (\S+) +sha256 ([0-9a-f]{64})(?:  .+)?", line) for line in sources]
        known = [match and (digests.get(match[1]) or sha256_file(Path(match[1]))) for match in found]
        assert found and known == [match and match[2] for match in found], f"{path}: {sources}"
