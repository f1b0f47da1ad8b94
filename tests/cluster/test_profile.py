"""profiles/slurm knows every rule: whether it is submitted alone or in a group, and to which partition."""

import re

import pytest
import yaml
from clm.study.merge import read_configuration
from clm.study.validate import resolve_config
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
    "prepare_task",
    "initialize_model",
    "pretrain_checkpoint",
    "sweep_rate",
    "tune_rate",
    "finetune_endpoint",
    "probe_external",
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
    """A new rule: under `groups` in profiles/slurm if its jobs take seconds, else in ALONE above."""
    places = [set(PROFILE["groups"]), {name for name, rule in rules.items() if rule.local}, ALONE]
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


@pytest.mark.parametrize("group", sorted(set(PROFILE["groups"].values())))
def test_a_group_is_of_one_partition(rules, group):
    members = {name for name, of in PROFILE["groups"].items() if of == group}
    assert not members & asking_for("gpu", rules) or members <= asking_for("gpu", rules)


def test_components_are_of_groups_that_exist():
    assert set(PROFILE["group-components"]) <= set(PROFILE["groups"].values())


@pytest.mark.slow
@pytest.mark.parametrize("study", ["config.yaml", "studies/gpu.yaml"])
def test_a_group_asks_for_less_than_a_day(tmp_path, study):
    folder = copy_workflow(tmp_path / "w")
    planned = snakemake(folder, "-n", "--workflow-profile", "profiles/slurm", "--configfile", study)
    assert planned.returncode == 0, planned.stdout[-3000:]
    blocks = re.split(r"^\[.*?\] ?", planned.stdout, flags=re.M)
    groups = [block for block in blocks if block.startswith("Group job")]
    minutes = [sum(map(int, re.findall(r" runtime=(\d+)", block))) for block in groups]
    assert len(groups) > 10 and max(minutes) < 24 * 60


def test_the_studies_of_the_cluster_tests_are_valid():
    files = [ROOT / name for name in ("catalogue.yaml", "config.yaml", "studies/tiny.yaml")]
    files += [ROOT / "tests" / "cluster" / f"{name}.yaml" for name in ("gpus", "long", "hurried")]
    schema = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
    for count in range(4, len(files) + 1):
        resolve_config(read_configuration(*files[:count]), schema)
