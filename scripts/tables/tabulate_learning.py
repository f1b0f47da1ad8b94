"""Tabulate learning curves: error against the number of labels, and what the last doubling brought."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.tables.cells import KEYS
from clm.tables.frames import write_table

COLUMNS = ("task", "model", *KEYS, "baseline", "metric", "labels", "n_seeds", "error", "lower", "upper")
COLUMNS += ("gain", "gain_lower", "gain_upper", "verdict")


def tabulate_learning(curves: list[Path], settings: dict[str, Any], out: Path) -> None:
    """Write learning_curves.csv.

    Args:
        curves: JSON of the curves of each task and kind of model.
        settings: `kinds` of the tasks and `gain_margin`.
        out: one row per task, model and number of labels.
    """
    rows = []
    for path in curves:
        told = read_json(path)
        metric = "auc" if settings["kinds"][told["task"]] == "classification" else "rmse"
        for item in told["curves"]:
            names = dict(zip(KEYS, item["cell"] or [None] * len(KEYS), strict=True))
            model = item["baseline"] or " ".join(str(names[key]) for key in ("size", "corpus", "subset", "budget"))
            names |= {"task": told["task"], "model": model, "baseline": item["baseline"], "metric": metric}
            rows += [names | row | {"verdict": verdict(row, settings["gain_margin"])} for row in item["rows"]]
    write_table(out, rows, COLUMNS)


def verdict(row: dict[str, Any], margin: float) -> str | None:
    """Return the verdict on the gain per doubling of labels since the row before: from its 95 % interval alone."""
    if row.get("gain") is None:
        return None
    if row["gain_lower"] > margin:
        return "improving"
    if row["gain_upper"] < 0:
        return "degraded"
    return "saturated" if row["gain_upper"] < margin else "undecided"


if __name__ == "__main__":
    run(tabulate_learning)
