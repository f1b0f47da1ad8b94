"""Whole studies as they were last run and recorded below reference/: no run, only the account of it."""

import argparse
import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

from harness import ROOT, main


def account(costs: Path) -> dict[str, Any]:
    """Return seconds of all jobs by stage and the largest memory of a job, from costs.csv."""
    stages: dict[str, dict[str, float]] = defaultdict(lambda: {"jobs": 0, "seconds": 0.0})
    largest = 0.0
    with costs.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            stages[row["stage"]]["jobs"] += 1
            stages[row["stage"]]["seconds"] += float(row["wall_seconds"] or 0)
            largest = max(largest, float(row["peak_memory_mb"] or 0))
    return {"stages": dict(stages), "seconds": sum(s["seconds"] for s in stages.values()), "peak_mb": largest}


def measure(_arguments: argparse.Namespace) -> dict[str, Any]:
    """Read the account of the default study and of the study on a GPU, if there is one."""
    rows = []
    for study in ("default", "gpu"):
        costs = ROOT / "reference" / study / "tables" / "costs.csv"
        if costs.exists():
            told = account(costs)
            minutes = told["seconds"] / 60
            rows.append({"key": f"{study} study", "unit": "min of jobs", "ours": minutes} | told)
    return {"rows": rows}


if __name__ == "__main__":
    main(__file__, measure)
