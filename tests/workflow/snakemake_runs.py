"""Copies of the workflow, runs of Snakemake in them, and the jobs that a dry run schedules."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAKEMAKE = (sys.executable, "-m", "snakemake")
Job = tuple[str, str]  # rule and its wildcards as Snakemake prints them


def copy_workflow(target: Path) -> Path:
    """Copy what git knows or would add; fetched sources come along when there are any."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    if (ROOT / "results" / "sources").is_dir():
        shutil.copytree(ROOT / "results" / "sources", target / "results" / "sources")
    return target


def environment() -> dict[str, str]:
    """The environment of a user: the interpreter of the tests first on PATH, one thread per job, no GPU to be seen."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    told = {"PATH": path, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "CUDA_VISIBLE_DEVICES": ""}
    return os.environ | told


def snakemake(
    folder: Path, *arguments: str, timeout: float = 3600, program: tuple[str, ...] = SNAKEMAKE
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in a folder, as `program` calls it, and return what it printed (both streams in stdout)."""
    return subprocess.run(
        [*program, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def scheduled(folder: Path, *arguments: str) -> set[Job]:
    """Return the jobs that a dry run would run as (rule, wildcards), the target rule left out."""
    plain = [
        "--workflow-profile",
        "none",
        "--cores",
        "2",
        "--rerun-incomplete",
        "--max-checksum-file-size",
        "100000000000",
    ]
    triggers = ["--rerun-triggers", "mtime", "params", "input", "code"]
    done = snakemake(folder, "-n", *plain, *arguments, *triggers)
    assert done.returncode == 0, done.stdout[-3000:]
    return set(jobs_in(done.stdout))


def jobs_in(text: str) -> list[Job]:
    """Read the jobs out of the text of a dry run."""
    found: list[Job] = []
    for line in text.splitlines():
        rule = re.match(r"^(?:local)?rule (\w+):$", line)
        wildcards = re.match(r"^    wildcards: (.*)$", line)
        if rule:
            found.append((rule[1], ""))
        elif wildcards and found:
            found[-1] = (found[-1][0], wildcards[1])
    return [job for job in found if job[0] != "all"]
