"""Tabulate tasks: what about their molecules and labels could decide whether scale helps."""

from pathlib import Path
from statistics import fmean
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.tables.frames import write_table

DESCRIPTORS = (
    "molecules",
    "unique",
    "graph_diameter",
    "heavy_atoms",
    "scaffold_diversity",
    "acyclic_share",
    "salt_share",
)
LABELS = {"label_variance": "variance", "class_balance": "class_balance", "label_noise": "label_noise"}
LABELS |= {"rogi_xd": "rogi_xd"}
DISTANCES = ("nearest_tanimoto_mean", "unseen_token_share", "overlap_share")
COLUMNS = (
    "task",
    "family",
    "kind",
    "metric",
    "units",
    "molecules",
    "unique",
    "graph_diameter",
    "heavy_atoms",
    "label_variance",
)
COLUMNS += ("class_balance", "label_noise", "scaffold_diversity", "acyclic_share", "salt_share", "rogi_xd")
COLUMNS += (*DISTANCES, "control")


def tabulate_tasks(results: Path, settings: dict[str, Any], out: Path) -> None:
    """Write tasks.csv.

    Args:
        results: folder of the study.
        settings: `tasks` ({name: {kind, units, control: whether the truth is known}}), `families` ({name: family}) and
            `reference`, [corpus, subset] to which the distances were measured.
        out: one row per task; numbers of labels are means over the labels of a task.
    """
    corpus, subset = settings["reference"]
    rows = []
    for name, task in settings["tasks"].items():
        folder = results / "tasks" / name
        told = read_json(folder / "descriptors.json")
        distance = read_json(folder / "distance" / f"{corpus}-{subset}.json")
        metric = "auc" if task["kind"] == "classification" else "rmse"
        row = {"task": name, "family": settings["families"][name], "kind": task["kind"], "metric": metric}
        row |= {"units": task.get("units")}
        row |= {key: told.get(key) for key in DESCRIPTORS} | {key: distance.get(key) for key in DISTANCES}
        row |= {column: label_mean(told["labels"], key) for column, key in LABELS.items()}
        rows.append(row | {"control": int(task["control"])})
    write_table(out, rows, COLUMNS)


def label_mean(labels: dict[str, dict[str, Any]], key: str) -> float | None:
    """Return the mean over labels of what is known of them, or None."""
    known = [label[key] for label in labels.values() if label.get(key) is not None]
    return fmean(known) if known else None


if __name__ == "__main__":
    run(tabulate_tasks)
