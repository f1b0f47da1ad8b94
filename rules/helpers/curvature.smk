# Helpers of the rules in curvature.smk and landscape.smk.
COMPARED = {"molecules": config["landscape"]["cka_molecules"], "seed": config["landscape"]["seed"]}


def own_valid_shard(wildcards) -> str:
    """The validation shard of a model's own corpus; of the first corpus for an untrained one."""
    corpus = next(iter(config["corpora"])) if wildcards.corpus == grid.UNTRAINED else wildcards.corpus
    return f"{RESULTS}/corpora/{corpus}/tokens/valid.safetensors"


def map_entry(wildcards) -> dict:
    """The entry of landscape.maps that wildcards name."""
    names = trunk_names(wildcards)
    return next(entry for entry in config["landscape"]["maps"] if pick(entry, *names) == names)


def map_budgets(wildcards) -> list[str]:
    """The budgets of a mapped trunk."""
    return list(trunk_of(wildcards).budgets)


def map_checkpoints(wildcards) -> list[str]:
    """The weights of a mapped trunk at each budget."""
    folder = paths.trunk_folder(RESULTS, trunk_of(wildcards))
    return [str(folder / budget / "model.safetensors") for budget in map_budgets(wildcards)]


def map_endpoints(wildcards) -> list[str]:
    """The fine-tuned weights that left from the last budget of a mapped trunk."""
    folder = Path(RESULTS, "landscape", "endpoints", paths.below(trunk_of(wildcards)), map_budgets(wildcards)[-1])
    return [str(folder / f"{task}.safetensors") for task in map_entry(wildcards)["tasks"]]


def map_config(wildcards) -> dict:
    """Settings of a map of parameter space."""
    tasks = {"tasks": map_entry(wildcards)["tasks"], "seed": config["landscape"]["seed"]}
    return tasks | {"budgets": map_budgets(wildcards)}


def largest_memory(wildcards, attempt: int) -> int:
    """Memory of a job that reads models of every size, one after the other, in MB; more at each attempt."""
    return max(config["sizes"][size]["memory_mb"] for size in grid.sizes(config)) * attempt
