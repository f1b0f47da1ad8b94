# Graph networks without pretraining, off unless `transfer.baselines` names them: their packages are installed separately.


rule train_graph_network:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: split_files(w.task),
    output:
        scores="<results>/transfer/baselines/{network}/{task}.json",
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
        code=code("train_graph_network"),
        config=lambda w: canonical(network_config(w)),
    shell:
        "python scripts/train_graph_network.py --code {params.code} --config {params.config:q} --molecules {input.molecules:q} --splits {input.splits:q} --out {output.scores:q} --predictions {output.predictions:q} --cost {output.cost:q} > {log:q} 2>&1"
