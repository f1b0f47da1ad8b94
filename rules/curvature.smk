# Curvature of the pretraining loss at a checkpoint, and its spectrum.


rule measure_curvature:
    input:
        checkpoint=multiext(f"{CHECKPOINT}/", "model.safetensors", "config.json", "metrics.json"),
        valid=own_valid_shard,
    output:
        out="<results>/curvature/{corpus}/{size}/{subset}/seed{seed}/{budget}/metrics.json",
        cost="<results>/curvature/{corpus}/{size}/{subset}/seed{seed}/{budget}/cost.json",
    log:
        "<logs>/measure_curvature/{corpus}-{size}-{subset}-{seed}-{budget}.log",
    benchmark:
        "<benchmarks>/measure_curvature/{corpus}-{size}-{subset}-{seed}-{budget}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=for_sizes(lambda w: 2 * gpu_memory(w)),
    params:
        code=code("curvature/measure_curvature"),
        settings=canonical(
            {name: value for name, value in config["curvature"].items() if name != "spectrum"}
            | {"mask_fraction": MASK_FRACTION}
        ),
        checkpoint=folder_of("checkpoint"),
    shell:
        script("curvature/measure_curvature", "params.settings params.checkpoint input.valid output.out output.cost")


# One job for all: the spectrum of a small model takes less time than starting Python
rule measure_spectrum:
    input:
        cells=cells("spectrum"),
        measured=measured_files(grid.spectrum_cells(config)),
    output:
        nodes="<results>/tables/spectrum_nodes.csv",
        summary=report(
            "<results>/tables/spectra.csv",
            caption="../report/spectra.rst",
            category="Tables",
            labels={"table": "spectra of the Hessian"},
        ),
    log:
        "<logs>/measure_spectrum.log",
    benchmark:
        "<benchmarks>/measure_spectrum.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=largest_memory,
        runtime=60,
        gpu=GPUS,
        gpu_mb=2 * largest_gpu_memory(),
    params:
        code=code("curvature/measure_spectrum"),
        settings=canonical(spectrum_config()),
        results=results_of,
    shell:
        script("curvature/measure_spectrum", "params.settings params.results input.cells output.nodes output.summary")
