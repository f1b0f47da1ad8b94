# Pretraining: untrained models, checkpoints at token budgets, the check of learning rates.


rule initialize_model:
    input:
        tokenizer="<results>/tokenizer/tokenizer.json",
        settings="<results>/tokenizer/tokenizer_config.json",
        vocabulary="<results>/tokenizer/vocabulary.json",
        valid=valid_shards(grid.UNTRAINED),
    output:
        multiext(f"{START}/", *WEIGHTS, "README.md", "metrics.json", "cost.json"),
    log:
        "<logs>/initialize_model/{size}-{seed}.log",
    benchmark:
        "<benchmarks>/initialize_model/{size}-{seed}.tsv"
    priority: 1000
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=for_sizes(gpu_memory),
    params:
        code=code("pretrain/initialize_model"),
        settings=lambda w: canonical(untrained_model(w)),
        tokenizer=subpath(input.tokenizer, parent=True),
        folder=subpath(output[0], parent=True),
    shell:
        script("pretrain/initialize_model", "params.settings params.tokenizer input.valid params.folder")


rule pretrain_checkpoint:
    input:
        start=multiext(f"{START}/", *WEIGHTS),
        tokens="<results>/corpora/{corpus}/tokens/{subset}.safetensors",
        valid=lambda w: valid_shards(w.corpus),
        vocabulary="<results>/tokenizer/vocabulary.json",
    output:
        multiext(f"{CHECKPOINT}/", *WEIGHTS, "README.md", "metrics.json", "cost.json", "curve.csv"),
    log:
        "<logs>/pretrain_checkpoint/{corpus}-{size}-{subset}-{seed}-{budget}.log",
    benchmark:
        "<benchmarks>/pretrain_checkpoint/{corpus}-{size}-{subset}-{seed}-{budget}.tsv"
    wildcard_constraints:
        corpus=one_of(config["corpora"]),
        budget=one_of(config["grid"]["budgets"]),
    priority: training_priority
    conda:
        "../envs/train.yaml"
    threads: for_sizes(processes)
    resources:
        mem_mb=group_memory,
        runtime=minutes,
        gpu=for_sizes(lambda w: GPUS * processes(w)),
        gpu_mb=for_sizes(lambda w: gpu_memory(w) * processes(w)),
        processes=for_sizes(processes),
        micro_tokens=for_sizes(lambda w: config["sizes"][w.size].get("micro_tokens", 0)),
        compile=for_sizes(lambda w: int(config["sizes"][w.size].get("compile", False))),
        # for SLURM: one task per process, with a core (and a GPU) each; the job itself starts them with srun
        nodes=for_sizes(nodes),
        mpi=for_sizes(lambda w: if_several(w, "srun")),
        tasks=for_sizes(lambda w: if_several(w, processes(w))),
        cpus_per_task=for_sizes(lambda w: if_several(w, 1)),
        tasks_per_gpu=for_sizes(lambda w: if_several(w, 1 if GPUS else None)),
    params:
        code=code("pretrain/pretrain_checkpoint"),
        settings=lambda w: canonical(pretraining(w)),
        start=folder_of("start"),
        state=f"{STATE}/pretrain",
        out=subpath(output[0], parent=True),
    shell:
        script(
            "pretrain/pretrain_checkpoint",
            "params.settings params.start input.tokens input.valid input.vocabulary params.state params.out resources.processes resources.micro_tokens resources.compile",
        )


rule sweep_rate:
    input:
        start=lambda w: [f"{RESULTS}/pretrain/untrained/{w.size}/none/seed0/0/{name}" for name in WEIGHTS],
        tokens=lambda w: "{results}/corpora/{corpus}/tokens/{subset}.safetensors".format(
            results=RESULTS, **config["pretraining"]["sweep"]
        ),
        valid=lambda w: f"{RESULTS}/corpora/{config['pretraining']['sweep']['corpus']}/tokens/valid.safetensors",
        vocabulary="<results>/tokenizer/vocabulary.json",
    output:
        out="<results>/pretrain/rates/{size}.json",
    log:
        "<logs>/sweep_rate/{size}.log",
    benchmark:
        "<benchmarks>/sweep_rate/{size}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
        gpu=GPUS,
        gpu_mb=for_sizes(gpu_memory),
    params:
        code=code("pretrain/sweep_rate"),
        settings=lambda w: canonical(sweep(w)),
        start=folder_of("start"),
        state=f"{STATE}/sweep",
    shell:
        script(
            "pretrain/sweep_rate",
            "params.settings params.start input.tokens input.valid input.vocabulary params.state output.out",
        )
