"""The workflow as a graph: every study plans, rules and scripts and environments agree."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from clm.provenance.chain import settings_of
from clm.provenance.digest import closure
from clm.study.validate import resolve_config
from planning import commands, configuration, plan
from snakemake_runs import ROOT, copy_workflow, environment, scheduled, snakemake

# Overlays on studies/cell.yaml, and the settings in which the study differs from that one
TRAINING = "pretrain_checkpoint.training."
VARIED = {
    "selfies": {"build_tokenizer.kind"},
    "bpe": {"build_tokenizer.kind", "build_tokenizer.bpe_vocabulary"},
    "masking": {TRAINING + "mask_share"},
    "sgd": {TRAINING + key for key in ("learning_rate", "optimizer.name", "optimizer.beta2", "optimizer.momentum")},
}
STUDIES = [f"studies/{path.name}" for path in sorted((ROOT / "studies").glob("*.yaml")) if path.stem not in VARIED]
TASK = {"file": "own.csv", "smiles": "s", "labels": ["y"], "kind": "regression"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy_workflow(tmp_path_factory.mktemp("clone"))


@pytest.mark.parametrize("study", ["config.yaml", *STUDIES])
def test_every_study_plans_from_a_fresh_clone(clone, study):
    rules = {rule for rule, _ in plan(clone, "--configfile", study).stale}
    assert {"pretrain_checkpoint", "probe_frozen", "measure_curvature", "plot_loss", "write_report"} <= rules
    assert ("train_graph_network" in rules) == (study == "studies/graphs.yaml")  # only where a study names one


def test_tiny_runs_every_rule(clone, rules):
    """As a user asks for it: the plans of the other tests are made without a process of their own."""
    planned = {rule for rule, _ in scheduled(clone, "--configfile", "studies/tiny.yaml")}
    fetched = {"fetch_source"} if (ROOT / "results" / "sources").is_dir() else set()
    elsewhere = {"probe_external", "train_graph_network"}  # off by default; tests of their own: test_tiny, test_graphs
    assert planned | fetched | elsewhere == set(rules)


def test_the_report_gets_budgets_in_ascending_order_whatever_their_names(clone):
    """A second Snakemake reads the configuration again: t3m comes before t12m."""
    config = configuration(clone, "--configfile", "studies/gpu.yaml")
    resolve_config(config, yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text()))
    assert [name for name in config["grid"]["budgets"] if name.endswith("m")] == ["t3m", "t6m", "t12m", "t25m"]


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
    """Return the scripts that overlays run, and settings of vocabulary and training as {rule.key.key: value}."""
    files = [f"studies/{name}.yaml" for name in studies]
    lines = {Path(line.split()[1]).stem: line for line in commands(folder, "--configfile", *files)}
    found = {}
    for rule in ("build_tokenizer", "pretrain_checkpoint"):
        _, settings = settings_of({"command": lines[rule]})
        any_budget = {"identity": None, "budget_tokens": None}
        found |= flat(settings | any_budget, f"{rule}.")
    return set(lines), found


def flat(settings, prefix):
    """Return nested settings as {prefix + key.key: value}."""
    found = {}
    for key, value in settings.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def test_rules_are_named_after_their_scripts(rules):
    scripts = {path.stem: path.parent.name for path in (ROOT / "scripts").glob("[!c]*/*.py")}
    scripts |= {path.stem: path.parent.name for path in (ROOT / "scripts" / "curvature").glob("*.py")}
    used = set()
    for name, rule in rules.items():
        assert rule["log"] and rule["benchmark"] and {"mem_mb", "runtime"} <= rule["resources"], name
        # one thread fixes the bytes; a team of processes (one by default) has a core for each
        assert rule["threads"] == ("as asked" if name == "pretrain_checkpoint" else 1), name
        if rule["runs_python"]:
            continue
        script = "plot_figure" if name.startswith("plot_") else name
        used.add(script)
        assert rule["environment"], name
        assert rule["command"].startswith(f"python scripts/{scripts[script]}/{script}.py --code {{params.code}} "), name
        assert (ROOT / "rules" / f"{scripts[script]}.smk").exists()
    assert used == set(scripts)
    people = {"summarize_study", "explain", "estimate_cost", "compare_studies"}  # commands for people
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} == people


# Imports each script in a fork of one process, which holds what takes seconds to import and nothing of ours
LOADED = """
import importlib, os, sys
import matplotlib.pyplot, numpy, pandas, rdkit.Chem, scipy.stats, torch
sys.path[:0] = ["scripts", *(entry.path for entry in os.scandir("scripts") if entry.is_dir() and entry.name != "clm")]
assert not any(name.split(".")[0] == "clm" for name in sys.modules)
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        importlib.import_module(name)
        print(name, *(m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "clm"), sep="\\t", flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, name
"""


def test_every_imported_module_of_ours_is_in_the_identity_of_the_code():
    """Modules that are really loaded when a script is imported, against the static closure."""
    scripts = {path.stem: path for path in (ROOT / "scripts").glob("*/*.py") if path.parent.name != "clm"}
    call = [sys.executable, "-c", LOADED, *scripts]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = (line.split("\t") for line in done.stdout.splitlines())
    loaded = {name: {Path(file) for file in files} for name, *files in lines}
    assert set(loaded) == set(scripts) and all(loaded.values())
    for name, files in loaded.items():
        assert {file.resolve() for file in files} <= set(closure(scripts[name])), name


def test_no_command_grows_with_the_study(clone, tmp_path):
    """Bash takes an argument of 128 KiB: shards, cells and the configuration are handed over as folders and files."""
    config = yaml.safe_load((clone / "studies" / "tiny.yaml").read_text())
    for corpus in config["corpora"].values():
        corpus["shards"] = 3000
    config["grid"]["trunks"].append({"corpora": ["zinc"], "sizes": ["3k", "7k"], "subsets": ["t300", "t900"],
                                     "budgets": ["t10k", "t20k"]})  # fmt: skip
    found = []
    for seeds in (10, 60):
        config["grid"]["trunks"][-1]["seeds"] = list(range(seeds))
        (tmp_path / "many.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        lengths: dict[str, int] = {}
        lines = commands(clone, "--configfile", str(tmp_path / "many.yaml"))
        for line in lines:
            script = line.split()[1]
            lengths[script] = max(lengths.get(script, 0), len(line.encode()))
        found.append((len(lines), lengths))
    (few, before), (many, after) = found
    assert many > few + 500 and max(after.values()) < 20_000
    assert {name: size for name, size in after.items() if size > before[name] + 20} == {}  # longer names of seeds


def test_no_command_holds_the_place_of_the_clone(clone):
    assert [line for line in commands(clone) if str(clone) in line or str(ROOT) in line] == []


def test_both_profiles_agree_on_what_is_stale():
    default, slurm = (yaml.safe_load((ROOT / "profiles" / n / "config.yaml").read_text()) for n in ("default", "slurm"))
    for key in ("rerun-incomplete", "rerun-triggers", "max-checksum-file-size"):
        assert default[key] == slurm[key]
    assert "software-env" not in default["rerun-triggers"]


def test_lint_finds_nothing(clone):
    done = snakemake(clone, "--lint")
    assert done.returncode == 0, done.stdout


def test_a_bad_configuration_is_one_message_before_any_job_and_no_part_of_it_is_run(clone, tmp_path):
    """All faults at once, through Snakemake's own command line (test_hostile_configuration.py has more names)."""
    overlay = tmp_path / "bad.yaml"
    overlay.write_text(yaml.safe_dump({"studdy": 1, "study": "$(touch pwned)", "tasks": {"a; touch pwned": TASK}}))
    done = snakemake(clone, "-n", "--configfile", str(overlay))
    assert done.returncode == 1 and "Traceback" not in done.stdout, done.stdout
    for told in ("unknown key 'studdy' (did you mean 'study'?)", 'study: "$(touch pwned)"', 'tasks: "a; touch pwned"'):
        assert told in done.stdout, done.stdout
    assert not list(clone.rglob("pwned"))


def test_another_python_on_the_path_is_told(clone, tmp_path):
    (tmp_path / "python").symlink_to("/bin/true")
    path = f"{tmp_path}:{environment()['PATH']}"
    call = [sys.executable, "-m", "snakemake", "-n"]
    told = environment() | {"PATH": path}
    done = subprocess.run(call, cwd=clone, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "activate that environment first" in done.stdout + done.stderr
