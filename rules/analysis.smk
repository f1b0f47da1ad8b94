# Analysis: tidy tables of all results, statistics, verdicts on the claims.


rule tabulate_runs:
    input:
        metrics=metrics_files(),
    output:
        table="<results>/tables/runs.csv",
    log:
        "<logs>/tabulate_runs.log",
    benchmark:
        "<benchmarks>/tabulate_runs.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("tabulate_runs"),
        config=canonical(study_cells("trunks", "corpora")),
        root=results_root,
    shell:
        "python scripts/tabulate_runs.py --code {params.code} --config {params.config:q} --results {params.root:q} --out {output.table:q} > {log:q} 2>&1"


rule tabulate_rates:
    input:
        sweeps=[f"{RESULTS}/pretrain/rates/{size}.json" for size in grid.sizes(config)],
    output:
        table="<results>/tables/rates.csv",
    log:
        "<logs>/tabulate_rates.log",
    benchmark:
        "<benchmarks>/tabulate_rates.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("tabulate_rates"),
    shell:
        "python scripts/tabulate_rates.py --code {params.code} --sweeps {input.sweeps:q} --out {output.table:q} > {log:q} 2>&1"


rule tabulate_curvature:
    input:
        metrics=curvature_files(),
    output:
        table="<results>/tables/curvature.csv",
    log:
        "<logs>/tabulate_curvature.log",
    benchmark:
        "<benchmarks>/tabulate_curvature.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("tabulate_curvature"),
        config=canonical(study_cells("curvature")),
        root=results_root,
    shell:
        "python scripts/tabulate_curvature.py --code {params.code} --config {params.config:q} --results {params.root:q} --out {output.table:q} > {log:q} 2>&1"


rule tabulate_transfer:
    input:
        scores=model_files(".json"),
        predictions=model_files(".parquet"),
        baselines=baseline_files(".json"),
        molecules=task_files("molecules.csv"),
    output:
        table="<results>/tables/transfer.csv",
        predictors="<results>/tables/task_predictors.csv",
        draws="<results>/tables/draws.parquet",
    log:
        "<logs>/tabulate_transfer.log",
    benchmark:
        "<benchmarks>/tabulate_transfer.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("tabulate_transfer"),
        config=canonical(
            study_cells("trunks", "tasks", "full", "baselines")
            | {"kinds": {name: config["tasks"][name]["kind"] for name in config["transfer"]["tasks"]}}
            | judgement("bootstrap")
        ),
        root=results_root,
    shell:
        "python scripts/tabulate_transfer.py --code {params.code} --config {params.config:q} --results {params.root:q} --out {output.table:q} --predictors {output.predictors:q} --draws {output.draws:q} > {log:q} 2>&1"


rule tabulate_tasks:
    input:
        descriptors=task_files("descriptors.json"),
        distances=task_files("distance/{}-{}.json".format(*reference_subset())),
    output:
        table="<results>/tables/tasks.csv",
    log:
        "<logs>/tabulate_tasks.log",
    benchmark:
        "<benchmarks>/tabulate_tasks.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("tabulate_tasks"),
        config=canonical(task_table()),
        root=results_root,
    shell:
        "python scripts/tabulate_tasks.py --code {params.code} --config {params.config:q} --results {params.root:q} --out {output.table:q} > {log:q} 2>&1"


rule tabulate_predictors:
    input:
        runs="<results>/tables/runs.csv",
        curvature="<results>/tables/curvature.csv",
        task_predictors="<results>/tables/task_predictors.csv",
    output:
        table="<results>/tables/predictors.csv",
    log:
        "<logs>/tabulate_predictors.log",
    benchmark:
        "<benchmarks>/tabulate_predictors.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("tabulate_predictors"),
    shell:
        "python scripts/tabulate_predictors.py --code {params.code} --runs {input.runs:q} --curvature {input.curvature:q} --task-predictors {input.task_predictors:q} --out {output.table:q} > {log:q} 2>&1"


rule tabulate_costs:
    input:
        pretraining=metrics_files("cost.json"),
        curvature=curvature_files("cost.json"),
        transfer=model_files(".cost.json"),
        baselines=baseline_files(".cost.json"),
    output:
        table="<results>/tables/costs.csv",
    log:
        "<logs>/tabulate_costs.log",
    benchmark:
        "<benchmarks>/tabulate_costs.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("tabulate_costs"),
        config=canonical(study_cells("trunks", "tasks", "full", "baselines", "curvature")),
        root=results_root,
    shell:
        "python scripts/tabulate_costs.py --code {params.code} --config {params.config:q} --results {params.root:q} --out {output.table:q} > {log:q} 2>&1"


