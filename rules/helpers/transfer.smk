# Helpers of the rules in transfer.smk, finetune.smk and fine_tuned.smk.
from snakemake.resources import Resources

FINE_TUNING = config["transfer"]["fine_tuning"]
# Seeds of the end points of fine-tuning on a map: two show the distance between runs that differ in the seed only
END_SEEDS = FINE_TUNING["seeds"][:2]
UPDATES = select_keys(
    FINE_TUNING, "steps", "batch_molecules", "warmup_steps", "weight_decay", "head", "dropout"
) | select_keys(config["pretraining"], "precision")
RATE = "<results>/transfer/rates/{start}/{size}/{split}-{seed}.json"
FINE_TUNING_SPLITS = [[split, seed] for split in SPLIT_ORDER for seed in FINE_TUNING["splits"].get(split, [])]
# the baselines of the study that are graph networks
GRAPH_NETWORKS = [
    name for name in config["transfer"]["baselines"] if name in config["transfer"]["graph_networks"]["networks"]
]
# In a fixed order: reordered tasks must not change anything
TASKS = sorted(config["transfer"]["tasks"])
PROBED = f"<results>/{paths.PROBED}/{{corpus}}/{{size}}/{{subset}}/seed{{seed}}"
FINE_TUNED = f"<results>/{paths.FINE_TUNED}/{{corpus}}/{{size}}/{{subset}}/seed{{seed}}/{{budget}}"
# cached, because every probe looks up its trunk several times
TRUNKS = {(t.corpus, t.size, t.subset, t.seed): t for t in grid.pretrained(config) + grid.untrained(config)}


def trunk_of(wildcards) -> grid.Trunk:
    """The trunk that wildcards name, with its budgets."""
    key = (wildcards.corpus, wildcards.size, wildcards.subset, int(wildcards.seed))
    return TRUNKS.get(key) or grid.Trunk(*key, ("0",))


def trunk_names(wildcards) -> dict:
    """The names of a trunk."""
    names = {name: getattr(wildcards, name) for name in ("corpus", "size", "subset")}
    return names | {"seed": int(wildcards.seed)}


def trunk_models(wildcards) -> list[str]:
    """Files of the checkpoints of a trunk, at all budgets, that probes read."""
    trunk = trunk_of(wildcards)
    folders = [paths.checkpoint(RESULTS, grid.Checkpoint(trunk, budget)) for budget in trunk.budgets]
    return [str(folder / name) for folder in folders for name in paths.CHECKPOINT]


def own_settings(names) -> dict:
    """Settings of each of these tasks, by name, for a job that scores all of them."""
    return {task: select_keys(config["tasks"][task], "kind", "labels") | {"task": task} for task in names}


def probe_config(wildcards) -> dict:
    """Settings of the probes of one trunk: those of each task, and those that all tasks share."""
    told = {"identity": trunk_names(wildcards), "budgets": list(trunk_of(wildcards).budgets), "splits": SPLITS}
    shared = {"mask_fraction": MASK_FRACTION, "max_tokens": config["tokenizer"]["max_tokens"]}
    return {"tasks": own_settings(TASKS)} | told | shared | config["transfer"]["linear_probe"]


def start_of(wildcards) -> str:
    """Whether fine-tuning starts from a pretrained or an untrained encoder, which have separate learning rates."""
    return "untrained" if wildcards.corpus == grid.UNTRAINED else "pretrained"


def rate_of(wildcards, split: str, seed: int) -> str:
    """The learning rate of a checkpoint on one split."""
    names = {"start": start_of(wildcards), "size": wildcards.size, "split": split, "seed": seed}
    return RATE.format(**names).replace("<results>", RESULTS)


def tuned_model(wildcards) -> list[str]:
    """The checkpoint that represents its size in the choice of the learning rate."""
    if wildcards.start == "untrained":
        trunk, budget = next(t for t in grid.untrained(config) if t.size == wildcards.size), "0"
    else:
        cell = FINE_TUNING["tune_cell"]
        trunk, budget = grid.Trunk(cell["corpus"], wildcards.size, cell["subset"], cell["seed"]), cell["budget"]
    folder = paths.checkpoint(RESULTS, grid.Checkpoint(trunk, budget))
    return [str(folder / name) for name in ("model.safetensors", "config.json")]


def tuning_config(wildcards) -> dict:
    """Settings of the choice of a learning rate."""
    tasks = [
        select_keys(config["tasks"][name], "kind", "labels") | {"name": name} for name in FINE_TUNING["tune_tasks"]
    ]
    split = {"split": wildcards.split, "split_seed": int(wildcards.seed)}
    names = {"identity": {"start": wildcards.start, "size": wildcards.size} | split}
    return names | {"tasks": tasks, "learning_rates": FINE_TUNING["learning_rates"], "settings": UPDATES}


