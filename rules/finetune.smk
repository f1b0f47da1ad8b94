# Full fine-tuning: a learning rate per size and split (chosen on the validation part of the same split, because that of
# another split contains test molecules of this one), and end points. The scores are in fine_tuned.smk.


rule tune_rate:
    input:
        checkpoint=tuned_model,
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        molecules=[f"{RESULTS}/tasks/{task}/molecules.csv" for task in FINE_TUNING["tune_tasks"]],
        splits=[f"<results>/tasks/{task}/splits/{{split}}-{{seed}}.csv" for task in FINE_TUNING["tune_tasks"]],
    output:
        out=RATE,
    log:
        "<logs>/tune_rate/{start}-{size}-{split}-{seed}.log",
    benchmark:
        "<benchmarks>/tune_rate/{start}-{size}-{split}-{seed}.tsv"
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
        gpu_mb=for_sizes(gpu_memory),
    params:
        code=code("finetune/tune_rate"),
        settings=lambda w: canonical(tuning_config(w)),
        checkpoint=folder_of("checkpoint"),
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        script(
            "finetune/tune_rate",
            "params.settings params.checkpoint params.tokenizer input.molecules input.splits output.out",
        )


rule finetune_endpoint:
    input:
        checkpoint=multiext(f"{CHECKPOINT}/", "model.safetensors", "config.json"),
        tokenizer="<results>/tokenizer/tokenizer.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        rate=lambda w: rate_of(w, *FINE_TUNING_SPLITS[0]),
        molecules="<results>/tasks/{task}/molecules.csv",
        split=f"<results>/tasks/{{task}}/splits/{FINE_TUNING_SPLITS[0][0]}-{FINE_TUNING_SPLITS[0][1]}.csv",
    output:
        out=[
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
        gpu_mb=for_sizes(gpu_memory),
    params:
        code=code("finetune/finetune_endpoint"),
        settings=lambda w: canonical(endpoint_config(w)),
        checkpoint=folder_of("checkpoint"),
        tokenizer=subpath(input.tokenizer, parent=True),
    shell:
        script(
            "finetune/finetune_endpoint",
            "params.settings params.checkpoint params.tokenizer input.rate input.molecules input.split output.out output.lines",
        )
