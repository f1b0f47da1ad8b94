"""The table of all benchmarks: what was promised, what was measured here, and what was not."""

import json
import sys
from typing import Any, NamedTuple

from harness import OUT


class Promise(NamedTuple):
    """A row: key of the measurement, work, other party, goal in words and as limits (ratio at least, ours at most)."""

    key: str
    work: str
    against: str
    goal: str
    least_ratio: float | None = None
    most: float | None = None


TRAINER, FIVE = "transformers.Trainer at its best settings", "five runs of transformers.Trainer"
UP_TO_10M = ("60k", "800k", "10m")
PROMISES = (
    *(
        promise
        for size in ("60k", "800k")
        for promise in (
            Promise(f"pretraining {size} threads 1", f"pretraining, {size}, CPU, one thread each", TRAINER, ">= 2x", 2),
            Promise(
                f"pretraining {size} threads 1 batches of the study",
                "the same, ours in batches of the study",
                TRAINER,
                "told",
            ),
        )
    ),
    Promise("pretraining 3m threads 1", "pretraining, 3m, CPU, one thread each", TRAINER, ">= 3x with AMX"),
    Promise("pretraining 800k threads 2", "pretraining, 800k, ours one thread, theirs two", TRAINER, "told"),
    *(Promise(f"pretraining gpu {size}", f"pretraining, {size}, H100", TRAINER, ">= 5x", 5) for size in UP_TO_10M),
    *(
        Promise(f"utilization gpu {size}", f"pretraining, {size}, H100", "bf16 peak", ">= 45 %", 0.45)
        for size in ("30m", "100m")
    ),
    *(
        Promise(f"throughput gpu {size}", f"pretraining, {size}, H100, batches of 16 384 tokens", "-", "told")
        for size in ("60k", "150k", "800k", "3m", "10m", "30m", "100m")
    ),
    Promise("finetuning random", "fine-tuning, 800k on BACE, five seeds, CPU", FIVE, ">= 3x", 3),
    Promise("finetuning group_by_length", "the same, the Trainer grouping by length", FIVE, ">= 3x", 3),
    Promise("finetuning gpu 800k", "fine-tuning, 800k on BACE, five seeds, H100", FIVE, ">= 10x", 10),
    Promise("finetuning gpu 10m", "fine-tuning, 10m on BACE, five seeds, H100", FIVE, ">= 10x", 10),
    Promise("curvature", "trace to 2 % + five eigenvalues to 1e-3", "PyHessian 0.1", ">= 5x", 5),
    Promise("curvature memory", "the same: memory beyond model and libraries", "PyHessian 0.1", "> 1x", 1),
    Promise(
        "data",
        "standardize + deduplicate + tokenize",
        "RDKit parse + canonical SMILES",
        ">= 0.87x (1.15x its time)",
        1 / 1.15,
    ),
    Promise("job start", "start of a job (mean of five scripts)", "import torch", ">= 0.67x (1.5x its time)", 1 / 1.5),
    Promise("dry run of 5 000 jobs", "snakemake -n, 5 000 jobs", "-", "<= 15 s", None, 15),
    Promise("dry run of the default study", "snakemake -n, default study", "-", "<= 5 s", None, 5),
    Promise("run with nothing to do", "snakemake, finished default study", "-", "<= 5 s", None, 5),
    # the account has seconds of jobs without their start; the wall time of a clean run is told in reference/README.md
    Promise("default study", "default study, sum over the jobs in its costs.csv", "-", "<= 30 min on 2 cores"),
    Promise(
        "gpu study",
        "part of the study for one H100, sum over the jobs in reference/gpu/tables/costs.csv",
        "-",
        "<= 20 min of the GPU",
    ),
)


def rows() -> dict[str, dict[str, Any]]:
    """Return the measured rows of all benchmarks by key."""
    found = {}
    for path in sorted(OUT.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        found |= {
            row["key"]: row | {"load": record["machine"]["load_before"]} for row in record["rows"] if "key" in row
        }
    return found


def verdict(promise: Promise, row: dict[str, Any]) -> str:
    """Return whether a goal is met, by the median."""
    if promise.least_ratio is not None:
        return "met" if row["ratio"] >= promise.least_ratio else "missed"
    if promise.most is not None:
        return "met" if row["ours"] <= promise.most else "missed"
    return ""


def line(promise: Promise, row: dict[str, Any] | None) -> list[str]:
    """Return the cells of a row."""
    if row is None:
        return [promise.work, promise.against, promise.goal, "not measured", "", "", ""]
    if "ratio" not in row:
        return [promise.work, promise.against, promise.goal, reached(row, "ours"), "", "", verdict(promise, row)]
    ratio = "{:.2f} ({:.2f} to {:.2f})".format(row["ratio"], *row["spread"])
    both = [reached(row, side) for side in ("ours", "theirs")]
    return [promise.work, promise.against, promise.goal, *both, ratio, verdict(promise, row)]


def reached(row: dict[str, Any], side: str) -> str:
    """Return what a side reached, and its validation loss where it has one."""
    loss = row.get("validation_loss", {}).get(side)
    return f"{row[side]:.3g} {row['unit']}" + (f", {loss:.2f} nats" if loss else "")


def table() -> str:
    """Return the table in Markdown."""
    found = rows()
    cells = [["work", "against", "goal", "ours", "theirs", "ratio (range)", "goal met"]]
    cells += [line(promise, found.get(promise.key)) for promise in PROMISES]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in cells]
    return "\n".join([lines[0], "| " + " | ".join("-" * w for w in widths) + " |", *lines[1:]])


if __name__ == "__main__":
    text = table()
    (OUT / "table.md").write_text(f"# Benchmarks: medians, ratios theirs / ours\n\n{text}\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
