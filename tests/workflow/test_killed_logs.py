"""The log of a job that was killed says so: by the system or by a scheduler, whatever the job itself could write."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from own_tables import csv_text
from snakemake_runs import SNAKEMAKE, environment

OWN = {"file": "own.csv", "smiles": "smiles", "labels": ["y"], "kind": "regression"}
CONFIG = {"study": "own", "tasks": {"own": OWN}, "transfer": {"tasks+": ["own"]}}
TARGET, LOG = "results/own/tasks/own/summary.json", "results/own/logs/prepare_task/own.log"


def processes(folder: Path, script: str) -> list[int]:
    """Return the processes that run a script in a folder: bash and Python, children after their parents."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(place / "cwd")) == folder and script in (place / "cmdline").read_text():
                found.append(int(place.name))
        except OSError:  # it has ended, or is another's
            continue
    return sorted(found)


@pytest.mark.parametrize(("number", "whom"), [(signal.SIGKILL, slice(-1, None)), (signal.SIGTERM, slice(None))])
def test_the_log_of_a_killed_job_names_the_signal_and_what_to_do(clone, tmp_path, number, whom):
    """SIGKILL of the job alone, as when memory is out; SIGTERM of all its processes, as schedulers send it."""
    (tmp_path / "own.csv").write_text(csv_text() + "CCO,1.0\n" * 400_000)
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(CONFIG))
    command = [*SNAKEMAKE, "-s", str(clone / "Snakefile"), "--configfile", "own.yaml", "--", TARGET]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    running = subprocess.Popen(command, cwd=tmp_path, env=environment(), text=True, **pipes)
    while running.poll() is None and len(found := processes(tmp_path, "prepare_task.py")) < 2:
        time.sleep(0.05)
    for process in found[whom]:
        os.kill(process, number)
    told, _ = running.communicate(timeout=100)
    assert running.returncode == 1, told
    last = (tmp_path / LOG).read_text().splitlines()[-1]
    assert last.startswith(f"Error: {number.name} ended this job") and "run snakemake again" in last
    assert last[:60] in " ".join(told.split())  # Snakemake shows the logs of failed jobs
