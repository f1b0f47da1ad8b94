# Does scale transfer? From raw SMILES to figures; see README.md. Bare `snakemake` builds the study of config.yaml.
import gc
import re
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27.1")
# Python's garbage collector scans a large graph repeatedly while it grows, which takes a seventh of a dry run. Young
# objects are still collected, only later; this applies to the whole run, and to a workflow that uses this one as a
# module
gc.set_threshold(100_000, 20, 100)


report: "report/workflow.rst"


include: "rules/common.smk"


resolve_config(config, SCHEMA)
if not workflow.deployment_settings.deployment_method:
    require_python()
if workflow.is_main_process:
    reuse_base(config, SCHEMA, Path("results"), HOME / "studies")
    for told in [older_results(Path(RESULTS)), *unused(config, written)]:
        if told:
            logger.warning(told)


pathvars:
    results=RESULTS,
    logs=f"{RESULTS}/logs",
    benchmarks=f"{RESULTS}/benchmarks",


wildcard_constraints:
    source=one_of(config["sources"]),
    corpus=one_of([*config["corpora"], grid.UNTRAINED]),
    size=one_of(config["sizes"]),
    subset=one_of([*config["subsets"], "none", "valid"]),
    budget=one_of([*config["grid"]["budgets"], "0"]),
    task=one_of(config["tasks"]),
    baseline=one_of(
        name
        for name in config["transfer"]["baselines"]
        if name not in config["transfer"]["graph_networks"]["networks"]
    ),
    split="scaffold|time|random|scaffold_balanced|cluster",
    seed=r"\d+",
    shard=r"\d+",


include: "rules/helpers/limits.smk"
include: "rules/helpers/data.smk"
include: "rules/helpers/tasks.smk"
include: "rules/helpers/pretrain.smk"
include: "rules/helpers/transfer.smk"
include: "rules/helpers/curvature.smk"
include: "rules/helpers/analysis.smk"
include: "rules/helpers/outputs.smk"
include: "rules/outputs.smk"


tell_why_groups_fail()


rule all:
    default_target: True
    input:
        TABLE_FILES,
        FIGURES,
        expand("<results>/corpora/{corpus}/summary.json", corpus=READ_CORPORA),
        f"{RESULTS}/report/report.html",


include: "rules/sources.smk"
include: "rules/tasks.smk"


if not config.get("base"):

    include: "rules/data.smk"
    include: "rules/tokens.smk"
    include: "rules/pretrain.smk"


include: "rules/transfer.smk"
include: "rules/external.smk"
include: "rules/finetune.smk"
include: "rules/fine_tuned.smk"
include: "rules/curvature.smk"
include: "rules/landscape.smk"
include: "rules/requests.smk"
include: "rules/tables.smk"
include: "rules/analysis.smk"
include: "rules/figures.smk"
include: "rules/report.smk"


require_limits()


onstart:
    # The limit on jobs per second checks all waiting jobs every second, once for every job that has ended: with 500
    # jobs Snakemake itself would take half a core. `--jobs` and `--cores` are the limits here.
    workflow.scheduler.job_rate_limiter = None
    follow(logger)


onsuccess:
    export_records(records(), Path(RESULTS), dict(config))
    shell(f"python scripts/summarize_study.py {RESULTS}")


onerror:
    export_records(records(), Path(RESULTS), dict(config))
