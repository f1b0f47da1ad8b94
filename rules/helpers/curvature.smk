# Helpers of the rules in curvature.smk and landscape.smk.
COMPARED = {"molecules": config["landscape"]["cka_molecules"], "seed": config["landscape"]["seed"]}


def own_valid_shard(wildcards) -> str:
    """The validation shard of a model's own corpus; for an untrained model, of the first corpus."""
    corpus = READ_CORPORA[0] if wildcards.corpus == grid.UNTRAINED else wildcards.corpus
    return f"{RESULTS}/corpora/{corpus}/tokens/valid.safetensors"


def map_entry(wildcards) -> dict:
    """The entry of landscape.maps that wildcards name."""
    names = trunk_names(wildcards)
    return next(entry for entry in config["landscape"]["maps"] if select_keys(entry, *names) == names)


def map_budgets(wildcards) -> list[str]:
    """The budgets of a mapped trunk."""
    return list(trunk_of(wildcards).budgets)


def map_checkpoints(wildcards) -> list[str]:
    """The weights of a mapped trunk at each budget."""
    folder = paths.trunk_folder(RESULTS, trunk_of(wildcards))
    return [str(folder / budget / "model.safetensors") for budget in map_budgets(wildcards)]


def map_endpoints(wildcards) -> list[str]:
    """The weights fine-tuned from the last budget of a mapped trunk."""
    folder = Path(RESULTS, "landscape", "endpoints", paths.below(trunk_of(wildcards)), map_budgets(wildcards)[-1])
    return [
        str(folder / f"{task}-seed{seed}.safetensors") for task in map_entry(wildcards)["tasks"] for seed in END_SEEDS
    ]


def map_config(wildcards) -> dict:
    """Settings of a map of parameter space."""
    ends = [task for task in map_entry(wildcards)["tasks"] for _ in END_SEEDS]
    return {"tasks": ends, "seed": config["landscape"]["seed"]} | {"budgets": map_budgets(wildcards)}


def largest_memory(wildcards, attempt: int) -> int:
    """Memory in MB of a job that reads models of every size, one after the other; more at each attempt."""
    return max(config["sizes"][size]["memory_mb"] for size in grid.sizes(config)) * attempt


def mapped() -> list[dict]:
    """The entries of landscape.maps with the budgets of their trunk and the seeds of trunks that differ in nothing else."""
    trunks = grid.trunks(config)
    found = []
    for entry in config["landscape"]["maps"]:
        corpus, size, subset, seed = (entry[name] for name in ("corpus", "size", "subset", "seed"))
        equal = {t.seed: t.budgets for t in trunks if (t.corpus, t.size, t.subset) == (corpus, size, subset)}
        others = [other for other, budgets in equal.items() if other != seed and budgets[-1] == equal[seed][-1]]
        found.append(entry | {"budgets": list(equal[seed]), "others": others})
    return found


def path_files() -> list[str]:
    """Inputs of the measurement of paths: mapped trunks, their twins with other seeds, untrained models, end points."""
    files = []
    for entry in mapped():
        names = (entry["corpus"], entry["size"], entry["subset"])
        last = entry["budgets"][-1]
        folders = [paths.trunk_folder(RESULTS, grid.Trunk(*names, entry["seed"])) / b for b in entry["budgets"]]
        folders += [paths.trunk_folder(RESULTS, grid.Trunk(*names, seed)) / last for seed in entry["others"]]
        folders += [paths.trunk_folder(RESULTS, grid.Trunk(grid.UNTRAINED, entry["size"], "none", entry["seed"])) / "0"]
        ends = Path(RESULTS, "landscape", "endpoints", paths.below(grid.Trunk(*names, entry["seed"])), last)
        files += [folder / name for folder in folders for name in ("model.safetensors", "config.json")]
        files += [ends / f"{task}-seed{seed}.safetensors" for task in entry["tasks"] for seed in END_SEEDS]
        files += [ends / f"{task}.json" for task in entry["tasks"]]
        files.append(Path(RESULTS, "corpora", entry["corpus"], "tokens", "valid.safetensors"))
    return [str(path) for path in dict.fromkeys(files)]


def path_config() -> dict:
    """Settings of the measurement of paths."""
    told = {"seeds": END_SEEDS, "mask_fraction": MASK_FRACTION}
    return told | {"molecules": config["landscape"]["line_molecules"]}


def measured_files(cells: list[grid.Checkpoint]) -> list[str]:
    """Inputs of a measurement of the pretraining loss: checkpoints and the validation molecules of their corpora."""
    folders = [paths.checkpoint(RESULTS, cell) for cell in cells]
    files = [str(folder / name) for folder in folders for name in ("model.safetensors", "config.json", "metrics.json")]
    corpora = dict.fromkeys(cell.trunk.corpus for cell in cells)
    return files + [f"{RESULTS}/corpora/{corpus}/tokens/valid.safetensors" for corpus in corpora]


def curve_config() -> dict:
    """Settings of the measurement of curves."""
    told = {"mask_fraction": MASK_FRACTION} | select_keys(
        config["landscape"]["curves"], "molecules", "directions", "reach", "rise"
    )
    return told | select_keys(config["landscape"], "seed")


def spectrum_config() -> dict:
    """Settings of the measurement of spectral densities."""
    told = {"mask_fraction": MASK_FRACTION} | select_keys(
        config["curvature"]["spectrum"], "molecules", "steps", "starts"
    )
    return told | select_keys(config["curvature"], "seed")


def surface_files() -> list[str]:
    """The tables of the loss surfaces; the keys of `landscape` are those of its rules."""
    place = "{corpus}/{size}/{subset}/seed{seed}/{budget}.csv"
    return [f"{RESULTS}/landscape/surface/{place.format(**cell)}" for cell in config["landscape"]["surfaces"]]


def map_files() -> list[str]:
    """The points and the explained variance of the maps of parameter space."""
    place = "{corpus}/{size}/{subset}/seed{seed}"
    places = [place.format(**cell) for cell in config["landscape"]["maps"]]
    return [f"{RESULTS}/landscape/parameters/{name}.{kind}" for name in places for kind in ("csv", "json")]
