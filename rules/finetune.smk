# Full fine-tuning: a learning rate per size and split (on the validation part of that split: that of another split holds
# test molecules of this one), then all tasks, splits and seeds of a checkpoint in one job.


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
        gpu_mb=gpu_memory,
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


# One job per checkpoint, which starts once for all its tasks. Outputs of a rule cannot depend on wildcards, so each list of
# tasks has a rule: the first is called finetune_model, further ones finetune_model_2 and so on. As in tables.smk a
# function, no plain loop
def fine_tune(name: str, tasks: tuple, cells: list) -> None:
    """The rule of the checkpoints that are fine-tuned on these tasks."""

    rule:
        name:
            name
        input:
            checkpoint=multiext(f"{CHECKPOINT}/", *paths.CHECKPOINT),
            tokenizer="<results>/tokenizer/tokenizer.json",
            vocabulary="<results>/tokenizer/vocabulary.json",
            rates=lambda w: [rate_of(w, split, seed) for split, seed in FINE_TUNING_SPLITS],
            molecules=[f"{RESULTS}/tasks/{task}/molecules.csv" for task in tasks],
            splits=[
                str(paths.task_split(RESULTS, task, split, seed))
                for task in tasks
                for split, seed in FINE_TUNING_SPLITS
            ],
        output:
            out=expand(f"{FINE_TUNED}/{{task}}.json", task=tasks, allow_missing=True),
            predictions=expand(f"{FINE_TUNED}/{{task}}.parquet", task=tasks, allow_missing=True),
            cost=expand(f"{FINE_TUNED}/{{task}}.cost.json", task=tasks, allow_missing=True),
        log:
            "<logs>/finetune_model/{corpus}-{size}-{subset}-{seed}-{budget}.log",
        benchmark:
            "<benchmarks>/finetune_model/{corpus}-{size}-{subset}-{seed}-{budget}.tsv"
        wildcard_constraints:
            corpus=one_cell_of(cells),
        group:
            grouped("tunings", minutes)
        conda:
            "../envs/train.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
            gpu=GPUS,
            gpu_mb=gpu_memory,
        params:
            code=code("finetune/finetune_model"),
            settings=lambda w: canonical(fine_tuning_config(w, tasks)),
            results=results_of,
            tokenizer=subpath(input.tokenizer, parent=True),
        shell:
            script("finetune/finetune_model", "params.settings params.results params.tokenizer input.rates")


for number, declared in enumerate(grid.fine_tuned_by_tasks(config).items(), start=1):
    name = "finetune_model" if number == 1 else f"finetune_model_{number}"
    fine_tune(name, *declared)
    take_from_profile(name, "finetune_model")


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
        gpu_mb=gpu_memory,
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
