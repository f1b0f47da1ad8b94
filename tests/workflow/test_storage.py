"""Results in a storage that is not the working directory: scripts read the inputs that they are given.

The storage plugin `fs` is installed for this test alone. It copies by rsync, for which `cp` stands here.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from own_tables import csv_text
from snakemake_runs import copy_workflow, snakemake

pytestmark = pytest.mark.slow
PLUGIN = ("snakemake-storage-plugin-fs==1.1.3", "reretry==0.11.8", "sysrsync==1.1.1", "toml==0.10.2")
RSYNC = '#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\nexec cp -rLp "$1" "$2"\n'
TASK = {"file": "own.csv", "smiles": "smiles", "labels": ["y"], "kind": "regression"}
CONFIG = {"tasks": {"own": TASK}, "transfer": {"tasks": ["own", "control_logp"], "answers": ["own"]}}
MADE_ANEW = (  # tables, figures and pages, of which one reads a file of the workflow
    "tables/published.csv",
    "tables/findings.md",
    "figures/published.png",
    "figures/headline.pdf",
    "answers/freesolv.html",
    "report/report.html",
    "report/workflow.html",
)
TARGETS = (
    "tables/tasks.csv",  # found below the folder of the study
    "corpora/pubchem/summary.json",  # from folders of shards and of sources
    "transfer/linear_probe/untrained/3k/none/seed0/control_logp.json",  # from the folder of a trunk
)


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """The plugin on the path of Snakemake, and no other Python than that of the tests for the jobs."""
    call = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path / "plugin"), *PLUGIN]
    if subprocess.run(call, capture_output=True, check=False).returncode:
        pytest.skip("the storage plugin cannot be fetched here")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "rsync").write_text(RSYNC)
    (tmp_path / "bin" / "rsync").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "plugin"))


def make_in_storage(folder: Path, remote: Path, targets: Iterable[str], *options: str) -> None:
    """Make results of the tiny study in the storage and none in the working directory."""
    storage = ("--default-storage-provider", "fs", "--default-storage-prefix", str(remote))
    wanted = [f"results/tiny/{name}" for name in targets]
    done = snakemake(folder, *storage, "--configfile", "studies/tiny.yaml", *options, "--", *wanted)
    assert done.returncode == 0, done.stdout[-5000:]
    assert [name for name in wanted if not (remote / name).is_file()] == []
    local = {path.relative_to(folder / "results") for path in (folder / "results").rglob("*") if path.is_file()}
    assert {path.parts[:2] for path in local} <= {("sources", ".digests"), ("tiny", "provenance.json")}


def test_results_are_made_in_the_storage_and_none_in_the_working_directory(plugin, tmp_path):
    folder, remote = copy_workflow(tmp_path / "w"), tmp_path / "remote"
    remote.mkdir()
    (remote / "own.csv").write_text(csv_text())
    shutil.copy(remote / "own.csv", folder)  # the configuration looks for it, jobs get it from the storage
    if (folder / "results").is_dir():
        shutil.move(folder / "results", remote)
    (folder / "own.yaml").write_text(yaml.safe_dump(CONFIG))
    make_in_storage(folder, remote, TARGETS, "own.yaml")


def test_tables_figures_and_pages_are_made_from_a_finished_study_in_the_storage(plugin, finished, tmp_path):
    folder, remote = copy_workflow(tmp_path / "w"), tmp_path / "remote"
    shutil.rmtree(folder / "results", ignore_errors=True)
    shutil.copytree(finished / "results", remote / "results")
    for name in MADE_ANEW:
        (remote / "results" / "tiny" / name).unlink()
    make_in_storage(folder, remote, MADE_ANEW, "--rerun-triggers", "mtime")
