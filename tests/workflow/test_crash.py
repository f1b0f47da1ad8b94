"""Jobs killed at random moments, Snakemake killed, results that cannot be written: nothing lost, nothing partial.

CLM_KILLS sets the number of kills (`make soak`: 100); the counts of the last soak are in reference/reliability.json.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from snakemake_runs import copy_workflow, environment, snakemake

pytestmark = pytest.mark.slow
TINY = ("--configfile", "studies/tiny.yaml")
KILLS = int(os.environ.get("CLM_KILLS", "12"))


def launch(folder):
    """Start the tiny study in the background, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", *TINY, "--retries", "30"],
        cwd=folder,
        env=environment() | {"CLM_SAVE_SECONDS": "0"},
        stdout=(folder / "log.txt").open("a"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def jobs(group):
    """Return {pid: script} of the running jobs of a process group's session."""
    listed = subprocess.run(["ps", "-eo", "pid,sid,args"], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in listed.splitlines()[1:]:
        pid, session, command = line.split(None, 2)
        if int(session) == group and command.startswith("python scripts/"):
            found[int(pid)] = command.split()[1].split("/")[-1].removesuffix(".py")
    return found


def same_tables(one, other):
    for table in sorted((one / "results" / "tiny" / "tables").iterdir()):
        if table.name != "costs.csv":  # what it cost, and so which versions and times, is no result
            assert (other / "results" / "tiny" / "tables" / table.name).read_bytes() == table.read_bytes(), table.name


def test_a_study_with_killed_jobs_ends_with_the_same_tables(finished, tmp_path):
    folder, draw = copy_workflow(tmp_path / "w"), random.Random(0)
    process, killed = launch(folder), Counter()
    while process.poll() is None:
        time.sleep(draw.uniform(0.3, 2.5) if KILLS < 50 else draw.uniform(0.1, 1.0))
        running = jobs(process.pid)
        if running and killed.total() < KILLS:
            # rare kinds first, so that each kind of job is hit
            pid = min(running, key=lambda p: (killed[running[p]], draw.random()))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed[running[pid]] += 1
    assert process.returncode == 0, (folder / "log.txt").read_text()[-3000:]
    assert killed.total() >= KILLS
    same_tables(finished, folder)
    leftovers = [p for p in (folder / "results" / "tiny").rglob(".*.*") if p.is_file() and ".state" not in p.parts]
    for path in leftovers:  # a killed writer leaves its temporary file, never a result
        assert path.name.count(".") >= 2 and len(path.name.split(".")[1]) == 12, path
    resumed = sum("resumed at step" in p.read_text() for p in (folder / "results/tiny/logs").rglob("*.log"))
    if os.environ.get("CLM_SOAK"):
        told = {"kills": killed.total(), "by_rule": dict(sorted(killed.items())), "logs_with_resumed_training": resumed}
        (tmp_path / "reliability.json").write_text(json.dumps(told, indent=1))
        shutil.copy(tmp_path / "reliability.json", os.environ["CLM_SOAK"])


def test_a_killed_snakemake_is_taken_up_again(finished, tmp_path):
    folder = copy_workflow(tmp_path / "w")
    process = launch(folder)
    time.sleep(45)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert snakemake(folder, "--unlock", *TINY).returncode == 0
    done = snakemake(folder, *TINY)
    assert done.returncode == 0, done.stdout[-3000:]
    same_tables(finished, folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_results_are_one_message(study):
    (study / "results" / "tiny" / "tables").chmod(0o500)
    done = snakemake(study, *TINY, "--forcerun", "tabulate_runs")
    assert done.returncode == 1 and "Permission denied" in done.stdout
