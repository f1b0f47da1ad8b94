# Loss surfaces, maps of parameter space and of representations.


rule map_surface:
    input:
        checkpoint=multiext(f"{CHECKPOINT}/", "model.safetensors", "config.json", "metrics.json"),
        valid=own_valid_shard,
    output:
        surface="<results>/landscape/surface/{corpus}/{size}/{subset}/seed{seed}/{budget}.csv",
    log:
        "<logs>/map_surface/{corpus}-{size}-{subset}-{seed}-{budget}.log",
    benchmark:
        "<benchmarks>/map_surface/{corpus}-{size}-{subset}-{seed}-{budget}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=gpu_memory,
    params:
        code=code("map_surface"),
        config=canonical(
            pick(config["landscape"], "molecules", "points", "reach", "seed") | {"mask_fraction": MASK_SHARE}
        ),
        checkpoint=lambda w, input: str(Path(input.checkpoint[0]).parent),
    shell:
        "python scripts/map_surface.py --code {params.code} --config {params.config:q} --checkpoint {params.checkpoint:q} --valid {input.valid:q} --out {output.surface:q} > {log:q} 2>&1"


rule map_parameters:
    input:
        start=f"{START}/model.safetensors",
        checkpoints=map_checkpoints,
        endpoints=map_endpoints,
    output:
        points="<results>/landscape/parameters/{corpus}/{size}/{subset}/seed{seed}.csv",
        variance="<results>/landscape/parameters/{corpus}/{size}/{subset}/seed{seed}.json",
    log:
        "<logs>/map_parameters/{corpus}-{size}-{subset}-{seed}.log",
    benchmark:
        "<benchmarks>/map_parameters/{corpus}-{size}-{subset}-{seed}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        code=code("map_parameters"),
        config=lambda w: canonical(map_config(w)),
    shell:
        "python scripts/map_parameters.py --code {params.code} --config {params.config:q} --start {input.start:q} --checkpoints {input.checkpoints:q} --endpoints {input.endpoints:q} --out {output.points:q} --variance {output.variance:q} > {log:q} 2>&1"


# One job for all: embedding 2 000 molecules takes a second, starting Python for each checkpoint takes more.
rule compare_representations:
    input:
        weights=metrics_files("model.safetensors"),
        shapes=metrics_files("config.json"),
        metrics=metrics_files(),
        valid=f"{RESULTS}/corpora/{grid.corpora(config)[0]}/tokens/valid.safetensors",
    output:
        pairs=report(
            "<results>/tables/cka.csv",
            caption="../report/cka.rst",
            category="Tables",
            labels={"table": "likeness of representations"},
        ),
        points="<results>/tables/cka_map.csv",
    log:
        "<logs>/compare_representations.log",
    benchmark:
        "<benchmarks>/compare_representations.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=largest_memory,
        runtime=30,
        gpu=GPUS,
        gpu_mb=largest_gpu_memory,
    params:
        code=code("compare_representations"),
        config=canonical(study_cells("trunks") | COMPARED),
        root=results_root,
    shell:
        "python scripts/compare_representations.py --code {params.code} --config {params.config:q} --results {params.root:q} --valid {input.valid:q} --pairs {output.pairs:q} --points {output.points:q} > {log:q} 2>&1"


rule measure_paths:
    input:
        path_files(),
    output:
        barriers=report(
            "<results>/tables/barriers.csv",
            caption="../report/barriers.rst",
            category="Tables",
            labels={"table": "barriers between weights"},
        ),
        curves="<results>/tables/paths.csv",
        vectors="<results>/tables/task_vectors.csv",
    log:
        "<logs>/measure_paths.log",
    benchmark:
        "<benchmarks>/measure_paths.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=largest_memory,
        runtime=30,
        gpu=GPUS,
        gpu_mb=largest_gpu_memory,
    params:
        code=code("measure_paths"),
        config=canonical(path_config()),
        root=results_root,
    shell:
        "python scripts/measure_paths.py --code {params.code} --config {params.config:q} --results {params.root:q} --barriers {output.barriers:q} --curves {output.curves:q} --vectors {output.vectors:q} > {log:q} 2>&1"


# One job for all checkpoints, as above
rule measure_curves:
    input:
        measured_files(grid.curve_cells(config)),
    output:
        curves="<results>/tables/curves.csv",
        widths=report(
            "<results>/tables/widths.csv",
            caption="../report/widths.rst",
            category="Tables",
            labels={"table": "width of the loss"},
        ),
    log:
        "<logs>/measure_curves.log",
    benchmark:
        "<benchmarks>/measure_curves.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=largest_memory,
        runtime=30,
        gpu=GPUS,
        gpu_mb=largest_gpu_memory,
    params:
        code=code("measure_curves"),
        config=canonical(curve_config()),
        root=results_root,
    shell:
        "python scripts/measure_curves.py --code {params.code} --config {params.config:q} --results {params.root:q} --curves {output.curves:q} --widths {output.widths:q} > {log:q} 2>&1"
