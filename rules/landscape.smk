# Loss surfaces, maps of parameter space and of representations.


rule map_surface:
    input:
        checkpoint=multiext(f"{CHECKPOINT}/", "model.safetensors", "config.json", "metrics.json"),
        valid=own_valid_shard,
    output:
        out="<results>/landscape/surface/{corpus}/{size}/{subset}/seed{seed}/{budget}.csv",
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
        gpu_mb=for_sizes(gpu_memory),
    params:
        code=code("landscape/map_surface"),
        settings=canonical(
            select_keys(config["landscape"], "molecules", "points", "reach", "seed") | {"mask_fraction": MASK_FRACTION}
        ),
        checkpoint=folder_of("checkpoint"),
    shell:
        script("landscape/map_surface", "params.settings params.checkpoint input.valid output.out")


rule map_parameters:
    input:
        start=f"{START}/model.safetensors",
        checkpoints=map_checkpoints,
        endpoints=map_endpoints,
    output:
        out="<results>/landscape/parameters/{corpus}/{size}/{subset}/seed{seed}.csv",
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
        code=code("landscape/map_parameters"),
        settings=lambda w: canonical(map_config(w)),
    shell:
        script(
            "landscape/map_parameters",
            "params.settings input.start input.checkpoints input.endpoints output.out output.variance",
        )


# One job for all: embedding 2 000 molecules takes a second, starting Python for each checkpoint would take longer.
rule compare_representations:
    input:
        cells=cells("trunks"),
        weights=metrics_files(all_trunks(), "model.safetensors"),
        shapes=metrics_files(all_trunks(), "config.json"),
        metrics=metrics_files(all_trunks()),
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
        gpu_mb=largest_gpu_memory(),
    params:
        code=code("landscape/compare_representations"),
        settings=canonical(COMPARED),
        results=results_of,
    shell:
        script(
            "landscape/compare_representations",
            "params.settings params.results input.cells input.valid output.pairs output.points",
        )


rule measure_paths:
    input:
        cells=cells("maps"),
        measured=path_files(),
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
        gpu_mb=largest_gpu_memory(),
    params:
        code=code("landscape/measure_paths"),
        settings=canonical(path_config()),
        results=results_of,
    shell:
        script(
            "landscape/measure_paths",
            "params.settings params.results input.cells output.barriers output.curves output.vectors",
        )


# One job for all checkpoints, as above
rule measure_curves:
    input:
        cells=cells("curves"),
        measured=measured_files(grid.curve_cells(config)),
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
        gpu_mb=largest_gpu_memory(),
    params:
        code=code("landscape/measure_curves"),
        settings=canonical(curve_config()),
        results=results_of,
    shell:
        script("landscape/measure_curves", "params.settings params.results input.cells output.curves output.widths")
