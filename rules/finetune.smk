# Full fine-tuning: a learning rate per size, then all splits and seeds of a checkpoint and task in one job.


rule tune_rate:
    input:
        checkpoint=tuned_model,
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        molecules=[f"{RESULTS}/tasks/{task}/molecules.csv" for task in FULL["tune_tasks"]],
        splits=[
            f"{RESULTS}/tasks/{task}/splits/{FULL_SPLITS[0][0]}-{FULL_SPLITS[0][1]}.csv" for task in FULL["tune_tasks"]
        ],
    output:
        rate="<results>/transfer/rates/{start}/{size}.json",
    log:
        "<logs>/tune_rate/{start}-{size}.log",
    benchmark:
        "<benchmarks>/tune_rate/{start}-{size}.tsv"
    wildcard_constraints:
        start="pretrained|untrained",
    priority: 10
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=gpu_memory,
    params:
        code=code("tune_rate"),
        config=lambda w: canonical(tuning_config(w)),
        checkpoint=lambda w, input: str(Path(input.checkpoint[0]).parent),
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        "python scripts/tune_rate.py --code {params.code} --config {params.config:q} --checkpoint {params.checkpoint:q} --tokenizer {params.tokenizer:q} --molecules {input.molecules:q} --splits {input.splits:q} --out {output.rate:q} > {log:q} 2>&1"


rule finetune_model:
    input:
        checkpoint=multiext(f"{CHECKPOINT}/", "model.safetensors", "config.json", "metrics.json"),
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        rate=lambda w: f"{RESULTS}/transfer/rates/{start_of(w)}/{w.size}.json",
        molecules="<results>/tasks/{task}/molecules.csv",
        splits=lambda w: [f"{RESULTS}/tasks/{w.task}/splits/{split}-{seed}.csv" for split, seed in FULL_SPLITS],
    output:
        scores="<results>/transfer/full/{corpus}/{size}/{subset}/seed{seed}/{budget}/{task}.json",
        predictions="<results>/transfer/full/{corpus}/{size}/{subset}/seed{seed}/{budget}/{task}.parquet",
        cost="<results>/transfer/full/{corpus}/{size}/{subset}/seed{seed}/{budget}/{task}.cost.json",
    log:
        "<logs>/finetune_model/{corpus}-{size}-{subset}-{seed}-{budget}-{task}.log",
    benchmark:
        "<benchmarks>/finetune_model/{corpus}-{size}-{subset}-{seed}-{budget}-{task}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=gpu_memory,
    params:
        code=code("finetune_model"),
        config=lambda w: canonical(full_config(w)),
        checkpoint=lambda w, input: str(Path(input.checkpoint[0]).parent),
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        "python scripts/finetune_model.py --code {params.code} --config {params.config:q} --checkpoint {params.checkpoint:q} --tokenizer {params.tokenizer:q} --rate {input.rate:q} --molecules {input.molecules:q} --splits {input.splits:q} --out {output.scores:q} --predictions {output.predictions:q} --cost {output.cost:q} > {log:q} 2>&1"


rule finetune_endpoint:
    input:
        checkpoint=multiext(f"{CHECKPOINT}/", "model.safetensors", "config.json"),
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        rate=lambda w: f"{RESULTS}/transfer/rates/{start_of(w)}/{w.size}.json",
        molecules="<results>/tasks/{task}/molecules.csv",
        split=f"<results>/tasks/{{task}}/splits/{FULL_SPLITS[0][0]}-{FULL_SPLITS[0][1]}.csv",
    output:
        weights=[
            f"<results>/landscape/endpoints/{{corpus}}/{{size}}/{{subset}}/seed{{seed}}/{{budget}}/{{task}}-seed{seed}.safetensors"
            for seed in END_SEEDS
        ],
        lines="<results>/landscape/endpoints/{corpus}/{size}/{subset}/seed{seed}/{budget}/{task}.json",
    log:
        "<logs>/finetune_endpoint/{corpus}-{size}-{subset}-{seed}-{budget}-{task}.log",
    benchmark:
        "<benchmarks>/finetune_endpoint/{corpus}-{size}-{subset}-{seed}-{budget}-{task}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=gpu_memory,
    params:
        code=code("finetune_endpoint"),
        config=lambda w: canonical(endpoint_config(w)),
        checkpoint=lambda w, input: str(Path(input.checkpoint[0]).parent),
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        "python scripts/finetune_endpoint.py --code {params.code} --config {params.config:q} --checkpoint {params.checkpoint:q} --tokenizer {params.tokenizer:q} --rate {input.rate:q} --molecules {input.molecules:q} --split {input.split:q} --out {output.weights:q} --lines {output.lines:q} > {log:q} 2>&1"
