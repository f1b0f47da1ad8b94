"""What each edit makes stale, as exact sets of (rule, wildcards): no job too many, none too few."""

import re
import time
from pathlib import Path

import pytest
import yaml
from snakemake_runs import scheduled, snakemake

pytestmark = pytest.mark.slow
TINY = ("--configfile", "studies/tiny.yaml")
SCORED = set(
    "tabulate_transfer tabulate_predictors tabulate_costs judge_gains estimate_elasticity rank_predictors judge_claims "
    "ablate_tasks find_thresholds compare_methods choose_predictor reconcile_literature "
    "plot_ablation plot_thresholds plot_agreement plot_decision plot_reconciliation "
    "plot_transfer plot_gains plot_descriptors plot_correlations plot_costs render_claims write_findings "
    "write_report".split()
)
PRETRAINED = SCORED | {"tabulate_runs", "fit_scaling", "plot_loss", "tabulate_curvature"}


def wildcards(job):
    return dict(re.findall(r"(\w+)=([^,\s]+)", job[1]))


def edit(study, change):
    path = study / "studies" / "tiny.yaml"
    config = yaml.safe_load(path.read_text())
    change(config)
    path.write_text(yaml.safe_dump(config, sort_keys=False))


def everything(study):
    return scheduled(study, *TINY, "--forceall")


def expected(study, tables, **per_rule):
    """All jobs of rules in `tables`, and of rules in `per_rule` those whose wildcards pass."""
    jobs = set()
    for job in everything(study):
        test = per_rule.get(job[0])
        if job[0] in tables or (test and test(wildcards(job))):
            jobs.add(job)
    return jobs


def test_nothing_is_stale_after_touching_comments_and_order(study):
    time.sleep(1)
    for path in [*study.rglob("*.py"), *study.rglob("*.smk"), *(study / "results").rglob("*")]:
        if path.is_file():
            path.touch()
    source = study / "scripts" / "clm" / "training" / "trainer.py"
    source.write_text(
        "# a new comment\n" + source.read_text().replace('"""The training loop', '"""The reworded training loop')
    )
    tiny = study / "studies" / "tiny.yaml"
    config = yaml.safe_load(tiny.read_text())
    config["sizes"]["25k"] = dict(reversed(config["sizes"]["25k"].items())) | {
        "width": 32.0,
        "memory_mb": 2000,
        "minutes": 99,
        "processes": 2,
        "micro_tokens": 512,
    }
    tiny.write_text("# another comment\n" + yaml.safe_dump(dict(reversed(config.items())), sort_keys=False))
    assert scheduled(study, *TINY) == set()


def test_a_learning_rate_of_one_size(study):
    edit(study, lambda c: c["sizes"]["7k"].update(learning_rate=0.02))
    size = lambda w: w["size"] == "7k"  # noqa: E731
    trained = lambda w: size(w) and w.get("corpus") != "untrained"  # noqa: E731
    assert scheduled(study, *TINY) == expected(
        study,
        PRETRAINED | {"tabulate_rates"},
        pretrain_checkpoint=trained,
        sweep_rate=size,
        probe_frozen=trained,
        measure_curvature=trained,
    )


def test_an_added_task(study):
    edit(study, lambda c: c["transfer"]["tasks"].append("half_life"))
    task = lambda w: w.get("task") == "half_life"  # noqa: E731
    assert scheduled(study, *TINY) == expected(
        study,
        SCORED | {"tabulate_tasks"},
        prepare_task=task,
        split_task=task,
        describe_task=task,
        measure_distance=task,
        score_baseline=task,
        probe_frozen=task,
    )


def test_an_edited_plotting_module(study):
    path = study / "scripts" / "clm" / "plotting" / "loss.py"
    path.write_text(path.read_text() + "\nEDITED = True\n")
    assert scheduled(study, *TINY) == expected(study, {"plot_loss", "write_report"})


def test_an_added_budget_continues_its_trunks(study):
    def add(config):
        config["grid"]["budgets"]["t30k"] = 30000
        config["grid"]["trunks"][0]["budgets"].append("t30k")

    edit(study, add)
    grown = lambda w: w["corpus"] == "zinc" and w["seed"] == "0"  # noqa: E731
    assert scheduled(study, *TINY) == expected(
        study,
        PRETRAINED | {"map_parameters", "plot_parameters"},
        pretrain_checkpoint=lambda w: w["budget"] == "t30k",
        probe_frozen=grown,
        measure_curvature=lambda w: w["budget"] == "t30k",
        finetune_endpoint=lambda w: w["budget"] == "t30k",
    )
    done = snakemake(study, "results/tiny/pretrain/zinc/3k/t300/seed0/t30k/metrics.json", *TINY)
    assert done.returncode == 0, done.stdout[-2000:]
    log = (study / "results/tiny/logs/pretrain_checkpoint/zinc-3k-t300-0-t30k.log").read_text()
    assert re.search(r"resumed at step [1-9]\d*", log)


def test_an_added_seed_and_subset_add_their_own_jobs_only(study):
    def add(config):
        config["subsets"]["t500"] = 500
        config["grid"]["trunks"].append(
            {"corpora": ["zinc"], "sizes": ["3k"], "subsets": ["t500"], "seeds": [0], "budgets": ["t20k"]}
        )

    edit(study, add)
    new = lambda w: w.get("subset") == "t500"  # noqa: E731
    found = scheduled(study, *TINY)
    assert found == expected(
        study,
        PRETRAINED,
        draw_subset=new,
        tokenize_subset=new,
        pretrain_checkpoint=new,
        probe_frozen=new,
        measure_curvature=new,
    )


def test_a_removed_seed_rebuilds_tables_only(study):
    edit(study, lambda c: c["grid"]["trunks"].pop(1))
    assert scheduled(study, *TINY) == expected(study, PRETRAINED)


def test_curvature_and_plot_parameters(study):
    edit(study, lambda c: c["curvature"].update(draws=4))
    chain = {"measure_curvature", "tabulate_curvature", "tabulate_predictors", "tabulate_costs", "rank_predictors"}
    chain |= {"choose_predictor", "plot_decision"}
    followers = {"judge_claims", "plot_correlations", "plot_costs", "render_claims", "write_findings", "write_report"}
    assert scheduled(study, *TINY) == expected(study, chain | followers)


def test_a_plot_parameter(study):
    edit(study, lambda c: c.update(figures={"dpi": 90}))
    names = "loss transfer gains correlations descriptors ablation thresholds agreement decision "
    names += "reconciliation surface parameters costs"
    plots = {f"plot_{name}" for name in names.split()}
    assert scheduled(study, *TINY) == expected(study, plots | {"write_report"})


def test_an_edited_engine_module_rebuilds_what_runs_it(study):
    path = study / "scripts" / "clm" / "training" / "schedule.py"
    path.write_text(path.read_text() + "\nEDITED = True\n")
    rules = {rule for rule, _ in scheduled(study, *TINY)}
    assert {"pretrain_checkpoint", "sweep_rate", "probe_frozen", "measure_curvature"} <= rules
    assert not rules & {"initialize_model", "standardize_corpus", "tokenize_subset", "score_baseline", "prepare_task"}


def test_results_move_with_the_records_of_snakemake(finished, tmp_path):
    import shutil

    from snakemake_runs import copy_workflow

    clone = copy_workflow(tmp_path / "clone")
    shutil.rmtree(clone / "results", ignore_errors=True)
    for name in ("results", ".snakemake"):
        shutil.copytree(Path(finished) / name, clone / name)
    assert scheduled(clone, *TINY) == set()
