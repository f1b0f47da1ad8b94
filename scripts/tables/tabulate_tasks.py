"""Tabulate tasks: properties of their molecules and labels that could determine whether scale helps."""

from pathlib import Path
from statistics import fmean
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.tables.descriptors import DESCRIPTORS, LABEL, TASK, Descriptor
from clm.tables.frames import write_table

COLUMNS = ("task", "family", "kind", "metric", "units", *(item.column for item in DESCRIPTORS), "control")


def tabulate_tasks(results: Path, settings: dict[str, Any], out: Path) -> None:
    """Write tasks.csv.

    Args:
        results: folder of the study.
        settings: `tasks` ({name: {kind, units, control: whether the truth is known}}), `families` ({name: family}) and
            `reference`, [corpus, subset] to which the distances were measured.
        out: one row per task; descriptors of labels are means over the labels of a task.
    """
    corpus, subset = settings["reference"]
    rows = []
    for name, task in settings["tasks"].items():
        folder = results / "tasks" / name
        told = read_json(folder / "descriptors.json")
        distance = read_json(folder / "distance" / f"{corpus}-{subset}.json")
        metric = "auc" if task["kind"] == "classification" else "rmse"
        row = {"task": name, "family": settings["families"][name], "kind": task["kind"], "metric": metric}
        row |= {"units": task.get("units"), "control": int(task["control"])}
        rows.append(row | {item.column: value_of(item, told, distance) for item in DESCRIPTORS})
    write_table(out, rows, COLUMNS)


def value_of(descriptor: Descriptor, told: dict[str, Any], distance: dict[str, Any]) -> Any:
    """Return a descriptor from the descriptors of a task and its distance to a corpus; None if unknown."""
    key = descriptor.key or descriptor.column
    if descriptor.source == LABEL:
        return label_mean(told["labels"], key)
    return (told if descriptor.source == TASK else distance).get(key)


def label_mean(labels: dict[str, dict[str, Any]], key: str) -> float | None:
    """Return the mean over the labels with a known value, or None."""
    known = [label[key] for label in labels.values() if label.get(key) is not None]
    return fmean(known) if known else None


if __name__ == "__main__":
    run(tabulate_tasks)
