# Tasks: tables, splits, descriptors, distances to corpora and baselines without pretraining.


rule prepare_task:
    input:
        source=task_source,
    output:
        molecules="<results>/tasks/{task}/molecules.csv",
        summary="<results>/tasks/{task}/summary.json",
    log:
        "<logs>/prepare_task/{task}.log",
    benchmark:
        "<benchmarks>/prepare_task/{task}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("prepare_task"),
        config=lambda w: canonical(task_reading(w.task)),
        content=lambda w: content_marks(own_file(config["tasks"][w.task])),
    shell:
        "python scripts/prepare_task.py --code {params.code} --config {params.config:q} --source {input.source:q} --out {output.molecules:q} --summary {output.summary:q} > {log:q} 2>&1"


rule split_task:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
    output:
        parts="<results>/tasks/{task}/splits/{split}-{seed}.csv",
    log:
        "<logs>/split_task/{task}-{split}-{seed}.log",
    benchmark:
        "<benchmarks>/split_task/{task}-{split}-{seed}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("split_task"),
    shell:
        "python scripts/split_task.py --code {params.code} --molecules {input.molecules:q} --split {wildcards.split} --seed {wildcards.seed} --out {output.parts:q} > {log:q} 2>&1"


rule describe_task:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
    output:
        descriptors="<results>/tasks/{task}/descriptors.json",
    log:
        "<logs>/describe_task/{task}.log",
    benchmark:
        "<benchmarks>/describe_task/{task}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        code=code("describe_task"),
        config=lambda w: canonical(task_config(w.task, "kind", "labels")),
    shell:
        "python scripts/describe_task.py --code {params.code} --config {params.config:q} --molecules {input.molecules:q} --out {output.descriptors:q} > {log:q} 2>&1"


rule measure_distance:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        subset="<results>/corpora/{corpus}/subsets/{subset}.parquet",
    output:
        distance="<results>/tasks/{task}/distance/{corpus}-{subset}.json",
    log:
        "<logs>/measure_distance/{task}-{corpus}-{subset}.log",
    benchmark:
        "<benchmarks>/measure_distance/{task}-{corpus}-{subset}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("measure_distance"),
    shell:
        "python scripts/measure_distance.py --code {params.code} --molecules {input.molecules:q} --subset {input.subset:q} --out {output.distance:q} > {log:q} 2>&1"


rule score_baseline:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: split_files(w.task),
    output:
        scores="<results>/transfer/baselines/{baseline}/{task}.json",
        predictions="<results>/transfer/baselines/{baseline}/{task}.parquet",
        cost="<results>/transfer/baselines/{baseline}/{task}.cost.json",
    log:
        "<logs>/score_baseline/{baseline}-{task}.log",
    benchmark:
        "<benchmarks>/score_baseline/{baseline}-{task}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("score_baseline"),
        config=lambda w: canonical(
            task_config(w.task, "kind", "labels")
            | {"baseline": w.baseline, "splits": SPLITS}
            | ({"seeds": config["transfer"]["baseline_seeds"]} if w.baseline == "ecfp_forest" else {})
        ),
    shell:
        "python scripts/score_baseline.py --code {params.code} --config {params.config:q} --molecules {input.molecules:q} --splits {input.splits:q} --out {output.scores:q} --predictions {output.predictions:q} --cost {output.cost:q} > {log:q} 2>&1"
