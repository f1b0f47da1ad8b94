# Tidy tables of all results, one row per observation.


rule tabulate_runs:
    input:
        metrics=metrics_files(),
    output:
        table=report(
            "<results>/tables/runs.csv",
            caption="../report/runs.rst",
            category="Tables",
            labels={"table": "checkpoints"},
        ),
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
        checkpoints=[paths.checkpoint(RESULTS, cell) / "metrics.json" for cell in grid.repeated_checkpoints(config)],
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
        "python scripts/tabulate_rates.py --code {params.code} --sweeps {input.sweeps:q} --checkpoints {input.checkpoints:q} --out {output.table:q} > {log:q} 2>&1"


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
        widths="<results>/tables/widths.csv",
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
        "python scripts/tabulate_predictors.py --code {params.code} --runs {input.runs:q} --curvature {input.curvature:q} --widths {input.widths:q} --task-predictors {input.task_predictors:q} --out {output.table:q} > {log:q} 2>&1"


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
