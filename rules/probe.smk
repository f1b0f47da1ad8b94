# Frozen probes: one job per trunk and task, all budgets of the trunk.


rule probe_frozen:
    input:
        checkpoints=trunk_models,
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: split_files(w.task),
    output:
        scores="<results>/transfer/frozen/{corpus}/{size}/{subset}/seed{seed}/{task}.json",
        predictions="<results>/transfer/frozen/{corpus}/{size}/{subset}/seed{seed}/{task}.parquet",
        cost="<results>/transfer/frozen/{corpus}/{size}/{subset}/seed{seed}/{task}.cost.json",
    log:
        "<logs>/probe_frozen/{corpus}-{size}-{subset}-{seed}-{task}.log",
    benchmark:
        "<benchmarks>/probe_frozen/{corpus}-{size}-{subset}-{seed}-{task}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=gpu_memory,
    params:
        code=code("probe_frozen"),
        config=lambda w: canonical(frozen_config(w)),
        trunk=lambda w: str(paths.trunk_folder(RESULTS, trunk_of(w))),
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        "python scripts/probe_frozen.py --code {params.code} --config {params.config:q} --trunk {params.trunk:q} --tokenizer {params.tokenizer:q} --molecules {input.molecules:q} --splits {input.splits:q} --out {output.scores:q} --predictions {output.predictions:q} --cost {output.cost:q} > {log:q} 2>&1"
