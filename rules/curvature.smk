# Curvature of the pretraining loss at a checkpoint, and its spectrum.


rule measure_curvature:
    input:
        checkpoint=multiext(f"{CHECKPOINT}/", "model.safetensors", "config.json", "metrics.json"),
        valid=own_valid_shard,
    output:
        metrics="<results>/curvature/{corpus}/{size}/{subset}/seed{seed}/{budget}/metrics.json",
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
        gpu_mb=lambda w: 2 * gpu_memory(w),
    params:
        code=code("measure_curvature"),
        config=canonical(
            {name: value for name, value in config["curvature"].items() if name != "spectrum"}
            | {"mask_fraction": MASK_SHARE}
        ),
        checkpoint=lambda w, input: str(Path(input.checkpoint[0]).parent),
    shell:
        "python scripts/measure_curvature.py --code {params.code} --config {params.config:q} --checkpoint {params.checkpoint:q} --valid {input.valid:q} --out {output.metrics:q} --cost {output.cost:q} > {log:q} 2>&1"


# One job for all: a spectrum of a small model takes less time than starting Python
rule measure_spectrum:
    input:
        measured_files(grid.spectrum_cells(config)),
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
        gpu_mb=lambda w: 2 * largest_gpu_memory(w),
    params:
        code=code("measure_spectrum"),
        config=canonical(spectrum_config()),
        root=results_root,
    shell:
        "python scripts/measure_spectrum.py --code {params.code} --config {params.config:q} --results {params.root:q} --nodes {output.nodes:q} --summary {output.summary:q} > {log:q} 2>&1"
