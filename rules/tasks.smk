# Tasks: tables, splits, descriptors, distances to corpora.


rule prepare_task:
    input:
        source=task_source,
    output:
        out="<results>/tasks/{task}/molecules.csv",
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
        code=code("tasks/prepare_task"),
        settings=lambda w: canonical(task_reading(w.task)),
        content=lambda w: content_marks(own_file(config["tasks"][w.task])),
    shell:
        script("tasks/prepare_task", "params.settings input.source output.out output.summary")


rule split_task:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
    output:
        out="<results>/tasks/{task}/splits/{split}-{seed}.csv",
    log:
        "<logs>/split_task/{task}-{split}-{seed}.log",
    benchmark:
        "<benchmarks>/split_task/{task}-{split}-{seed}.tsv"
    group:
        grouped("tasks", SPLITTING_MINUTES)
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("tasks/split_task"),
    shell:
        script("tasks/split_task", "input.molecules wildcards.split wildcards.seed output.out")


rule describe_task:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: split_files(w.task),
    output:
        out="<results>/tasks/{task}/descriptors.json",
    log:
        "<logs>/describe_task/{task}.log",
    benchmark:
        "<benchmarks>/describe_task/{task}.tsv"
    group:
        grouped("tasks", SPLITTING_MINUTES)
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        code=code("tasks/describe_task"),
        settings=lambda w: canonical(task_config(w.task, "kind", "labels") | {"splits": SPLITS}),
    shell:
        script("tasks/describe_task", "params.settings input.molecules input.splits output.out")


rule measure_distance:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        subset="<results>/corpora/{corpus}/subsets/{subset}.parquet",
    output:
        out="<results>/tasks/{task}/distance/{corpus}-{subset}.json",
    log:
        "<logs>/measure_distance/{task}-{corpus}-{subset}.log",
    benchmark:
        "<benchmarks>/measure_distance/{task}-{corpus}-{subset}.tsv"
    group:
        grouped("distances", 30)
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("tasks/measure_distance"),
    shell:
        script("tasks/measure_distance", "input.molecules input.subset output.out")
