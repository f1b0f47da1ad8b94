# Helpers of the rules of tables and analysis: the cells of the study, and the files that each table is made from.


def key_of(cell: grid.Checkpoint) -> list:
    """A checkpoint as a list of names."""
    trunk = cell.trunk
    return [trunk.corpus, trunk.size, trunk.subset, trunk.seed, cell.budget]


def all_trunks() -> list[grid.Trunk]:
    """Every trunk that the study judges, untrained encoders last."""
    return grid.trunks(config) + grid.untrained(config)


def fine_tuned_blocks(cells: list) -> list[dict]:
    """Fine-tuned cells, grouped by checkpoints with the same tasks to keep the list short."""
    tasks: dict = {}
    for cell, task in cells:
        tasks.setdefault(cell, []).append(task)
    blocks: dict = {}
    for cell, names in tasks.items():
        blocks.setdefault(tuple(names), []).append(key_of(cell))
    return [{"tasks": list(names), "checkpoints": keys} for names, keys in blocks.items()]


def cells_of(name: str) -> list:
    """A list of cells, as scripts read it from its file (see clm.tables.cells)."""
    if name in ("trunks", "shuffled_trunks"):
        found = all_trunks() if name == "trunks" else grid.shuffled_trunks(config)
        return [[t.corpus, t.size, t.subset, t.seed, list(t.budgets)] for t in found]
    if name in ("fine_tuned", "shuffled_fine_tuned"):
        found = grid.fine_tuned_cells if name == "fine_tuned" else grid.shuffled_fine_tuned_cells
        return fine_tuned_blocks(found(config))
    if name == "maps":
        return mapped()
    found = {"curvature": grid.final_checkpoints, "curves": grid.curve_cells, "spectrum": grid.spectrum_cells}
    return list(map(key_of, (found | {"learning": grid.learning_cells})[name](config)))


def cells(*names: str) -> list[str]:
    """The files of lists of cells, which would be too long for a command line."""
    return [f"{RESULTS}/cells/{name}.json" for name in names]


def scored() -> dict:
    """The names of all tasks and of all baselines, each of which is scored on every task."""
    baselines = [*config["transfer"]["baselines"], *grid.external(config)]
    return {"tasks": config["transfer"]["tasks"], "baselines": baselines}


def metrics_files(trunks: list[grid.Trunk], name: str = "metrics.json") -> list[str]:
    """One file of every checkpoint of some trunks."""
    cells = [grid.Checkpoint(trunk, budget) for trunk in trunks for budget in trunk.budgets]
    return [str(paths.checkpoint(RESULTS, cell) / name) for cell in cells]


def curvature_files(name: str = "metrics.json") -> list[str]:
    """One file of every curvature measurement."""
    return [str(paths.curvature(RESULTS, cell).with_name(name)) for cell in grid.final_checkpoints(config)]


def model_files(suffix: str) -> list[str]:
    """One file of every score of the study's own models, probed and fine-tuned."""
    probed = [paths.linear_probe(RESULTS, cell) for cell in grid.probe_cells(config)]
    tuned = [paths.fine_tuned(RESULTS, cell, task) for cell, task in grid.fine_tuned_cells(config)]
    return [str(path.with_suffix(suffix)) for path in probed + tuned]


def shuffled_files(suffix: str) -> list[str]:
    """One file of every score of an encoder that was pretrained on shuffled tokens."""
    probed = [paths.linear_probe(RESULTS, cell) for cell in grid.shuffled_probe_cells(config)]
    tuned = [paths.fine_tuned(RESULTS, cell, task) for cell, task in grid.shuffled_fine_tuned_cells(config)]
    return [str(path.with_suffix(suffix)) for path in probed + tuned]


def baseline_files(suffix: str) -> list[str]:
    """One file of every score of a baseline."""
    return [str(paths.baseline(RESULTS, cell).with_suffix(suffix)) for cell in grid.baseline_cells(config)]


def cost_files() -> list[str]:
    """The cost files of every job of pretraining, curvature and transfer."""
    scores = model_files(".cost.json") + baseline_files(".cost.json") + shuffled_files(".cost.json")
    trained = metrics_files(all_trunks() + grid.shuffled_trunks(config), "cost.json")
    return trained + curvature_files("cost.json") + scores


def task_files(name: str) -> list[str]:
    """One file of every task that is scored."""
    return [f"{RESULTS}/tasks/{task}/{name}" for task in config["transfer"]["tasks"]]


def prediction_files(task: str) -> list[str]:
    """The scores and test predictions of one task: every probed trunk and every baseline."""
    probed = [paths.linear_probe(RESULTS, cell) for cell in grid.probe_cells(config) if cell.task == task]
    others = [paths.baseline(RESULTS, cell) for cell in grid.baseline_cells(config) if cell.task == task]
    return [str(path.with_suffix(kind)) for path in probed + others for kind in (".json", ".parquet")]


