# Scores without fine-tuning: linear probes, baselines, graph networks, learning curves.


# All tasks of the study in one job, which starts once and finds its inputs by their paths below the results
rule probe_encoder:
    input:
        checkpoints=trunk_models,
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        molecules=[f"{RESULTS}/tasks/{task}/molecules.csv" for task in TASKS],
        splits=[file for task in TASKS for file in split_files(task)],
    output:
        out=expand(f"{PROBED}/{{task}}.json", task=TASKS, allow_missing=True),
        predictions=expand(f"{PROBED}/{{task}}.parquet", task=TASKS, allow_missing=True),
        cost=expand(f"{PROBED}/{{task}}.cost.json", task=TASKS, allow_missing=True),
    log:
        "<logs>/probe_encoder/{corpus}-{size}-{subset}-{seed}.log",
    benchmark:
        "<benchmarks>/probe_encoder/{corpus}-{size}-{subset}-{seed}.tsv"
    group:
        grouped("probes", minutes)
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=for_sizes(gpu_memory),
    params:
        code=code("transfer/probe_encoder"),
        settings=lambda w: canonical(probe_config(w)),
        results=results_of,
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        script("transfer/probe_encoder", "params.settings params.results params.tokenizer")


rule score_baseline:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: split_files(w.task),
    output:
        out="<results>/transfer/baselines/{baseline}/{task}.json",
        predictions="<results>/transfer/baselines/{baseline}/{task}.parquet",
        cost="<results>/transfer/baselines/{baseline}/{task}.cost.json",
    log:
        "<logs>/score_baseline/{baseline}-{task}.log",
    benchmark:
        "<benchmarks>/score_baseline/{baseline}-{task}.tsv"
    group:
        grouped("baselines", 60)
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("transfer/score_baseline"),
        settings=lambda w: canonical(
            task_config(w.task, "kind", "labels")
            | {"baseline": w.baseline, "splits": SPLITS}
            | ({"seeds": config["transfer"]["baseline_seeds"]} if w.baseline == "ecfp_forest" else {})
        ),
    shell:
        script(
            "transfer/score_baseline",
            "params.settings input.molecules input.splits output.out output.predictions output.cost",
        )


rule train_graph_network:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: split_files(w.task),
    output:
        out="<results>/transfer/baselines/{network}/{task}.json",
        predictions="<results>/transfer/baselines/{network}/{task}.parquet",
        cost="<results>/transfer/baselines/{network}/{task}.cost.json",
    log:
        "<logs>/train_graph_network/{network}-{task}.log",
    benchmark:
        "<benchmarks>/train_graph_network/{network}-{task}.tsv"
    wildcard_constraints:
        network=one_of(GRAPH_NETWORKS),
    conda:
        "../envs/graphs.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=GPUS,
        gpu_mb=GPU_MB * GPUS,
    params:
        code=code("transfer/train_graph_network"),
        settings=lambda w: canonical(network_config(w)),
    shell:
        script(
            "transfer/train_graph_network",
            "params.settings input.molecules input.splits output.out output.predictions output.cost",
        )


rule trace_labels:
    input:
        cells=cells("learning"),
        models=learning_models,
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        molecules="<results>/tasks/{task}/molecules.csv",
        split=lambda w: split_files(w.task)[0],
    output:
        out="<results>/transfer/learning/models/{task}.json",
    log:
        "<logs>/trace_labels/{task}.log",
    benchmark:
        "<benchmarks>/trace_labels/{task}.tsv"
    group:
        grouped("probes", 120)
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=GPUS,
        gpu_mb=largest_gpu_memory(),
    params:
        code=code("transfer/trace_labels"),
        settings=lambda w: canonical(learning_config(w)),
        results=results_of,
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        script(
            "transfer/trace_labels",
            "params.settings params.results input.cells params.tokenizer input.molecules input.split output.out",
        )


rule trace_baseline:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        split=lambda w: split_files(w.task)[0],
    output:
        out="<results>/transfer/learning/forest/{task}.json",
    log:
        "<logs>/trace_baseline/{task}.log",
    benchmark:
        "<benchmarks>/trace_baseline/{task}.tsv"
    group:
        grouped("baselines", 60)
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("transfer/trace_baseline"),
        settings=lambda w: canonical(learning_config(w)),
    shell:
        script("transfer/trace_baseline", "params.settings input.molecules input.split output.out")
