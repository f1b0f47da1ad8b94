# What a referee asks after the verdicts: do they hang on the choice of tasks, where do they hold, what do others say.


rule ablate_tasks:
    input:
        saturation="<results>/tables/saturation.csv",
        elasticity="<results>/tables/elasticity.csv",
        tasks="<results>/tables/tasks.csv",
    output:
        table=report(
            "<results>/tables/ablation.csv",
            caption="../report/ablation_table.rst",
            category="Tables",
            labels={"table": "conclusions with parts left out"},
        ),
    log:
        "<logs>/ablate_tasks.log",
    benchmark:
        "<benchmarks>/ablate_tasks.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("ablate_tasks"),
        config=canonical(judgement("corpus", "gain_margin", "elasticity_margin", "bootstrap", "seed", "aggregate")),
    shell:
        "python scripts/ablate_tasks.py --code {params.code} --config {params.config:q} --saturation {input.saturation:q} --elasticity {input.elasticity:q} --tasks {input.tasks:q} --out {output.table:q} > {log:q} 2>&1"


rule find_thresholds:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        draws="<results>/tables/draws.parquet",
    output:
        table=report(
            "<results>/tables/thresholds.csv",
            caption="../report/thresholds_table.rst",
            category="Tables",
            labels={"table": "thresholds of saturation and degradation"},
        ),
    log:
        "<logs>/find_thresholds.log",
    benchmark:
        "<benchmarks>/find_thresholds.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("find_thresholds"),
        config=canonical(judgement("corpus", "gain_margin", "min_trunks", "bootstrap", "seed")),
    shell:
        "python scripts/find_thresholds.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --draws {input.draws:q} --out {output.table:q} > {log:q} 2>&1"


rule compare_methods:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
    output:
        table=report(
            "<results>/tables/contrasts.csv",
            caption="../report/contrasts.rst",
            category="Tables",
            labels={"table": "named contrasts"},
        ),
    log:
        "<logs>/compare_methods.log",
    benchmark:
        "<benchmarks>/compare_methods.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("compare_methods"),
        config=canonical(judgement("corpus", "contrast_margin", "aggregate")),
    shell:
        "python scripts/compare_methods.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --out {output.table:q} > {log:q} 2>&1"


rule choose_predictor:
    input:
        correlations="<results>/tables/correlations.csv",
        regret="<results>/tables/regret.csv",
    output:
        table=report(
            "<results>/tables/decision.csv",
            caption="../report/decision_table.rst",
            category="Tables",
            labels={"table": "which predictor to compute"},
        ),
    log:
        "<logs>/choose_predictor.log",
    benchmark:
        "<benchmarks>/choose_predictor.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("choose_predictor"),
        config=canonical(judgement("bootstrap", "seed", "aggregate")),
    shell:
        "python scripts/choose_predictor.py --code {params.code} --config {params.config:q} --correlations {input.correlations:q} --regret {input.regret:q} --out {output.table:q} > {log:q} 2>&1"


rule reconcile_literature:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        draws="<results>/tables/draws.parquet",
    output:
        table=report(
            "<results>/tables/reconciliation.csv",
            caption="../report/reconciliation_table.rst",
            category="Tables",
            labels={"table": "the literature recomputed"},
        ),
    log:
        "<logs>/reconcile_literature.log",
    benchmark:
        "<benchmarks>/reconcile_literature.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("reconcile_literature"),
        config=canonical(judgement("corpus", "gain_margin", "bootstrap", "seed", "min_trunks", "aggregate")),
    shell:
        "python scripts/reconcile_literature.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --draws {input.draws:q} --out {output.table:q} > {log:q} 2>&1"


rule judge_controls:
    input:
        transfer="<results>/tables/transfer.csv",
        saturation="<results>/tables/saturation.csv",
        summaries=control_summaries(),
    output:
        table=report(
            "<results>/tables/controls.csv",
            caption="../report/controls_table.rst",
            category="Tables",
            labels={"table": "control tasks with known truth"},
        ),
    log:
        "<logs>/judge_controls.log",
    benchmark:
        "<benchmarks>/judge_controls.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("judge_controls"),
    shell:
        "python scripts/judge_controls.py --code {params.code} --transfer {input.transfer:q} --saturation {input.saturation:q} --summaries {input.summaries:q} --out {output.table:q} > {log:q} 2>&1"