def answer_config(task: str) -> dict:
    """Settings of the page of one task."""
    corpus, subset = reference_subset()
    told = {"task": task, "labels": config["tasks"][task]["labels"], "units": config["tasks"][task].get("units", "")}
    told |= {"corpus": corpus, "subset": subset, "split": SPLITS[0]}
    return told | {"baselines": [*config["transfer"]["baselines"], *grid.external(config)]}


def control_summaries() -> list[str]:
    """The summary of each control task that is scored."""
    names = [task for task in config["transfer"]["tasks"] if "control" in config["tasks"][task]]
    return [f"{RESULTS}/tasks/{task}/summary.json" for task in names]


def reference_subset() -> list[str]:
    """The corpus and subset to which distances of tasks are reported: the largest subset of the first corpus."""
    corpus = grid.corpora(config)[0]
    names = [subset for name, subset in grid.subsets(config) if name == corpus]
    return [corpus, max(names, key=lambda name: config["subsets"][name])]


def task_table() -> dict:
    """Columns of the table of tasks besides descriptors."""
    tasks = {name: config["tasks"][name] for name in config["transfer"]["tasks"]}
    told = {name: select_keys(task, "kind", "units") | {"control": "control" in task} for name, task in tasks.items()}
    families = {name: "control" if "control" in task else task.get("family", "other") for name, task in tasks.items()}
    return {"tasks": told, "families": families, "reference": reference_subset()}


def judgement(*keys: str) -> dict:
    """Settings of a statistical script: the named keys of `analysis`, corpora, tasks that count in aggregates."""
    left_out = config["analysis"]["exclude_tasks"]
    counted = [name for name in config["transfer"]["tasks"] if "control" not in config["tasks"][name]]
    found = config["analysis"] | {
        "study": config["study"],
        "corpus": grid.corpora(config)[0],
        "corpora": grid.corpora(config),
        "aggregate": [name for name in counted if name not in left_out],
        "controls": {
            name: select_keys(config["tasks"][name]["control"], "property", "molecules", "noise")
            for name in config["transfer"]["tasks"]
            if "control" in config["tasks"][name]
        },
    }
    return select_keys(found, *keys)


def ladder_files() -> list[str]:
    """Files behind the table of ladders: scores and predictions of their models, and the scaffolds of the tasks."""
    names = [name for ladder in config["ladders"].values() for name in ladders.external_names(ladder)]
    cells = [grid.Baseline(name, task) for name in dict.fromkeys(names) for task in config["transfer"]["tasks"]]
    files = [paths.baseline(RESULTS, cell).with_suffix(kind) for cell in cells for kind in (".json", ".parquet")]
    return [*map(str, files), *task_files("molecules.csv")]


def ladder_losses() -> list[str]:
    """The measured losses of the models of ladders."""
    return [f"{RESULTS}/ladders/{corpus}/{name}.json" for name, corpus in ladders.loss_models(config)]


def ladder_settings() -> dict:
    """Settings of the table of ladders."""
    keys = ("controls", "aggregate", "gain_margin", "elasticity_margin", "correlation_margin", "min_trunks")
    tasks = config["transfer"]["tasks"]
    return {"ladders": config["ladders"], "tasks": tasks, "kinds": KINDS} | judgement(*keys, *RESAMPLING)


def shown_in_report() -> list[dict]:
    """Outputs that are declared for the report, in their order: path, category, label, caption, task."""
    found = []
    for maker in workflow.rules:
        for path in maker.output:
            told = path.flags.get("report") if Path(path).name != "ladders.csv" or config["ladders"] else None
            for task in (config["transfer"]["answers"] if told and "{task" in path else [""]) if told else ():
                label = str(next(iter(told.labels.values()))).format(task=task)
                caption = Path(HOME, "report", Path(str(told.caption)).name)
                names = {"category": str(told.category), "label": label, "caption": str(caption), "task": task}
                found.append({"path": re.sub(r"\{task[^}]*\}", task, str(path))} | names)
    return found


def write_request(out: Path, targets: list[str]) -> None:
    """Write the content of the report, and the configuration with the order of its keys."""
    settings = judgement("corpus", "aggregate", "gain_margin") | select_keys(config["figures"], "split")
    told = {"targets": [str(path) for path in targets], "config": config, "settings": settings}
    told["storage"] = workflow.storage_settings.default_storage_provider is not None
    with atomic(out) as temporary:
        temporary.write_text(json.dumps(told | {"shown": shown_in_report()}))