def fine_tuning_config(wildcards, names) -> dict:
    """Settings of the fine-tuning of one checkpoint: those of each task, and those that all tasks share."""
    told = {"identity": trunk_names(wildcards), "budget": wildcards.budget, "splits": FINE_TUNING_SPLITS}
    return {"tasks": own_settings(names)} | told | {"seeds": FINE_TUNING["seeds"], "settings": UPDATES}


def one_cell_of(checkpoints: list) -> str:
    """Constraint of the wildcard `corpus` that matches only the paths of these checkpoints.

    It is a lookahead: valid combinations of corpus, size and budget cannot be constrained by one wildcard at a time.
    """
    cells = one_of(f"{paths.below(cell.trunk)}/{cell.budget}" for cell in checkpoints)
    return rf"(?=(?:{cells})/)[^/]+"


def take_from_profile(rule: str, other: str) -> None:
    """Give a rule the resources that a profile sets for another one, such as a partition of a cluster."""
    told = workflow.resource_settings.overwrite_resources.get(workflow.modifier.modify_rulename(other), {})
    if name := workflow.modifier.avail_rulename(rule):  # as a module of another workflow, a rule may be left out
        workflow.get_rule(name).resources.update(Resources.from_mapping(told))


def endpoint_config(wildcards) -> dict:
    """Settings of the fine-tuning behind an end point on the parameter-space map."""
    task = select_keys(config["tasks"][wildcards.task], "kind", "labels")
    return task | {"seeds": END_SEEDS, "settings": UPDATES}


def network_config(wildcards) -> dict:
    """Settings of one graph network on one task."""
    graphs = config["transfer"]["graph_networks"]
    settings = select_keys(graphs, "epochs", "warmup_epochs", "batch_molecules") | graphs["networks"][wildcards.network]
    told = {"network": wildcards.network, "splits": SPLITS, "seeds": config["transfer"]["baseline_seeds"]}
    return task_config(wildcards.task, "kind", "labels") | told | {"settings": settings}


def external_config(wildcards) -> dict:
    """Settings of the probes of an external model or table of embeddings on one task."""
    name = wildcards.external
    embedded = name in config["external_embeddings"]
    found = {"file": config["external_embeddings"][name]} if embedded else external_model(name)
    task = select_keys(config["tasks"][wildcards.task], "kind", "labels") | {"task": wildcards.task}
    probes = select_keys(config["transfer"]["linear_probe"], "roughness_molecules")
    return task | probes | {"name": name, "splits": SPLITS} | found


def hub_models() -> dict:
    """Models downloaded from a hub, by the name of their folder below results/hub."""
    found = {hub.folder_name(entry): entry for entry in config["external_models"].values() if hub.is_remote(entry)}
    return {name: select_keys(entry, "model", "revision", "remote_code") for name, entry in found.items()}


def external_model(name: str) -> dict:
    """An entry of external_models; a model from a hub is read from its folder below results/hub."""
    entry = config["external_models"][name]
    if hub.is_remote(entry):
        return entry | {"model": f"results/hub/{hub.folder_name(entry)}/files"}
    return entry


def loss_config(wildcards) -> dict:
    """Settings of the loss of an external model on validation molecules."""
    return {"name": wildcards.external, "mask_fraction": MASK_FRACTION} | external_model(wildcards.external)


def external_files(name: str) -> list[str]:
    """The files behind an external entry, including a folder from a hub; changing them makes its scores stale."""
    if name in config["external_embeddings"]:
        return [config["external_embeddings"][name]]
    model = config["external_models"][name]
    folder, tokenizer = Path(model["model"]), model.get("tokenizer", "")
    place = f"results/hub/{hub.folder_name(model)}"
    files = [f"{place}/files", f"{place}/record.json"] if hub.is_remote(model) else []
    files += sorted(str(path) for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return [*files, *([tokenizer] if tokenizer.endswith(".json") else [])]


def learning_files(kind: str) -> list[str]:
    """The learning curves of models or of the forest, one file per task."""
    return [
        f"{RESULTS}/transfer/learning/{kind}/{task}.json" for task in config["transfer"]["learning_curves"]["tasks"]
    ]


def learning_checkpoints() -> list[str]:
    """The folders of the checkpoints that have learning curves."""
    return [str(paths.checkpoint(RESULTS, cell)) for cell in grid.learning_cells(config)]


def learning_models(wildcards) -> list[str]:
    """Files of its checkpoints that a learning curve reads."""
    names = ("model.safetensors", "config.json", "metrics.json")
    return [f"{folder}/{name}" for folder in learning_checkpoints() for name in names]


def learning_config(wildcards) -> dict:
    """Settings of the learning curves of one task."""
    task = config["tasks"][wildcards.task]
    told = {"task": wildcards.task, "kind": task["kind"], "label_columns": task["labels"]}
    return told | select_keys(config["transfer"]["learning_curves"], "train_sizes", "seeds")
