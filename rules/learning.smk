# Learning curves over the number of labels: one job per task for the checkpoints, one for the forest.


rule trace_labels:
    input:
        models=learning_models,
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        molecules="<results>/tasks/{task}/molecules.csv",
        split=lambda w: split_files(w.task)[0],
    output:
        curves="<results>/transfer/learning/models/{task}.json",
    log:
        "<logs>/trace_labels/{task}.log",
    benchmark:
        "<benchmarks>/trace_labels/{task}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=GPUS,
        gpu_mb=largest_gpu_memory,
    params:
        code=code("trace_labels"),
        config=lambda w: canonical(learning_config(w) | {"cells": list(map(key_of, grid.learning_cells(config)))}),
        checkpoints=lambda w: learning_checkpoints(),
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        "python scripts/trace_labels.py --code {params.code} --config {params.config:q} --checkpoints {params.checkpoints:q} --tokenizer {params.tokenizer:q} --molecules {input.molecules:q} --split {input.split:q} --out {output.curves:q} > {log:q} 2>&1"


rule trace_baseline:
    input:
        molecules="<results>/tasks/{task}/molecules.csv",
        split=lambda w: split_files(w.task)[0],
    output:
        curves="<results>/transfer/learning/forest/{task}.json",
    log:
        "<logs>/trace_baseline/{task}.log",
    benchmark:
        "<benchmarks>/trace_baseline/{task}.tsv"
    conda:
        "../envs/chemistry.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("trace_baseline"),
        config=lambda w: canonical(learning_config(w)),
    shell:
        "python scripts/trace_baseline.py --code {params.code} --config {params.config:q} --molecules {input.molecules:q} --split {input.split:q} --out {output.curves:q} > {log:q} 2>&1"


rule tabulate_learning:
    input:
        curves=learning_files("models") + learning_files("forest"),
    output:
        table=report(
            "<results>/tables/learning_curves.csv",
            caption="../report/learning_table.rst",
            category="Tables",
            labels={"table": "learning curves"},
        ),
    log:
        "<logs>/tabulate_learning.log",
    benchmark:
        "<benchmarks>/tabulate_learning.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("tabulate_learning"),
        config=canonical(
            {"kinds": {name: config["tasks"][name]["kind"] for name in config["transfer"]["learning_curves"]["tasks"]}}
            | judgement("gain_margin")
        ),
    shell:
        "python scripts/tabulate_learning.py --code {params.code} --config {params.config:q} --curves {input.curves:q} --out {output.table:q} > {log:q} 2>&1"


rule plot_learning:
    input:
        curves="<results>/tables/learning_curves.csv",
    output:
        png=report(
            "<results>/figures/learning.png",
            caption="../report/learning.rst",
            category="Transfer",
            labels={"figure": "error against number of labels"},
        ),
        pdf="<results>/figures/learning.pdf",
    log:
        "<logs>/plot_learning.log",
    benchmark:
        "<benchmarks>/plot_learning.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("plot_learning"),
        config=canonical(
            pick(config["figures"], "dpi")
            | {
                "units": {
                    name: config["tasks"][name].get("units", "")
                    for name in config["transfer"]["learning_curves"]["tasks"]
                }
            }
        ),
    shell:
        "python scripts/plot_learning.py --code {params.code} --config {params.config:q} --curves {input.curves:q} --pdf {output.pdf:q} --png {output.png:q} > {log:q} 2>&1"
