# Helpers of the rules in tables.smk and analysis.smk: the cells of the study, and the files that each table is made from.
TABLE_FILES = [
    f"{RESULTS}/tables/{name}"
    for name in (
        "runs.csv rates.csv transfer.csv task_predictors.csv curvature.csv tasks.csv predictors.csv costs.csv fits.csv saturation.csv "
        "steps.csv elasticity.csv correlations.csv regret.csv ablation.csv thresholds.csv contrasts.csv controls.csv decision.csv "
        "reconciliation.csv learning_curves.csv published.csv cka.csv cka_map.csv barriers.csv paths.csv task_vectors.csv curves.csv widths.csv spectra.csv spectrum_nodes.csv claims.json findings.md"
    ).split()
]


def key_of(cell: grid.Checkpoint) -> list:
    """A checkpoint as a list of names."""
    trunk = cell.trunk
    return [trunk.corpus, trunk.size, trunk.subset, trunk.seed, cell.budget]


def all_trunks() -> list[grid.Trunk]:
    """Every trunk of the study, untrained encoders last."""
    return grid.trunks(config) + grid.untrained(config)


def full_blocks() -> list[dict]:
    """The fine-tuned cells, checkpoints with the same tasks together: a command holds no list of all cells."""
    tasks: dict = {}
    for cell, task in grid.full_cells(config):
        tasks.setdefault(cell, []).append(task)
    blocks: dict = {}
    for cell, names in tasks.items():
        blocks.setdefault(tuple(names), []).append(key_of(cell))
    return [{"tasks": list(names), "checkpoints": keys} for names, keys in blocks.items()]


def study_cells(*keys: str) -> dict:
    """The named lists of cells, as scripts read them."""
    found = {
        "trunks": [[t.corpus, t.size, t.subset, t.seed, list(t.budgets)] for t in all_trunks()],
        "tasks": config["transfer"]["tasks"],
        "full": full_blocks(),
        "baselines": [*config["transfer"]["baselines"], *grid.external(config)],
        "curvature": [key_of(cell) for cell in grid.final_checkpoints(config)],
        "corpora": list(config["corpora"]),
    }
    return pick(found, *keys)


def metrics_files(name: str = "metrics.json") -> list[str]:
    """One file of every checkpoint of the study, untrained encoders too."""
    cells = [grid.Checkpoint(trunk, budget) for trunk in all_trunks() for budget in trunk.budgets]
    return [str(paths.checkpoint(RESULTS, cell) / name) for cell in cells]


def curvature_files(name: str = "metrics.json") -> list[str]:
    """One file of every curvature measurement."""
    return [str(paths.curvature(RESULTS, cell).with_name(name)) for cell in grid.final_checkpoints(config)]


def model_files(suffix: str) -> list[str]:
    """One file of every score of a model of ours, frozen and fine-tuned."""
    frozen = [paths.frozen(RESULTS, cell) for cell in grid.frozen_cells(config)]
    tuned = [paths.full(RESULTS, cell, task) for cell, task in grid.full_cells(config)]
    return [str(path.with_suffix(suffix)) for path in frozen + tuned]


def baseline_files(suffix: str) -> list[str]:
    """One file of every score of a baseline."""
    return [str(paths.baseline(RESULTS, cell).with_suffix(suffix)) for cell in grid.baseline_cells(config)]


def task_files(name: str) -> list[str]:
    """One file of every task that is scored."""
    return [f"{RESULTS}/tasks/{task}/{name}" for task in config["transfer"]["tasks"]]


def prediction_files(task: str) -> list[str]:
    """The test predictions of one task: every frozen trunk and every baseline."""
    frozen = [paths.frozen(RESULTS, cell) for cell in grid.frozen_cells(config) if cell.task == task]
    others = [paths.baseline(RESULTS, cell) for cell in grid.baseline_cells(config) if cell.task == task]
    return [str(path.with_suffix(".parquet")) for path in frozen + others]


def answer_config(task: str) -> dict:
    """Settings of the page of one task."""
    corpus, subset = reference_subset()
    told = {"task": task, "labels": config["tasks"][task]["labels"], "units": config["tasks"][task].get("units", "")}
    told |= {"corpus": corpus, "subset": subset, "split": SPLITS[0]}
    return told | {"baselines": [*config["transfer"]["baselines"], *grid.external(config)]}


def control_summaries() -> list[str]:
    """What was made of each control task that is scored."""
    names = [task for task in config["transfer"]["tasks"] if "control" in config["tasks"][task]]
    return [f"{RESULTS}/tasks/{task}/summary.json" for task in names]


def reference_subset() -> list[str]:
    """The corpus and subset to which distances of tasks are told: the largest subset of the first corpus."""
    corpus = grid.corpora(config)[0]
    names = [subset for name, subset in grid.subsets(config) if name == corpus]
    return [corpus, max(names, key=lambda name: config["subsets"][name])]


def task_table() -> dict:
    """What the table of tasks tells of each task beside its descriptors."""
    tasks = {name: config["tasks"][name] for name in config["transfer"]["tasks"]}
    told = {name: pick(task, "kind", "units") | {"control": "control" in task} for name, task in tasks.items()}
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
    }
    return pick(found, *keys)
