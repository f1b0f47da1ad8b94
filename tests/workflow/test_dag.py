"""The workflow as a graph: every study plans, rules and scripts and environments agree."""

import json
import re
from pathlib import Path

import pytest
import yaml
from clm.provenance.digest import closure
from snakemake_runs import ROOT, copy_workflow, scheduled, snakemake

STUDIES = sorted((ROOT / "studies").glob("*.yaml"))
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
NAMES = re.findall(r"^rule (\w+):", RULES, flags=re.M)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy_workflow(tmp_path_factory.mktemp("clone"))


@pytest.mark.parametrize("study", [None, *[path.name for path in STUDIES]])
def test_every_study_plans_from_a_fresh_clone(clone, study):
    overlay = ["--configfile", f"studies/{study}"] if study else []
    rules = {rule for rule, _ in scheduled(clone, *overlay)}
    assert {"pretrain_checkpoint", "probe_frozen", "measure_curvature", "plot_loss", "write_report"} <= rules


def test_tiny_runs_every_rule(clone):
    planned = {rule for rule, _ in scheduled(clone, "--configfile", "studies/tiny.yaml")}
    fetched = {"fetch_source"} if (ROOT / "results" / "sources").is_dir() else set()
    assert planned | fetched | {"probe_external"} == set(NAMES)  # external models: a test of their own in test_tiny


def test_a_size_may_have_an_objective_of_its_own_and_is_measured_like_all(clone, tmp_path):
    """Training of one size masks more and uses SGD; validation masks and all other sizes stay as they are."""
    overlay = tmp_path / "objective.yaml"
    overlay.write_text("sizes: {3k: {mask_share: 0.4, optimizer: {name: sgd}}}\n", encoding="utf-8")
    until = ["--workflow-profile", "none", "--cores", "1", "--until", "pretrain_checkpoint", "--forceall"]
    done = snakemake(clone, "-n", "-p", *until, "--configfile", "studies/tiny.yaml", str(overlay))
    found = re.findall(r"pretrain_checkpoint\.py --code \S+ --config '(.*?)'", done.stdout)
    settings = [json.loads(text) for text in found]
    assert len(settings) == 14, done.stdout[-2000:]
    assert {told["mask_share"] for told in settings} == {0.15}
    trained = {(told["identity"]["size"], told["training"]["mask_share"], told["training"]["optimizer"]["name"])
               for told in settings}  # fmt: skip
    assert trained == {("3k", 0.4, "sgd"), ("7k", 0.15, "adamw"), ("25k", 0.15, "adamw")}


def test_rules_are_named_after_their_scripts():
    for name, body in re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", RULES, flags=re.M | re.S):
        assert f"python scripts/{name}.py --code {{params.code}}" in body, name
        assert f'code=code("{name}")' in body, name
        assert all(key in body for key in ("log:", "benchmark:", "conda:", "mem_mb=", "runtime=")), name
        # one thread fixes the bytes; a team of processes (one by default) has a core for each
        assert ("threads: processes" if name == "pretrain_checkpoint" else "threads: 1") in body, name
    others = {"summarize_study", "explain", "estimate_cost"}  # commands for people
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} - others == set(NAMES)


SOME = ("pretrain_checkpoint", "probe_frozen", "judge_gains", "plot_loss", "prepare_task")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in SOME else pytest.mark.slow) for n in NAMES])
def test_every_imported_module_of_ours_is_in_the_identity_of_the_code(name):
    """Modules that are really loaded when a script is imported, in a fresh interpreter, against the static closure."""
    import subprocess
    import sys

    program = (
        "import sys, importlib; sys.path.insert(0, 'scripts'); importlib.import_module(sys.argv[1]);"
        "print(*sorted(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'clm'))"
    )
    done = subprocess.run([sys.executable, "-c", program, name], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {Path(file).resolve() for file in done.stdout.split()}
    assert loaded <= {path.resolve() for path in closure(ROOT / "scripts" / f"{name}.py")}


def test_both_profiles_agree_on_what_is_stale():
    default, slurm = (yaml.safe_load((ROOT / "profiles" / n / "config.yaml").read_text()) for n in ("default", "slurm"))
    for key in ("rerun-incomplete", "rerun-triggers", "max-checksum-file-size"):
        assert default[key] == slurm[key]
    assert "software-env" not in default["rerun-triggers"]


def test_lint_finds_nothing(clone):
    done = snakemake(clone, "--lint")
    assert done.returncode == 0, done.stdout


def test_bad_configuration_is_one_message_within_seconds(clone):
    done = snakemake(clone, "-n", "--config", "studdy=1")
    assert done.returncode == 1 and "unknown key 'studdy' (did you mean 'study'?)" in done.stdout
    assert "Traceback" not in done.stdout


def test_another_python_on_the_path_is_told(clone, monkeypatch, tmp_path):
    (tmp_path / "python").symlink_to("/bin/true")
    import subprocess
    import sys

    from snakemake_runs import environment

    path = f"{tmp_path}:{environment()['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n"],
        cwd=clone,
        env=environment() | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "activate that environment first" in done.stdout + done.stderr
