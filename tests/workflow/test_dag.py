"""The workflow as a graph: every study plans, rules and scripts and environments agree."""

import json
import re
from pathlib import Path

import pytest
import yaml
from clm.provenance.digest import closure
from snakemake_runs import ROOT, copy_workflow, jobs_in, scheduled, snakemake

# Overlays on studies/cell.yaml, and the settings in which the study differs from that one
TRAINING = "pretrain_checkpoint.training."
VARIED = {
    "selfies": {"build_tokenizer.kind"},
    "bpe": {"build_tokenizer.kind", "build_tokenizer.bpe_vocabulary"},
    "masking": {TRAINING + "mask_share"},
    "sgd": {TRAINING + key for key in ("learning_rate", "optimizer.name", "optimizer.beta2", "optimizer.momentum")},
}
STUDIES = [path.name for path in sorted((ROOT / "studies").glob("*.yaml")) if path.stem not in VARIED]
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
NAMES = re.findall(r"^rule (\w+):", RULES, flags=re.M)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy_workflow(tmp_path_factory.mktemp("clone"))


@pytest.mark.parametrize("study", [None, *STUDIES])
def test_every_study_plans_from_a_fresh_clone(clone, study):
    overlay = ["--configfile", f"studies/{study}"] if study else []
    rules = {rule for rule, _ in scheduled(clone, *overlay)}
    assert {"pretrain_checkpoint", "probe_frozen", "measure_curvature", "plot_loss", "write_report"} <= rules


def test_tiny_runs_every_rule(clone):
    planned = {rule for rule, _ in scheduled(clone, "--configfile", "studies/tiny.yaml")}
    fetched = {"fetch_source"} if (ROOT / "results" / "sources").is_dir() else set()
    assert planned | fetched | {"probe_external"} == set(NAMES)  # external models: a test of their own in test_tiny


@pytest.fixture(scope="module")
def cell(clone):
    """The plan of studies/cell.yaml alone."""
    return planned(clone, "cell")


@pytest.mark.parametrize("study", VARIED)
def test_a_variation_of_a_cell_differs_in_what_it_is_named_after_and_is_measured_alike(clone, cell, study):
    (rules, settings), (as_before, before) = planned(clone, "cell", study), cell
    assert rules == as_before
    assert {key for key in settings | before if settings.get(key) != before.get(key)} == VARIED[study]
    assert settings["pretrain_checkpoint.mask_share"] == 0.15  # of validation


def planned(folder, *studies):
    """Return the rules that overlays schedule, and settings of vocabulary and training as {rule.key.key: value}."""
    files = [f"studies/{name}.yaml" for name in studies]
    done = snakemake(folder, "-n", "-p", "--workflow-profile", "none", "--cores", "1", "--configfile", *files)
    assert done.returncode == 0, done.stdout[-3000:]
    found = {}
    for rule in ("build_tokenizer", "pretrain_checkpoint"):
        text = re.search(rf"{rule}\.py --code \S+ --config '(.*?)'", done.stdout)[1]
        any_budget = {"identity": None, "budget_tokens": None}
        found |= flat(json.loads(text) | any_budget, f"{rule}.")
    return {rule for rule, _ in jobs_in(done.stdout)}, found


def flat(settings, prefix):
    """Return nested settings as {prefix + key.key: value}."""
    found = {}
    for key, value in settings.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def test_rules_are_named_after_their_scripts():
    for name, body in re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", RULES, flags=re.M | re.S):
        assert f"python scripts/{name}.py --code {{params.code}}" in body, name
        assert f'code=code("{name}")' in body, name
        assert all(key in body for key in ("log:", "benchmark:", "conda:", "mem_mb=", "runtime=")), name
        # one thread fixes the bytes; a team of processes (one by default) has a core for each
        assert ("threads: processes" if name == "pretrain_checkpoint" else "threads: 1") in body, name
    others = {"summarize_study", "explain", "estimate_cost", "compare_studies"}  # commands for people
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
