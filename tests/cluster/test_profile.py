"""profiles/slurm knows every rule: whether it is submitted alone or in a group, and to which partition."""

import os
import re

import pytest
import yaml
from clm.study.merge import read_configuration
from clm.study.validate import resolve_config
from own_tables import csv_text
from snakemake_runs import ROOT, copy_workflow, snakemake

PROFILE = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
# Rules whose jobs are long enough for an allocation each, or so few that a group would save nothing
ALONE = {
    "gather_corpus",
    "standardize_corpus",
    "deduplicate_corpus",
    "decontaminate_corpus",
    "split_corpus",
    "draw_subset",
    "count_tokens",
    "summarize_corpus",
    "build_tokenizer",
    "tokenize_subset",
    "shuffle_tokens",
    "prepare_task",
    "initialize_model",
    "pretrain_checkpoint",
    "sweep_rate",
    "tune_rate",
    "finetune_endpoint",
    "probe_external",
    "measure_external_loss",
    "train_graph_network",
    "measure_curvature",
    "map_surface",
    "map_parameters",
    "compare_representations",
    "measure_paths",
    "measure_curves",
    "measure_spectrum",
}


def test_every_rule_is_local_grouped_or_deliberately_alone(rules):
    """A new rule: `group: grouped(...)` if its jobs take seconds, else in ALONE above."""
    places = [set(members(rules)), {name for name, rule in rules.items() if rule.local}, ALONE]
    assert sum(map(len, places)) == len(set.union(*places)), "a rule has two places"
    assert set.union(*places) == set(rules)


def asking_for(resource, rules):
    return {name for name, rule in rules.items() if resource in rule.resources}


def test_rules_that_ask_for_a_gpu_go_to_its_partition_and_no_others(rules):
    asking = asking_for("gpu", rules)
    given = {name for name, told in PROFILE["set-resources"].items() if told.get("slurm_partition") == "gpu"}
    assert asking and given == asking


def test_rules_that_ask_for_a_gpu_say_how_much_of_its_memory(rules):
    assert asking_for("gpu_mb", rules) == asking_for("gpu", rules)


def test_every_rule_of_fine_tuning_goes_to_the_partition_of_the_first(tmp_path):
    """Checkpoints that are fine-tuned on other tasks have a rule of their own, which no profile can name."""
    folder = copy_workflow(tmp_path / "w")
    other = {"corpora": ["zinc"], "sizes": ["25k"], "subsets": ["t900"], "seeds": [0], "budgets": ["t10k"]}
    cells = [other | {"budgets": ["t20k"]}, other | {"tasks": ["dili"]}]
    overlay = {"transfer": {"fine_tuning": {"cells": cells}}}
    (folder / "other.yaml").write_text(yaml.safe_dump(overlay))
    study = ("--configfile", "studies/tiny.yaml", "other.yaml")
    done = snakemake(folder, "-n", "--workflow-profile", "profiles/slurm", *study)
    for name in ("finetune_model", "finetune_model_2"):
        (block,) = re.findall(rf"^ *rule {name}:\n(?: .*\n)+", done.stdout, flags=re.M)
        assert "slurm_partition=gpu" in block, block


def members(rules):
    """Return {rule: group} of the rules whose short jobs share an allocation."""
    return {name: rule.group for name, rule in rules.items() if rule.group}


def test_a_group_is_of_one_partition(rules):
    for group in set(members(rules).values()):
        inside = {name for name, of in members(rules).items() if of == group}
        assert not inside & asking_for("gpu", rules) or inside <= asking_for("gpu", rules)


def test_components_are_of_groups_that_exist(rules):
    assert set(PROFILE["group-components"]) <= set(members(rules).values())


def planned(folder, study, **resources):
    """Return the plan on SLURM with some of the limits of the profile changed."""
    path = folder / "profiles" / "slurm" / "config.yaml"
    profile = yaml.safe_load(path.read_text())
    profile["resources"] |= resources
    path.write_text(yaml.safe_dump(profile))
    return snakemake(folder, "-n", "--workflow-profile", "profiles/slurm", "--configfile", study)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "minutes"),
    [("config.yaml", 1440), ("config.yaml", 700), ("studies/gpu.yaml", 1440), ("studies/paper.yaml", 1440)],
)
def test_no_allocation_is_longer_than_the_profile_allows(tmp_path, study, minutes):
    """Whatever the study: short jobs are grouped as far as they fit, long ones are alone."""
    done = planned(copy_workflow(tmp_path / "w"), study, gpu=8, allocation_minutes=minutes)
    assert done.returncode == 0, done.stdout[-3000:]
    blocks = re.split(r"^\[.*?\] ?", done.stdout, flags=re.M)
    groups = [block for block in blocks if block.lower().startswith("group job")]
    lengths = [sum(map(int, re.findall(r" runtime=(\d+)", block))) for block in groups]
    assert len(groups) > 2 and max(lengths) <= minutes


