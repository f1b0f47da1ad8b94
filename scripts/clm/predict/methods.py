"""Which method a study recommends for a task: the best in cross-validation inside the training part, never by test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clm.provenance.command import UserError
from clm.provenance.files import read_json
from clm.study.paths import FINE_TUNED, PROBED
from clm.tables.columns import FINE_TUNED as FINE_TUNED_NAME
from clm.tables.columns import PRIMARY
from clm.tasks.baselines import features_of
from clm.tasks.folds import grouped_folds
from clm.tasks.scores import auc, mean_over_labels
from clm.tasks.table import Task, load_split, load_task

FOREST = "ecfp_forest"
PROBES = PROBED + "/*/*/*/seed*/{task}.json"


@dataclass(frozen=True)
class Method:
    """A method that can be fitted again.

    Attributes:
        name: of a baseline, or of a checkpoint as corpus/size/subset/seed/budget.
        checkpoint: its folder; None for a baseline.
        score: cross-validated error inside the training part of the primary split: RMSE, or 1 - AUC; NaN where the
            method was named and has none.
        fine_tuning: `settings`, `learning_rate` and `seed` of a fine-tuned checkpoint; none of a frozen one.
    """

    name: str
    checkpoint: Path | None
    score: float
    fine_tuning: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyTask:
    """A task of a finished study: molecules, kind, positions of the parts of one split."""

    name: str
    kind: str
    task: Task
    parts: dict[str, np.ndarray]
    split: str


def load_study_task(results: Path, name: str, split: str) -> StudyTask:
    """Read a task of a study.

    Args:
        results: folder of the study.
        name: of the task.
        split: as "scaffold-0": name and seed.

    Raises:
        UserError: there is no such study, task or split.
    """
    folder = results / "tasks" / name
    if not (folder / "summary.json").is_file():
        known = sorted(path.parent.name for path in results.glob("tasks/*/summary.json"))
        hint = f"name one of {', '.join(known)}" if known else "run the study first, or name its folder below results/"
        raise UserError(f"{results}: no task {name!r}; {hint}")
    summary = read_json(folder / "summary.json")
    task = load_task(folder / "molecules.csv", list(summary["labels"]))
    path = folder / "splits" / f"{split}.csv"
    if not path.is_file():
        known = sorted(path.stem for path in (folder / "splits").glob("*.csv"))
        raise UserError(f"{folder}: no split {split!r}; name one of {', '.join(known)} with --split")
    return StudyTask(name, summary["kind"], task, load_split(path, task.rows), split)


def choose_method(results: Path, study: StudyTask, wanted: str | None = None) -> Method:
    """Return the method with the lowest cross-validated error, or the one that is wanted by name.

    Raises:
        UserError: the study has no model for the task, or none of that name.
    """
    found = sorted(candidates(results, study, wanted), key=lambda method: method.score)
    if not found:
        what = f"method {wanted!r}" if wanted else "linear probe or fingerprint forest"
        raise UserError(f"{results}: no {what} for task {study.name}; run the study, or name another with --method")
    return found[0]


def candidates(results: Path, study: StudyTask, wanted: str | None = None) -> Iterator[Method]:
    """Yield linear probes of checkpoints, and the forest where the study has it, with their scores.

    Fine-tuned checkpoints have no cross-validated score: they are among them only by name.
    """
    if wanted is not None and wanted.startswith(f"{FINE_TUNED_NAME}/"):
        yield from fine_tuned_method(results, study, wanted)
        return
    for path in sorted(results.glob(PROBES.format(task=study.name))):
        record = read_json(path)
        for budget in dict.fromkeys(cell["budget"] for cell in record["cells"]):
            trunk = path.relative_to(results / PROBED).parts[:-1]
            name = "/".join([*trunk, str(budget)])
            score = probe_score(record, budget, study)
            if score is not None and wanted in (None, name):
                yield Method(name, results / "pretrain" / name, score)
    if (results / "transfer/baselines" / FOREST / f"{study.name}.json").is_file() and wanted in (None, FOREST):
        yield Method(FOREST, None, forest_score(study) if wanted is None else float("nan"))


def fine_tuned_method(results: Path, study: StudyTask, name: str) -> Iterator[Method]:
    """Yield the fine-tuned checkpoint fine_tuned/corpus/size/subset/seed/budget, if the study has it for the split.

    Raises:
        UserError: the study has not finished.
    """
    below = name.removeprefix(f"{FINE_TUNED_NAME}/")
    path, (split, _, seed) = results / FINE_TUNED / below / f"{study.name}.json", study.split.rpartition("-")
    if not path.is_file():
        return
    if not (results / "provenance.json").is_file():
        raise UserError(f"{results}: no provenance.json; run the study to its end")
    config = read_json(results / "provenance.json")["config"]
    settings = config["transfer"]["fine_tuning"] | {"precision": config["pretraining"]["precision"]}
    for cell in read_json(path)["cells"]:
        if (cell["split"], str(cell["split_seed"])) == (split, seed) and cell["status"] != "diverged":
            how = {"learning_rate": cell["selected"]["learning_rate"], "seed": settings["seeds"][0]}
            yield Method(name, results / "pretrain" / below, float("nan"), how | {"settings": settings})
            return


def probe_score(record: dict[str, Any], budget: str, study: StudyTask) -> float | None:
    """Return the cross-validated error of the probe of a checkpoint; None where it has none (it diverged)."""
    split, _, seed = study.split.rpartition("-")
    errors = [
        -score if study.kind == "regression" else 1 - score
        for cell in record["cells"]
        if (cell["budget"], cell["features"], cell["split"], str(cell["split_seed"])) == (budget, PRIMARY, split, seed)
        and (score := cell.get("selected", {}).get("cv_score")) is not None
    ]
    return float(mean_over_labels(errors, study.kind)) if errors else None


def forest_score(study: StudyTask) -> float:
    """Return the error of a forest in the cross-validation of the probes: the same folds of the training part."""
    from clm.tasks.baselines import tree_ensemble

    train, errors = study.parts["train"], []
    features = features_of(FOREST, [study.task.smiles[row] for row in train])
    for label in study.task.labels[train].T:
        known = np.flatnonzero(np.isfinite(label))
        predicted = np.full(len(known), np.nan)
        for held in grouped_folds(study.task.groups[train][known]):
            rest = np.setdiff1d(np.arange(len(known)), held)
            y = label[known[rest]]
            if len(y) and (study.kind == "regression" or len(np.unique(y)) == 2):
                x, x_held = features[known[rest]], features[known[held]]
                predicted[held] = tree_ensemble(FOREST, x, y, x_held, study.kind, 0)
        done = np.isfinite(predicted)
        truth, value = label[known][done], predicted[done]
        error = 1 - auc(truth, value) if study.kind == "classification" else np.sqrt(np.mean((truth - value) ** 2))
        if np.isfinite(error):
            errors.append(error)
    return float(mean_over_labels(errors, study.kind)) if errors else float("inf")
