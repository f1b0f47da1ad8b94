# Models and embeddings from elsewhere, on the same tasks, splits and heads; they stand beside the baselines.


rule probe_external:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: split_files(w.task),
        files=lambda w: external_files(w.external),
    output:
        scores="<results>/transfer/baselines/{external}/{task}.json",
        predictions="<results>/transfer/baselines/{external}/{task}.parquet",
        cost="<results>/transfer/baselines/{external}/{task}.cost.json",
    log:
        "<logs>/probe_external/{external}-{task}.log",
    benchmark:
        "<benchmarks>/probe_external/{external}-{task}.tsv"
    wildcard_constraints:
        external=one_of(grid.external(config)),
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=GPUS,
        gpu_mb=GPU_MB * GPUS,
    params:
        code=code("probe_external"),
        config=lambda w: canonical(external_config(w)),
    shell:
        "python scripts/probe_external.py --code {params.code} --config {params.config:q} --molecules {input.molecules:q} --splits {input.splits:q} --out {output.scores:q} --predictions {output.predictions:q} --cost {output.cost:q} > {log:q} 2>&1"
