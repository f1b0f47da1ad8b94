# External models: downloaded from a hub, probed, with their loss on validation molecules.


rule fetch_model:
    output:
        files=directory("results/hub/{hub}/files"),
        record="results/hub/{hub}/record.json",
    log:
        "results/hub/{hub}/fetch.log",
    benchmark:
        "results/hub/{hub}/fetch.tsv"
    wildcard_constraints:
        hub=one_of(hub_models()),
    localrule: True
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        code=code("transfer/fetch_model"),
        settings=lambda w: canonical(hub_models()[w.hub]),
    shell:
        script("transfer/fetch_model", "params.settings output.files output.record")


rule probe_external:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: split_files(w.task),
        files=lambda w: external_files(w.external),
    output:
        out="<results>/transfer/baselines/{external}/{task}.json",
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
        code=code("transfer/probe_external"),
        settings=lambda w: canonical(external_config(w)),
    shell:
        script(
            "transfer/probe_external",
            "params.settings input.molecules input.splits output.out output.predictions output.cost",
        )


rule measure_external_loss:
    input:
        molecules="<results>/corpora/{corpus}/valid.parquet",
        files=lambda w: external_files(w.external),
    output:
        out="<results>/ladders/{corpus}/{external}.json",
    log:
        "<logs>/measure_external_loss/{corpus}-{external}.log",
    benchmark:
        "<benchmarks>/measure_external_loss/{corpus}-{external}.tsv"
    wildcard_constraints:
        external=one_of(config["external_models"]),
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=GPUS,
        gpu_mb=GPU_MB * GPUS,
    params:
        code=code("transfer/measure_external_loss"),
        settings=lambda w: canonical(loss_config(w)),
    shell:
        script("transfer/measure_external_loss", "params.settings input.molecules output.out")
