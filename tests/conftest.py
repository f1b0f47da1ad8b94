"""Tests import as the scripts themselves do; the tiny study is run once for all tests that need it finished."""

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = [path for path in (ROOT / "scripts").iterdir() if path.name != "clm" and any(path.glob("*.py"))]
FOLDERS = [
    *sorted((ROOT / "tests" / "unit").iterdir()),
    ROOT / "tests" / "docs",
    ROOT / "tests" / "workflow",
    ROOT / "scripts",
    *sorted(STAGES),
]
sys.path[:0] = [str(folder) for folder in FOLDERS]

from planning import rules_in  # noqa: E402
from snakemake_runs import copy_workflow, snakemake  # noqa: E402


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """A copy of the workflow in which nothing has run and no test changes anything."""
    return copy_workflow(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="session")
def rules(clone):
    """All rules that run something, by their names, as Snakemake reads them."""
    return rules_in(clone)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A folder with a space and an umlaut in its name in which the tiny study has just finished.

    CLM_FINISHED names a folder whose results are taken over, to save time: what is stale in them is made again.
    """
    folder = copy_workflow(tmp_path_factory.mktemp("clean") / "my wörk")
    for name in ("results", ".snakemake") if os.environ.get("CLM_FINISHED") else ():
        shutil.copytree(Path(os.environ["CLM_FINISHED"], name), folder / name, dirs_exist_ok=True)
    done = snakemake(folder, "--configfile", "studies/tiny.yaml")
    assert done.returncode == 0, done.stdout[-5000:]
    (folder / "first-run.txt").write_text(done.stdout)
    return folder


@pytest.fixture
def study(finished, tmp_path):
    """A copy of the finished study, with modification times and Snakemake's records, to be edited."""
    return shutil.copytree(finished, tmp_path / "copy", symlinks=True)
