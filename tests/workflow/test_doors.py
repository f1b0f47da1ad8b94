"""The workflow from elsewhere: another working directory, a source tree that stays as it is, a module of another one.

Files of the workflow are found from its own folder, those of the user from the working directory; with PYTHONSAFEPATH,
which keeps Python from looking for modules beside a script.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from clm.provenance.files import read_json
from own_tables import csv_text
from snakemake_runs import environment, snakemake

OWN = {"file": "data/own.csv", "smiles": "smiles", "labels": ["y"], "kind": "regression"}
CONFIG = {"study": "own", "tasks": {"own": OWN}, "transfer": {"tasks+": ["own"]}}
MADE = "results/own/tasks/own/summary.json"
OUTER = """
module scale:
    snakefile: {snakefile!r}
    config: {config}

use rule * from scale as scale_*

rule whole:
    input: rules.scale_tabulate_runs.output.out, rules.scale_compare_published.output.out
    output: "whole.txt"
    shell: "cp {{input[0]}} {{output}}"

rule small:
    input: {made!r}
    output: "small.txt"
    shell: "python scripts/count.py {{input}} > {{output}}"
"""


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder with a table of the user and a script with a name of theirs."""
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    for name, content in (("data/own.csv", csv_text()), ("scripts/count.py", "import sys; print(len(sys.argv))")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(content)
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(CONFIG))
    return tmp_path


def files(folder: Path) -> set[Path]:
    """Return all files below a folder, but for what Python and the plans of other tests keep there."""
    return {path for path in folder.rglob("*") if not {"__pycache__", ".snakemake", "plan.log"} & set(path.parts)}


def test_from_another_folder_the_source_tree_stays_as_it_is(clone, elsewhere):
    before = files(clone)
    command = ("-s", str(clone / "Snakefile"), "--configfile", "own.yaml")
    whole = snakemake(elsewhere, "-n", "-p", *command, "--workflow-profile", "none", "--cores", "1")
    assert whole.returncode == 0, whole.stdout[-3000:]
    assert f"--published {clone / 'reference' / 'published_scores.csv'}" in whole.stdout
    made = snakemake(elsewhere, *command, "--", MADE)
    assert made.returncode == 0, made.stdout[-3000:]
    assert (elsewhere / MADE).is_file() and files(clone) == before


@pytest.mark.parametrize("backend", ["file", "db"])
def test_a_run_of_one_job_leaves_its_record(clone, elsewhere, backend):
    """Snakemake asks for the record while the job ends, finds none and remembers that until another job starts."""
    command = ("-s", str(clone / "Snakefile"), "--configfile", "own.yaml", "--persistence-backend", backend)
    done = snakemake(elsewhere, *command, "--", MADE)
    assert done.returncode == 0, done.stdout[-3000:]
    (job,) = read_json(elsewhere / "results" / "own" / "provenance.json")["jobs"].values()
    assert job["rule"] == "prepare_task" and job["files"].keys() == {"data/own.csv"}
    call = [sys.executable, str(clone / "scripts" / "explain.py"), MADE]
    beside = environment() | {"PYTHONPATH": str(clone / "scripts")}  # as Python looks for no modules beside the script
    told = subprocess.run(call, cwd=elsewhere, env=beside, capture_output=True, text=True, check=False)
    assert told.returncode == 0 and "prepare_task" in told.stdout, told.stderr


def test_the_directory_option_means_the_same(clone, elsewhere):
    done = snakemake(clone, "--directory", str(elsewhere), "--configfile", str(elsewhere / "own.yaml"), "--", MADE)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (elsewhere / MADE).is_file() and not (clone / "results" / "own").exists()


def test_another_workflow_uses_results_of_this_one_as_a_module_and_keeps_its_own_scripts(clone, elsewhere):
    told = {"snakefile": str(clone / "Snakefile"), "config": CONFIG, "made": MADE}
    (elsewhere / "Snakefile").write_text(OUTER.format(**told))
    whole = snakemake(elsewhere, "-n", "whole.txt", "--cores", "1")
    assert whole.returncode == 0 and "scale_pretrain_checkpoint" in whole.stdout, whole.stdout[-3000:]
    done = snakemake(elsewhere, "small.txt", "--cores", "1")
    assert done.returncode == 0, done.stdout[-3000:]
    assert (elsewhere / "small.txt").read_text() == "2\n"
