# Curvature of the pretraining loss at a checkpoint.


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
    params:
        code=code("measure_curvature"),
        config=canonical(config["curvature"] | {"mask_share": MASK_SHARE}),
        checkpoint=lambda w, input: str(Path(input.checkpoint[0]).parent),
    shell:
        "python scripts/measure_curvature.py --code {params.code} --config {params.config:q} --checkpoint {params.checkpoint:q} --valid {input.valid:q} --out {output.metrics:q} --cost {output.cost:q} > {log:q} 2>&1"
