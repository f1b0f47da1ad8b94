"""A study that reuses the checkpoints of the tiny study: nothing is pretrained, nothing of the base changes."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from own_tables import csv_text
from planning import plan
from snakemake_runs import environment, snakemake

pytestmark = pytest.mark.slow
OVERLAY = {
    "study": "mine",
    "base": "tiny",
    "tasks": {"own": {"file": "own.csv", "smiles": "smiles", "labels": ["y"], "kind": "regression"}},
    "transfer": {
        "tasks": ["own"],
        "answers": ["own"],
        "learning_curves": {"tasks": ["own"]},
        "fine_tuning": {"tasks": ["own"], "tune_tasks": ["own"]},
    },
    "landscape": {"maps": []},
}
PRETRAINING = {"gather_corpus", "build_tokenizer", "tokenize_subset", "initialize_model", "pretrain_checkpoint"}


@pytest.fixture
def mine(study):
    (study / "own.csv").write_text(csv_text())
    (study / "mine.yaml").write_text(yaml.safe_dump(OVERLAY))
    return study


def contents(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return size and time of every file below a folder."""
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_no_job_of_pretraining_is_planned_and_a_differing_vocabulary_is_refused(mine):
    done = snakemake(mine, "-n", "--configfile", "studies/tiny.yaml", "mine.yaml")
    assert done.returncode == 0 and not (mine / "results" / "mine").exists(), done.stdout[-3000:]
    planned = {rule for rule, _ in plan(mine, "--configfile", "studies/tiny.yaml", "mine.yaml").reads}
    assert {"probe_encoder", "finetune_model", "measure_curvature", "write_report"} <= planned
    assert not planned & (PRETRAINING | {"sweep_rate", "summarize_corpus"})
    (mine / "other.yaml").write_text("tokenizer: {min_count: 7}")
    done = snakemake(mine, "-n", "--configfile", "studies/tiny.yaml", "mine.yaml", "other.yaml")
    assert done.returncode == 1 and "tokenizer.min_count: 7, but 5 in study tiny" in done.stdout
    assert "Traceback" not in done.stdout


def test_tables_of_the_new_task_are_made_with_the_checkpoints_of_the_base(mine):
    base, own = mine / "results" / "tiny", mine / "results" / "mine"
    before = contents(base)
    targets = ["results/mine/tables/runs.csv", "results/mine/transfer/linear_probe/zinc/25k/t900/seed0/own.json"]
    done = snakemake(mine, *targets, "--configfile", "studies/tiny.yaml", "mine.yaml")
    assert done.returncode == 0, done.stdout[-3000:]
    assert (own / "tables" / "runs.csv").read_bytes() == (base / "tables" / "runs.csv").read_bytes()
    assert (mine / targets[1]).is_file() and contents(base) == before
    call = [sys.executable, "scripts/explain.py", targets[0]]
    told = subprocess.run(call, cwd=mine, env=environment(), capture_output=True, text=True, check=True).stdout
    assert "pretrain_checkpoint" in told and "molsets" in told