rule fit_scaling:
    input:
        runs="<results>/tables/runs.csv",
    output:
        table="<results>/tables/fits.csv",
    log:
        "<logs>/fit_scaling.log",
    benchmark:
        "<benchmarks>/fit_scaling.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("fit_scaling"),
        config=canonical(judgement("corpora", "bootstrap", "seed", "min_trunks")),
    shell:
        "python scripts/fit_scaling.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --out {output.table:q} > {log:q} 2>&1"


rule judge_gains:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        draws="<results>/tables/draws.parquet",
    output:
        table="<results>/tables/saturation.csv",
        steps="<results>/tables/steps.csv",
    log:
        "<logs>/judge_gains.log",
    benchmark:
        "<benchmarks>/judge_gains.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("judge_gains"),
        config=canonical(judgement("corpus", "gain_margin", "min_trunks")),
    shell:
        "python scripts/judge_gains.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --draws {input.draws:q} --out {output.table:q} --steps {output.steps:q} > {log:q} 2>&1"


rule estimate_elasticity:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        draws="<results>/tables/draws.parquet",
    output:
        table="<results>/tables/elasticity.csv",
    log:
        "<logs>/estimate_elasticity.log",
    benchmark:
        "<benchmarks>/estimate_elasticity.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("estimate_elasticity"),
        config=canonical(judgement("corpora", "elasticity_margin", "min_trunks")),
    shell:
        "python scripts/estimate_elasticity.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --draws {input.draws:q} --out {output.table:q} > {log:q} 2>&1"


rule rank_predictors:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        draws="<results>/tables/draws.parquet",
        predictors="<results>/tables/predictors.csv",
    output:
        table="<results>/tables/correlations.csv",
        regret="<results>/tables/regret.csv",
    log:
        "<logs>/rank_predictors.log",
    benchmark:
        "<benchmarks>/rank_predictors.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("rank_predictors"),
        config=canonical(judgement("corpus", "bootstrap", "seed", "min_trunks", "correlation_margin", "aggregate")),
    shell:
        "python scripts/rank_predictors.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --draws {input.draws:q} --predictors {input.predictors:q} --out {output.table:q} --regret {output.regret:q} > {log:q} 2>&1"


rule judge_claims:
    input:
        fits="<results>/tables/fits.csv",
        saturation="<results>/tables/saturation.csv",
        correlations="<results>/tables/correlations.csv",
    output:
        claims="<results>/tables/claims.json",
    log:
        "<logs>/judge_claims.log",
    benchmark:
        "<benchmarks>/judge_claims.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("judge_claims"),
        config=canonical(
            judgement("study", "corpus", "gain_margin", "correlation_margin", "bootstrap", "seed", "aggregate")
        ),
    shell:
        "python scripts/judge_claims.py --code {params.code} --config {params.config:q} --fits {input.fits:q} --saturation {input.saturation:q} --correlations {input.correlations:q} --out {output.claims:q} > {log:q} 2>&1"


rule write_findings:
    input:
        runs="<results>/tables/runs.csv",
        transfer="<results>/tables/transfer.csv",
        fits="<results>/tables/fits.csv",
        saturation="<results>/tables/saturation.csv",
        elasticity="<results>/tables/elasticity.csv",
        correlations="<results>/tables/correlations.csv",
        regret="<results>/tables/regret.csv",
        claims="<results>/tables/claims.json",
    output:
        page="<results>/tables/findings.md",
    log:
        "<logs>/write_findings.log",
    benchmark:
        "<benchmarks>/write_findings.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("write_findings"),
        config=canonical(judgement("study", "corpus") | pick(config["figures"], "split")),
    shell:
        "python scripts/write_findings.py --code {params.code} --config {params.config:q} --runs {input.runs:q} --transfer {input.transfer:q} --fits {input.fits:q} --saturation {input.saturation:q} --elasticity {input.elasticity:q} --correlations {input.correlations:q} --regret {input.regret:q} --claims {input.claims:q} --out {output.page:q} > {log:q} 2>&1"
