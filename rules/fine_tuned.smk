# Scores of full fine-tuning: all tasks, splits and seeds of a checkpoint in one job.


# One job per checkpoint, which starts once for all its tasks. Outputs of a rule cannot depend on wildcards, so each list of
# tasks has a rule: the first is called finetune_model, further ones finetune_model_2 and so on. As in tables.smk, rules
# are made in a function instead of a loop
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
            gpu_mb=for_sizes(gpu_memory),
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
