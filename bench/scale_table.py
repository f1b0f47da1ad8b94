"""The table of docs/SCALE.md: seconds and memory per stage as measured, and a straight line through them to 120 M.

python bench/scale_table.py > reference/scale/table.md
"""

import json
from collections import defaultdict
from typing import Any

import numpy as np
from harness import ROOT

FOLDER = ROOT / "reference" / "scale"
TARGET = 120_000_000
STAGES = (
    "gather",
    "standardize",
    "deduplicate",
    "split",
    "draw subset",
    "count tokens",
    "vocabulary",
    "tokenize",
)


def stages(record: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return (work, cpu, peak_mb, jobs) of each stage; jobs of one stage are added up, their largest memory is kept."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: {"work": 0, "cpu": 0.0, "peak_mb": 0.0, "jobs": 0})
    for row in record["rows"]:
        entry = found[row["stage"].split(" (")[0]]
        entry["work"] += row.get("lines", row.get("molecules", 0))
        entry["cpu"] += row["cpu"]
        entry["peak_mb"] = max(entry["peak_mb"], row["peak_mb"])
        entry["jobs"] += 1
    return found


def line(points: list[dict[str, float]]) -> tuple[float, float]:
    """Return (seconds at TARGET, seconds per million) of the least-squares line, of the mean rate with one point."""
    work, cpu = (np.array([point[key] for point in points]) for key in ("work", "cpu"))
    if len(points) == 1:
        return cpu[0] / work[0] * TARGET, cpu[0] / work[0] * 1e6
    slope, start = np.polyfit(work, cpu, 1)
    return slope * TARGET + start, slope * 1e6


def table(records: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table: a row per stage, a column per run."""
    runs = {name: stages(record) for name, record in records.items()}
    head = ["stage", *(f"{name}: s of a core, MB" for name in runs), "s per million", "120 M, extrapolated"]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    for stage in STAGES:
        points = [run[stage] for run in runs.values() if stage in run]
        cells = []
        for run in runs.values():
            told = run.get(stage)
            part = f" ({told['work'] / 1e6:.1f} M lines)" if told and stage == "standardize" else ""
            cells.append(f"{told['cpu']:.1f}, {told['peak_mb']:.0f}{part}" if told else "")
        if not points:
            continue
        if stage == "standardize":  # rows do not know of each other: all shards have one rate
            points = [{key: sum(point[key] for point in points) for key in ("work", "cpu")}]
        # a vocabulary of atoms is made from counts alone: its work does not grow
        total, rate = (points[-1]["cpu"], 0.0) if stage == "vocabulary" else line(points)
        lines.append(f"| {stage} | {' | '.join(cells)} | {rate:.2f} | {total:,.0f} s |")
    return "\n".join(lines)


def main() -> None:
    """Print the table of all runs, smallest first."""
    records = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
    print(table(dict(sorted(records.items(), key=lambda item: (item[1]["lines"], item[0])))))


if __name__ == "__main__":
    main()
