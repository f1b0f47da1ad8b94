"""The tiny study with each rule in a conda environment of its own, made by a real conda from a local channel.

What it proves: each rule finds all that it imports in its environment, and the pins fit each other. What it cannot
prove: that conda-forge has these pins under these names.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from snakemake_runs import ROOT, copy_workflow, environment, scheduled

pytestmark = pytest.mark.conda
HERE = Path(__file__).parent
TINY = ("--configfile", "studies/tiny.yaml")


@pytest.fixture(scope="session")
def conda(tmp_path_factory):
    """The environment variables of a user with conda, whose channels are local."""
    folder = tmp_path_factory.mktemp("conda")
    base, channels = folder / "base", folder / "channels"
    subprocess.run([HERE / "install_conda.sh", base, channels], check=True, env=os.environ | {"PYTHON": sys.executable})
    build = [base / "bin" / "python", HERE / "build_channel.py", channels / "conda-forge", sys.executable]
    subprocess.run([*build, *sorted((ROOT / "envs").glob("*.yaml"))], check=True)
    (channels / "bioconda").symlink_to("conda-forge")
    here = environment() | {"CONDA_OVERRIDE_CUDA": ""}  # the CPU build of torch, whatever machine this is
    del here["PYTHONDONTWRITEBYTECODE"]  # packages of the local channel are compiled by the first job, not by each
    return here | {"PATH": f"{here['PATH']}{os.pathsep}{base / 'bin'}"}


def run(folder, conda, *arguments):
    command = [sys.executable, "-m", "snakemake", *TINY, "--sdm", "conda", *arguments]
    return subprocess.run(
        command, cwd=folder, env=conda, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=3600
    )


def test_the_tiny_study_in_environments_gives_the_tables_of_a_local_run(conda, finished, tmp_path):
    folder, witness = copy_workflow(tmp_path / "w"), tmp_path / "witness.txt"
    made = run(folder, conda, "--conda-create-envs-only")
    assert made.returncode == 0, made.stdout[-5000:]
    # PYTHONPATH does not reach an activated environment, and some systems have a sitecustomize of their own
    for packages in (folder / ".snakemake" / "conda").glob("*/lib/python*/site-packages"):
        shutil.copy(HERE / "witness.py", packages)
        (packages / "witness.pth").write_text("import witness\n")
    done = run(folder, conda | {"CLM_WITNESS": str(witness)})
    assert done.returncode == 0, done.stdout[-5000:]
    for table in sorted((finished / "results" / "tiny" / "tables").iterdir()):
        if table.name != "costs.csv":
            assert (folder / "results" / "tiny" / "tables" / table.name).read_bytes() == table.read_bytes(), table.name
    lines = [line.split("\t") for line in witness.read_text().splitlines()]
    prefixes = {}
    for script, prefix in lines:
        if script:
            prefixes.setdefault(Path(script).stem, set()).add(Path(prefix))
    assert len(prefixes) > 30
    for script, found in prefixes.items():
        assert all(path.parent == folder / ".snakemake" / "conda" for path in found), (script, found)
    environments = {path.stem for path in (ROOT / "envs").glob("*.yaml")} - {"graphs"}  # of no job unless asked for
    assert len({path for found in prefixes.values() for path in found}) == len(environments)


@pytest.mark.parametrize(("driver", "build"), [("12.8", "cuda_1"), ("", "cpu_0")])
def test_the_user_chooses_the_build_of_torch_by_the_driver_that_conda_sees(conda, tmp_path, driver, build):
    asked = yaml.safe_load((ROOT / "envs" / "train.yaml").read_text())["dependencies"]
    command = ["conda", "create", "--dry-run", "--json", "-p", tmp_path / "e", "-c", "conda-forge", *asked]
    told = subprocess.run(command, env=conda | {"CONDA_OVERRIDE_CUDA": driver}, capture_output=True, text=True)
    linked = {entry["name"]: entry["build_string"] for entry in json.loads(told.stdout)["actions"]["LINK"]}
    assert linked["pytorch"] == build


def environments(study):
    return {path for path in (study / ".snakemake" / "conda").iterdir() if path.is_dir()}


def test_a_pin_file_beside_an_environment_is_what_is_installed(conda, study):
    """Written from the solved environment as `conda list --explicit` does; one package fewer tells the two apart."""
    only_environments = ("--conda-create-envs-only", "-R", "tabulate_rates", "--until", "tabulate_rates")
    made = run(study, conda, *only_environments)
    assert made.returncode == 0, made.stdout[-3000:]
    before, asked = environments(study), (study / "envs" / "analysis.yaml").read_bytes()
    (solved,) = (path for path in before if path.with_name(path.name + ".yaml").read_bytes() == asked)
    listed = subprocess.run(["conda", "list", "-p", solved, "--explicit"], env=conda, capture_output=True, text=True)
    lines = [line for line in listed.stdout.splitlines() if "/statsmodels-" not in line]
    assert len(lines) == len(listed.stdout.splitlines()) - 1
    (study / "envs" / "analysis.linux-64.pin.txt").write_text("\n".join(lines) + "\n")
    made = run(study, conda, *only_environments)
    assert made.returncode == 0, made.stdout[-3000:]
    (pinned,) = environments(study) - before
    names = {path.name.rsplit("-", 2)[0] for path in (pinned / "conda-meta").glob("*.json")}
    assert "pandas" in names and "statsmodels" not in names


def test_moving_a_local_study_to_conda_rebuilds_nothing(conda, study, monkeypatch):
    monkeypatch.setenv("PATH", conda["PATH"])
    assert scheduled(study, *TINY, "--sdm", "conda") == set()
