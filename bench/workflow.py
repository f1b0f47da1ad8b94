"""What the workflow itself costs: start of a job, a dry run of 5 000 jobs, a run with nothing to do.

There is no other party: each has a goal. A job's start is compared with importing torch alone, which no job that
computes with a model can avoid.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import ROOT, compared, main, measured

SCRIPTS = ("transfer/probe_encoder", "pretrain/pretrain_checkpoint", "finetune/finetune_model")
SCRIPTS += ("curvature/measure_curvature", "transfer/score_baseline")
# trunks that, with their budgets, probes and curvature, make about 5 000 jobs
LARGE = """study: large
grid:
  trunks:
    - {corpora: [zinc], sizes: [60k, 150k, 300k, 800k], subsets: ["500", 64k], seeds: SEEDS}
    - {corpora: [zinc_shuffled], sizes: [60k], subsets: [64k], seeds: [0, 1, 2], budgets: [1300k]}
""".replace("SEEDS", str(list(range(118))))


def timed(command: list[str], must_succeed: bool = True) -> tuple[float, float, str]:
    """Return wall seconds, processor seconds and output of a command at the root of the project."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if must_succeed and done.returncode:
        raise RuntimeError(f"{command}: {done.stdout[-2000:]}")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, spent, done.stdout


def job_start(repeats: int) -> dict[str, Any]:
    """Compare the start of jobs (their imports and the command line) with importing torch."""
    pairs, starts = [], {name: [] for name in SCRIPTS}
    for _ in range(repeats):
        torch = timed([sys.executable, "-c", "import torch"])[0]
        for name in SCRIPTS:
            starts[name].append(timed([sys.executable, f"scripts/{name}.py", "--help"])[0])
        mean = sum(times[-1] for times in starts.values()) / len(SCRIPTS)
        pairs.append(({"seconds": mean}, {"seconds": torch}))
    by_script = {name: sorted(times)[len(times) // 2] for name, times in starts.items()}
    return compared("job start", pairs, "seconds", "s") | {"by_script": by_script}


def snakemake(*arguments: str) -> list[str]:
    """Return a command line of snakemake."""
    return [sys.executable, "-m", "snakemake", *arguments]


def jobs_of(output: str) -> int:
    """Return the total of the table of jobs that a dry run prints, 0 when there is nothing to do."""
    found = re.findall(r"^\s*total\s+(\d+)", output, re.M)
    return int(found[-1]) if found else 0


def dry_run(key: str, repeats: int, *arguments: str) -> dict[str, Any]:
    """Measure `snakemake -n`."""
    runs = [timed(snakemake("-n", "--quiet", "reason", "host", *arguments)) for _ in range(repeats)]
    row = measured(key, [wall for wall, _, _ in runs], "s")
    return row | {"processor_seconds": min(spent for _, spent, _ in runs), "jobs": jobs_of(runs[-1][2])}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure starts and dry runs; the run with nothing to do needs a finished default study."""
    rows = [job_start(arguments.repeats)]
    with tempfile.TemporaryDirectory() as folder:
        overlay = Path(folder, "large.yaml")
        overlay.write_text(LARGE, encoding="utf-8")
        rows.append(dry_run("dry run of 5 000 jobs", 1, "--configfile", str(overlay)))
    first = dry_run("dry run of the default study", 1)
    rows.append(first)
    if (ROOT / "results/default/report/report.html").exists() and first["jobs"] == 0:
        runs = [timed(snakemake("--quiet", "all")) for _ in range(arguments.repeats)]
        rows.append(measured("run with nothing to do", [wall for wall, _, _ in runs], "s"))
    return {"rows": rows}


if __name__ == "__main__":
    main(__file__, measure)
