"""The method that a study recommends for a task: the best by cross-validation on the training part, never by test."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clm.predict.scores import mean_on_common_labels, selected_by_label, stored_errors, tree_errors
from clm.provenance.chain import RECORDS, read_records
from clm.provenance.command import UserError
from clm.study.parts import read_object, read_part
from clm.study.paths import FINE_TUNED, PROBED
from clm.tables.columns import COUNT_FEATURES, PRIMARY
from clm.tables.columns import FINE_TUNED as FINE_TUNED_NAME
from clm.tasks.baselines import COMBINED, LINEAR
from clm.tasks.table import Task, load_split, load_task

log = logging.getLogger(__name__)
FOREST = "ecfp_forest"
REFITTED = (FOREST, "ecfp_boosting", *LINEAR, *COMBINED)
PROBES = PROBED + "/*/*/*/seed*/{task}.json"


@dataclass(frozen=True)
class Method:
    """A method that can be fitted again.

    Attributes:
        name: of a baseline, or of a checkpoint as corpus/size/subset/seed/budget.
        checkpoint: its folder; None for a baseline.
        score: cross-validated error within the training part of the split: RMSE, or 1 - AUC; NaN if the method was
            chosen by name and has none.
        fine_tuning: `settings`, `learning_rate` and `seed` of a fine-tuned checkpoint; None for a frozen one.
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
        UserError: there is no such study, task or split, or a file of it is damaged.
    """
    folder = results / "tasks" / name
    if not (folder / "summary.json").is_file():
        known = sorted(path.parent.name for path in results.glob("tasks/*/summary.json"))
        hint = f"name one of {', '.join(known)}" if known else "run the study first, or name its folder below results/"
        raise UserError(f"{results}: no task {name!r}; {hint}")
    kind, labels = read_part(folder / "summary.json", kind_and_labels)
    task = read_part(folder / "molecules.csv", lambda table: load_task(table, labels))
    path = folder / "splits" / f"{split}.csv"
    if not path.is_file():
        known = sorted(path.stem for path in (folder / "splits").glob("*.csv"))
        raise UserError(f"{folder}: no split {split!r}; name one of {', '.join(known)} with --split")
    parts = read_part(path, lambda table: load_split(table, task.rows))
    return StudyTask(name, kind, task, parts, split)


def kind_and_labels(path: Path) -> tuple[str, list[str]]:
    """Return kind and names of labels of a task from its summary."""
    summary = read_object(path)
    return summary["kind"], list(summary["labels"])


def choose_method(results: Path, study: StudyTask, wanted: str | None = None) -> Method:
    """Return the method with the lowest cross-validated error, or the one requested by name.

    Raises:
        UserError: the study has no model for the task, or none of that name.
    """
    found = sorted(candidates(results, study, wanted), key=lambda method: method.score)
    if not found:
        what = f"method {wanted!r}" if wanted else "linear probe or baseline with a cross-validated error"
        raise UserError(f"{results}: no {what} for task {study.name}; run the study, or name another with --method")
    return found[0]


def candidates(results: Path, study: StudyTask, wanted: str | None = None) -> Iterator[Method]:
    """Yield linear probes of checkpoints and baselines with their cross-validated errors, on the same labels.

    Fine-tuned checkpoints and baselines without such an error are included only if requested by name.
    """
    if wanted is not None and wanted.startswith(f"{FINE_TUNED_NAME}/"):
        yield from fine_tuned_method(results, study, wanted)
        return
    found = [*probes(results, study, wanted), *baselines(results, study, wanted)]
    scores = mean_on_common_labels((errors for *_, errors in found), study.kind)
    for (name, checkpoint, _), score in zip(found, scores, strict=True):
        if np.isfinite(score) or wanted is not None:
            yield Method(name, checkpoint, score)
        elif name == FOREST:  # cross-validation is impossible: it is still better than no method
            yield Method(name, checkpoint, float("inf"))


def probes(results: Path, study: StudyTask, wanted: str | None) -> Iterator[tuple[str, Path | None, dict[str, float]]]:
    """Yield name, folder and cross-validated errors by label of the probe of each checkpoint that did not diverge."""
    for path in sorted(results.glob(PROBES.format(task=study.name))):
        record = read_part(path, read_object)
        for budget in dict.fromkeys(cell["budget"] for cell in record["cells"]):
            trunk = path.relative_to(results / PROBED).parts[:-1]
            name = "/".join([*trunk, str(budget)])
            selected = selected_by_label(record, budget, PRIMARY, study.split)
            if selected and wanted in (None, name):
                yield name, results / "pretrain" / name, stored_errors(selected, study.kind)


def baselines(
    results: Path, study: StudyTask, wanted: str | None
) -> Iterator[tuple[str, Path | None, dict[str, float]]]:
    """Yield name, None and cross-validated errors by label of each baseline that can be fitted again.

    One requested by name needs no error, so errors that take time are not computed for it.
    """
    for name in REFITTED:
        path = results / "transfer/baselines" / name / f"{study.name}.json"
        if wanted not in (None, name) or not path.is_file():
            continue
        selected = selected_by_label(read_part(path, read_object), None, COUNT_FEATURES, study.split)
        if name in LINEAR:
            yield name, None, stored_errors(selected, study.kind)
        elif wanted is None and (selected or name == FOREST):
            log.info("%s: cross-validating %s", study.name, name)
            yield name, None, tree_errors(name, study.task, study.parts["train"], study.kind, selected)
        elif wanted == name:
            yield name, None, {}


def fine_tuned_method(results: Path, study: StudyTask, name: str) -> Iterator[Method]:
    """Yield the fine-tuned checkpoint fine_tuned/corpus/size/subset/seed/budget, if the study has it for the split.

    Raises:
        UserError: the study has not finished, or its records are damaged.
    """
    below = name.removeprefix(f"{FINE_TUNED_NAME}/")
    path, (split, _, seed) = results / FINE_TUNED / below / f"{study.name}.json", study.split.rpartition("-")
    if not path.is_file():
        return
    config = read_records(results / RECORDS)["config"]
    settings = config["transfer"]["fine_tuning"] | {"precision": config["pretraining"]["precision"]}
    for cell in read_part(path, read_object)["cells"]:
        if (cell["split"], str(cell["split_seed"])) == (split, seed) and cell["status"] != "diverged":
            how = {"learning_rate": cell["selected"]["learning_rate"], "seed": settings["seeds"][0]}
            yield Method(name, results / "pretrain" / below, float("nan"), how | {"settings": settings})
            return
