# Helpers of the rules in pretrain.smk: settings of training, files of checkpoints.
CHECKPOINT = "<results>/pretrain/{corpus}/{size}/{subset}/seed{seed}/{budget}"
START = "<results>/pretrain/untrained/{size}/none/seed{seed}/0"
WEIGHTS = ("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json")
# Masks for evaluation: the same for all models, whatever they were trained on
MASK_FRACTION = config["pretraining"]["evaluation_mask_fraction"]


def training(size: str) -> dict:
    """Settings that the training of a size depends on, without resources."""
    shares = ("mask_fraction", "mask_token_fraction", "random_token_fraction")
    keys = ("batch_tokens", "warmup_tokens", "decay_fraction", "clip_norm", "precision", *shares)
    optimizer = settings_in_use(config, SCHEMA, "pretraining.optimizer", "name")
    rate = {"learning_rate": config["sizes"][size]["learning_rate"], "optimizer": optimizer}
    return select_keys(config["pretraining"], *keys) | rate | select_keys(config["sizes"][size], "batch_tokens")


def identity(wildcards) -> dict:
    """The names of a checkpoint."""
    names = {name: getattr(wildcards, name) for name in ("corpus", "size", "subset", "budget")}
    return names | {"seed": int(wildcards.seed)}


def pretraining(wildcards) -> dict:
    """Settings of one checkpoint."""
    told = {"identity": identity(wildcards), "budget_tokens": config["grid"]["budgets"][wildcards.budget]}
    shared = {"mask_fraction": MASK_FRACTION, "seed": int(wildcards.seed)}
    shared["corpora"] = measured_corpora(wildcards.corpus)
    return told | shared | {"training": training(wildcards.size)}


def untrained_model(wildcards) -> dict:
    """Settings of one untrained model."""
    size = select_keys(config["sizes"][wildcards.size], "layers", "width", "heads")
    names = {"corpus": grid.UNTRAINED, "size": wildcards.size, "subset": "none", "budget": "0"}
    seed = {"seed": int(wildcards.seed)}
    shared = {"mask_fraction": MASK_FRACTION, "corpora": measured_corpora(grid.UNTRAINED)}
    return seed | shared | {"size": size, "identity": names | seed, "max_tokens": config["tokenizer"]["max_tokens"]}


def sweep(wildcards) -> dict:
    """Settings of the check of one size's learning rate."""
    section = config["pretraining"]["sweep"]
    told = {"size": wildcards.size, "factors": section["factors"], "seed": 0, "mask_fraction": MASK_FRACTION}
    budget = config["grid"]["budgets"][section["budget"]]
    return told | {"corpus": section["corpus"], "budget_tokens": budget, "training": training(wildcards.size)}


def training_priority(wildcards) -> int:
    """Small budgets first, since larger ones continue their trunk; among these, the largest models first."""
    budgets, sizes = list(config["grid"]["budgets"]), list(config["sizes"])
    return (len(budgets) - budgets.index(wildcards.budget)) * len(sizes) + sizes.index(wildcards.size)


def for_sizes(resource: Callable) -> int | str | None | Callable:
    """A resource of models: the value that all sizes share, or the function of the wildcards if they differ.

    Snakemake evaluates functions for each job: in a dry run of 5 000 jobs this took one second of 36.
    """
    values = [resource(SimpleNamespace(size=size)) for size in config["sizes"]]
    return values[0] if values.count(values[0]) == len(values) else resource


def processes(wildcards) -> int:
    """Number of processes that train a model of this size together: a resource, so no result depends on it."""
    return config["sizes"][wildcards.size].get("processes", 1)


def if_several(wildcards, value):
    """A resource that is requested only by trainings with several processes."""
    return value if processes(wildcards) > 1 else None


def nodes(wildcards) -> int | None:
    """Number of machines for the processes of a training."""
    return config["sizes"][wildcards.size].get("nodes")


def group_memory(wildcards, attempt: int) -> int:
    """Memory in MB of a training on each of its machines."""
    return memory(wildcards, attempt) * -(-processes(wildcards) // (nodes(wildcards) or 1))


def memory(wildcards, attempt: int) -> int:
    """Memory of a job with a model of this size, in MB; more at each attempt."""
    return config["sizes"][wildcards.size]["memory_mb"] * attempt


def gpu_memory(wildcards) -> int:
    """GPU memory in MB of a training of this size, so that jobs that share a device do not fill it."""
    return GPUS * config["sizes"][wildcards.size].get("gpu_mb", GPU_MB)


def largest_gpu_memory() -> int:
    """GPU memory in MB of a job that reads models of every size, one after the other."""
    return GPUS * max(config["sizes"][size].get("gpu_mb", GPU_MB) for size in grid.sizes(config))


def minutes(wildcards) -> int:
    """Time limit of a job with a model of this size, the same at each attempt, since training resumes."""
    return config["sizes"][wildcards.size]["minutes"]
