"""The workflow as a graph: every study plans, rules and scripts and environments agree."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from clm.provenance.chain import settings_of
from clm.provenance.digest import closure, code_digest
from clm.study.validate import resolve_config
from planning import commands, configuration, plan, wildcards
from snakemake_runs import ROOT, environment, scheduled, snakemake

# Overlays on studies/cell.yaml, and the settings in which the study differs from that one
TRAINING = "pretrain_checkpoint.training."
VARIED = {
    "selfies": {"build_tokenizer.kind"},
    "bpe": {"build_tokenizer.kind", "build_tokenizer.bpe_vocabulary"},
    "masking": {TRAINING + "mask_fraction"},
    "sgd": {TRAINING + key for key in ("learning_rate", "optimizer.name", "optimizer.beta2", "optimizer.momentum")},
}
STUDIES = [f"studies/{path.name}" for path in sorted((ROOT / "studies").glob("*.yaml")) if path.stem not in VARIED]
COMMANDS = {
    "summarize_study",
    "update_readme",
    "explain",
    "preview_run",
    "estimate_cost",
    "plan_study",
    "compare_plan",
    "compare_replication",
    "plot_records",
    "compare_studies",
    "keep_record",
    "predict",
    "embed",
    "score_cliffs",
}  # scripts for people, of no rule
TASK = {"file": "own.csv", "smiles": "s", "labels": ["y"], "kind": "regression"}


@pytest.mark.parametrize("study", ["config.yaml", *STUDIES])
def test_every_study_plans_from_a_fresh_clone(clone, study):
    gpus = ("--resources", "gpu=8")  # of the largest training of a study; the profile gives one
    rules = {rule for rule, _ in plan(clone, "--configfile", study, *gpus).stale}
    assert {"pretrain_checkpoint", "probe_encoder", "measure_curvature", "plot_loss", "write_report"} <= rules
    assert ("train_graph_network" in rules) == (study == "studies/graphs.yaml")  # only where a study names one


def test_tiny_runs_every_rule(clone, rules):
    """As a user asks for it: the plans of the other tests are made without a process of their own."""
    planned = {rule for rule, _ in scheduled(clone, "--configfile", "studies/tiny.yaml")}
    fetched = {"fetch_source"} if (ROOT / "results" / "sources").is_dir() else set()
    elsewhere = {"probe_external", "train_graph_network"}  # off by default; tests of their own: test_tiny, test_graphs,
    elsewhere |= {"fetch_model", "measure_external_loss", "tabulate_ladders"}  # test_hub, test_ladders_finished
    written = {"list_cells", "request_report"}  # by Snakemake itself, without a command
    assert planned | fetched | elsewhere == set(rules) | written


def test_the_report_gets_budgets_in_ascending_order_whatever_their_names(clone):
    """A second Snakemake reads the configuration again: t3m comes before t12m."""
    config = configuration(clone, "--configfile", "studies/gpu.yaml")
    resolve_config(config, yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text()))
    assert [name for name in config["grid"]["budgets"] if name.endswith("m")] == ["t3m", "t6m", "t12m", "t25m"]


def test_the_rate_of_a_split_is_chosen_on_its_own_validation_part(clone):
    """That of another split holds molecules on which this one is tested."""
    added = plan(clone, "--config", 'transfer={"fine_tuning": {"splits": {"scaffold": [0], "random": [0]}}}')
    tuned = {job: where for job in added.of("tune_rate") if (where := wildcards(job))["split"] == "random"}
    assert tuned and all(
        {wildcards(before)["split"] for before in added.reads[job] if before[0] == "split_task"} == {"random"}
        for job in tuned
    )
    for job in added.of("finetune_model"):
        assert {wildcards(b)["split"] for b in added.reads[job] if b[0] == "tune_rate"} == {"scaffold", "random"}


def test_a_checkpoint_is_fine_tuned_on_the_tasks_of_all_blocks_that_name_it_in_one_job(clone, tmp_path):
    """Each list of tasks has a rule, whichever corpora, sizes and budgets go together."""
    one = {"corpora": ["zinc"], "sizes": ["3k", "25k"], "subsets": ["t900"], "seeds": [0], "budgets": ["t20k"]}
    untrained = one | {"corpora": ["untrained"], "sizes": ["25k"], "subsets": ["none"], "budgets": ["0"]}
    blocks = [
        one,
        one | {"sizes": ["25k"], "budgets": ["t10k"], "tasks": ["freesolv", "dili"]},
        one | {"sizes": ["3k"], "tasks": ["dili"]},
        untrained | {"tasks": ["dili"]},
    ]
    (tmp_path / "blocks.yaml").write_text(yaml.safe_dump({"transfer": {"fine_tuning": {"cells": blocks}}}))
    lines = commands(clone, "--configfile", "studies/tiny.yaml", str(tmp_path / "blocks.yaml"))
    told = [settings_of({"command": line})[1] for line in lines if "finetune_model.py" in line]
    found = {(t["identity"]["corpus"], t["identity"]["size"], t["budget"]): set(t["tasks"]) for t in told}
    assert len(told) == 4 and found == {
        ("zinc", "3k", "t20k"): {"freesolv", "dili"},
        ("zinc", "25k", "t20k"): {"freesolv"},
        ("zinc", "25k", "t10k"): {"freesolv", "dili"},
        ("untrained", "25k", "0"): {"dili"},
    }


@pytest.fixture(scope="module")
def cell(clone):
    """The plan of studies/cell.yaml alone."""
    return planned(clone, "cell")


@pytest.mark.parametrize("study", VARIED)
def test_a_variation_of_a_cell_differs_in_what_it_is_named_after_and_is_measured_alike(clone, cell, study):
    (rules, settings), (as_before, before) = planned(clone, "cell", study), cell
    assert rules == as_before
    assert {key for key in settings | before if settings.get(key) != before.get(key)} == VARIED[study]
    assert settings["pretrain_checkpoint.mask_fraction"] == 0.15  # of validation


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


def test_every_rule_says_what_it_needs_and_where_it_writes_its_log(rules):
    for name, rule in rules.items():
        assert {"mem_mb", "runtime"} <= rule.resources and rule.environment and rule.log and rule.benchmark, name
        # one thread fixes the bytes; only a training by several processes, which tiny has not, has more cores
        assert rule.cores == 1, name


def by_script(rules):
    """Return {script: names of the rules that run it}; a driver, which several rules run, has a name of its own."""
    found = defaultdict(list)
    for name, rule in rules.items():
        found[rule.script].append(name)
    return found


def test_rules_are_named_after_their_scripts_and_every_script_has_a_rule_or_is_for_people(rules):
    assert [
        names for script, names in by_script(rules).items() if len(names) == 1 and names != [Path(script).stem]
    ] == []
    scripts = {path.relative_to(ROOT / "scripts") for path in (ROOT / "scripts").rglob("*.py")}
    ours = {str(path) for path in scripts if path.parts[0] != "clm" and path.stem not in COMMANDS}
    assert ours == set(by_script(rules))


def test_a_command_gives_the_digest_of_the_script_that_it_runs(rules, clone):
    given = {re.search(r"scripts/(\S+) --code (\w+)", line).groups() for line in commands(clone, "--forceall")}
    own = {script for script, names in by_script(rules).items() if len(names) == 1}  # of a driver: one per figure
    checked = [(script, digest) for script, digest in given if script in own]
    assert len(checked) > 20
    assert [pair for pair in checked if pair[1] != code_digest(ROOT / "scripts" / pair[0])] == []


# Imports one script after the other into one process, which keeps what takes seconds to import and nothing of ours
LOADED = """
import runpy, sys
sys.path.insert(0, "scripts")
for name in sys.argv[1:]:
    runpy.run_path(f"scripts/{name}", run_name="imported")
    ours = [module for module in sys.modules if module.split(".")[0] == "clm"]
    print(name, *(sys.modules.pop(module).__file__ for module in ours), sep="\\t")
"""


def test_every_imported_module_of_ours_is_in_the_identity_of_the_code(rules):
    """Modules that are really loaded when a script is imported, against the static closure."""
    scripts = set(by_script(rules))
    call = [sys.executable, "-c", LOADED, *scripts]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = (line.split("\t") for line in done.stdout.splitlines())
    loaded = {script: {Path(file) for file in files} for script, *files in lines}
    assert set(loaded) == scripts and all(loaded.values())
    for script, files in loaded.items():
        assert {file.resolve() for file in files} <= set(closure(ROOT / "scripts" / script)), script


def test_no_command_grows_with_the_study(clone, tmp_path):
    """Bash takes an argument of 128 KiB: shards, cells and the configuration are handed over as folders and files."""
    config = yaml.safe_load((clone / "studies" / "tiny.yaml").read_text())
    for corpus in config["corpora"].values():
        corpus["shards"] = 800  # of about 54 bytes each: twice the limit below
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