def test_a_training_that_asks_for_more_than_the_profile_allows_stops_before_submission(tmp_path):
    """The profile capped its GPUs silently, so that eight processes shared one."""
    folder = copy_workflow(tmp_path / "w")
    several = "study: wide\nresources: {gpus: 1}\nsizes: {800k: {processes: 8, minutes: 600}}"
    (folder / "studies" / "wide.yaml").write_text(several)
    done = planned(folder, "studies/wide.yaml", allocation_minutes=240)
    assert done.returncode == 1 and "Traceback" not in done.stdout
    for told in (
        "sizes.800k.processes: 8 GPUs are needed, the profile allows 1: raise `gpu` under `resources`",
        "sizes.800k.minutes: 600 minutes are needed, the profile allows 240: raise `allocation_minutes`",
    ):
        assert told in done.stdout, done.stdout


def test_on_one_machine_too_a_training_gets_no_fewer_gpus_than_it_asks_for(clone, tmp_path):
    (tmp_path / "wide.yaml").write_text("resources: {gpus: 1}\nsizes: {3k: {processes: 4}}")
    told = ("--snakefile", str(clone / "Snakefile"), "--configfile", str(clone / "studies/tiny.yaml"), "wide.yaml")
    done = snakemake(tmp_path, "-n", *told, "--workflow-profile", str(clone / "profiles" / "default"))
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "sizes.3k.processes: 4 GPUs are needed, the profile allows 1: raise `gpu`" in done.stdout
    done = snakemake(tmp_path, "-n", "--quiet", "all", *told, "--cores", "4", "--resources", "gpu=4")
    assert done.returncode == 0, done.stdout[-3000:]


def test_rules_that_ask_for_longer_stop_the_run_until_the_profile_gives_them_less(tmp_path):
    folder = copy_workflow(tmp_path / "w")
    done = planned(folder, "studies/tiny.yaml", allocation_minutes=60)
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "runtime of trace_labels: 120 minutes are needed, the profile allows 60: raise" in done.stdout
    (corpora,) = (line for line in done.stdout.splitlines() if ": 240 minutes are needed" in line)
    assert "gather_corpus" in corpora and "in profiles/slurm/config.yaml" in corpora
    for without_jobs in ("fetch_source", "train_graph_network", "probe_external"):  # or on this machine
        assert without_jobs not in done.stdout
    path = folder / "profiles" / "slurm" / "config.yaml"
    profile = yaml.safe_load(path.read_text())
    asked = re.findall(r"^ *runtime of (.*): \d+ minutes", done.stdout, flags=re.M)
    for rule in ", ".join(asked).split(", "):
        profile["set-resources"].setdefault(rule, {})["runtime"] = 60
    path.write_text(yaml.safe_dump(profile))
    assert planned(folder, "studies/tiny.yaml").returncode == 0


def test_the_studies_of_the_cluster_tests_are_valid():
    files = [ROOT / name for name in ("catalogue.yaml", "config.yaml", "studies/tiny.yaml")]
    files += [ROOT / "tests" / "cluster" / f"{name}.yaml" for name in ("gpus", "long", "hurried")]
    schema = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
    for count in range(4, len(files) + 1):
        resolve_config(read_configuration(*files[:count]), schema)


REFUSAL = "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"
TASK = {"file": "own.csv", "smiles": "smiles", "labels": ["y"], "kind": "regression"}
MADE = "results/own/tasks/own"


def test_what_sbatch_answers_reaches_the_user_of_a_job_and_of_a_group(tmp_path, monkeypatch):
    """Snakemake says of a group only that there is an error in it; SLURM is a stub here."""
    folder, commands = copy_workflow(tmp_path / "w"), tmp_path / "bin"
    commands.mkdir()
    for name in ("sbatch", "squeue", "sacct", "scancel", "scontrol", "sinfo", "sacctmgr"):
        (commands / name).write_text(f"#!/bin/sh\necho '{REFUSAL}' >&2; exit 1" if name == "sbatch" else "#!/bin/sh\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    (folder / "own.csv").write_text(csv_text())
    (folder / "own.yaml").write_text(yaml.safe_dump({"study": "own", "tasks": {"own": TASK}}))
    submit = ("--workflow-profile", "profiles/slurm", "--retries", "0", "--configfile", "own.yaml")
    submit += ("--slurm-init-seconds-before-status-checks", "1", "--")
    assert REFUSAL in snakemake(folder, *submit, f"{MADE}/summary.json").stdout
    made = snakemake(folder, "--configfile", "own.yaml", "--", f"{MADE}/summary.json")
    assert made.returncode == 0, made.stdout[-3000:]
    refused = snakemake(folder, *submit, f"{MADE}/splits/scaffold-0.csv").stdout
    assert f"group tasks: SLURM sbatch failed. The error message was '{REFUSAL}'" in refused
