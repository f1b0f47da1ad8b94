"""The tiny study, run once from a clean copy, for all tests that need finished results."""

import shutil

import pytest
from snakemake_runs import copy_workflow, snakemake

TINY = ("--configfile", "studies/tiny.yaml")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A folder with a space and an umlaut in its name in which the tiny study has just finished."""
    folder = copy_workflow(tmp_path_factory.mktemp("clean") / "my wörk")
    done = snakemake(folder, *TINY)
    assert done.returncode == 0, done.stdout[-5000:]
    (folder / "first-run.txt").write_text(done.stdout)
    return folder


@pytest.fixture
def study(finished, tmp_path):
    """A copy of the finished study, with modification times and Snakemake's records, to be edited."""
    return shutil.copytree(finished, tmp_path / "copy", symlinks=True)
