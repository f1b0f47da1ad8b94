# Helpers of the rules in tasks.smk: tables, settings and splits of a task.
# All splits of a task as [name, seed], in a fixed order: the first is the primary one, and reordered keys of the
# configuration must not change anything
SPLIT_ORDER = [
    name for name in ("scaffold", "time", "random", "scaffold_balanced", "cluster") if name in config["splits"]
]
SPLITS = [[split, seed] for split in SPLIT_ORDER for seed in config["splits"][split]]
# All splits of a task and its description, which reads them, run in sequence if they share an allocation
SPLITTING_MINUTES = 10 * len(SPLITS) + 30


def task_source(wildcards) -> str:
    """The table of a task: a downloaded source, a file of the user, or the validation set behind a control task."""
    task = config["tasks"][wildcards.task]
    if "control" in task:
        return f"{RESULTS}/corpora/{task['control']['corpus']}/valid.parquet"
    return task["file"] if "file" in task else source_files([task])[0]


def task_config(name: str, *keys: str) -> dict:
    """The named settings of a task, with its name for messages."""
    return {"name": name, **select_keys(config["tasks"][name], *keys)}


def task_reading(name: str) -> dict:
    """Settings that the molecules of a task depend on: its table and how it is read."""
    about = {"source", "file", "family", "units", "citation", "cliffs"}
    return {"name": name} | {key: value for key, value in config["tasks"][name].items() if key not in about}


def split_files(task: str) -> list[str]:
    """The files of all splits of a task, in the order of SPLITS."""
    return [f"{RESULTS}/tasks/{task}/splits/{split}-{seed}.csv" for split, seed in SPLITS]
