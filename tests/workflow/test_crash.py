"""Jobs killed at random moments, Snakemake killed, results that cannot be written: nothing lost, nothing partial.

CLM_KILLS sets how often a job of each rule is killed (`make soak`: 5; the counts of its last run are in
reference/reliability.json). With more than one kill, the study whose Snakemake is killed is made to its end; otherwise
to its claims.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import pytest
from counts import told
from killing import RESUMABLE, jobs, kill_and_finish, partial, remove, same
from snakemake_runs import SNAKEMAKE, copy_workflow, environment, snakemake

pytestmark = pytest.mark.slow
CELL = "results/tiny/pretrain/zinc/25k/t900/seed0/t20k/metrics.json"
TINY = ("--configfile", "studies/tiny.yaml")
COMPARED = ("corpora", "tokenizer", "tasks", "pretrain", "transfer", "curvature", "landscape", "tables")
COSTS = ("cost.json", "costs.csv")
KILLS = int(os.environ.get("CLM_KILLS", "1"))
SEED = int(os.environ.get("CLM_SEED", "0"))
RETRIES = 3
TABLES = ("runs.csv", "curvature.csv", "transfer.csv", "learning_curves.csv", "claims.json")
ASKED = TINY if KILLS > 1 else (*(f"results/tiny/tables/{name}" for name in TABLES), *TINY)


def test_a_killed_job_of_each_rule_leaves_nothing_partial_and_ends_with_the_same_bytes(finished, tmp_path):
    folders: Queue = Queue()
    for name in "ab":
        folders.put(shutil.copytree(finished, tmp_path / name, symlinks=True))

    def work(job):
        folder = folders.get()
        try:
            return kill_and_finish(folder, finished, job, KILLS, SEED)
        finally:
            folders.put(folder)

    one_of_each = jobs(finished)
    with ThreadPoolExecutor(2) as pool:
        counts = dict(zip(one_of_each, pool.map(work, one_of_each.values()), strict=True))
    assert len(counts) > 40 and all(count["kills"] >= KILLS for count in counts.values())
    for rule in RESUMABLE:
        assert counts[rule]["after_state"] >= KILLS / 2 and counts[rule]["resumed"] > 0, counts[rule]
    told(
        "kills",
        by_rule={rule: count["kills"] for rule, count in sorted(counts.items())},
        of_single_jobs=sum(count["kills"] for count in counts.values()),
        after_saved_state={rule: counts[rule]["after_state"] for rule in RESUMABLE},
        resumed_at_step={rule: counts[rule]["resumed"] for rule in RESUMABLE},
    )


@pytest.mark.parametrize("rule", ["pretrain_checkpoint", "gather_corpus"])
def test_a_job_without_memory_says_so_and_ends_with_the_same_bytes_when_it_has_some(finished, study, rule):
    """Limits of address space, from one that does not load the libraries to none."""
    job, failed = jobs(finished)[rule], 0
    for megabytes in (200, 300, 400, 500, 600, "unlimited"):
        remove(study, job)
        limit = megabytes if megabytes == "unlimited" else megabytes * 1024
        command = ["bash", "-c", f"ulimit -v {limit}; {job.command}"]
        status = subprocess.run(command, cwd=study, env=environment(), check=False).returncode
        log = (study / job.log).read_text()
        assert not partial(study, finished, job)
        assert status == 0 or re.search("(?i)memory|bad_alloc|failed to map segment", log), log[-2000:]
        failed += status != 0
    assert failed > 0 and status == 0
    assert all(same(study / name, finished / name) for name in job.outputs)
    told("kills", **{f"{rule}_without_memory": failed})


def running(session):
    """Return process and command of the running jobs of a session."""
    listed = subprocess.run(["ps", "-eo", "pid,sid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    rows = [(int(pid), command) for pid, owner, command in rows if int(owner) == session]
    return [(pid, command) for pid, command in rows if command.startswith("python scripts/")]


def launch(folder):
    """Start the tiny study in the background, in a session of its own; two jobs at once, however fast the machine."""
    return subprocess.Popen(
        [*SNAKEMAKE, *ASKED, "--cores", "2", "--retries", str(RETRIES)],
        cwd=folder,
        env=environment() | {"CLM_SAVE_SECONDS": "0"},
        stdout=(folder / "log.txt").open("a"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def compared(folder):
    """Return the results of a study that hold no times."""
    found = {path for part in COMPARED for path in (folder / "results" / "tiny" / part).rglob("[!.]*")}
    return {path.relative_to(folder) for path in found if path.is_file() and not path.name.endswith(COSTS)}


def test_a_study_with_killed_jobs_and_a_killed_snakemake_ends_with_the_same_tables(finished, tmp_path):
    folder, draw, killed = copy_workflow(tmp_path / "w"), random.Random(0), Counter()
    process = launch(folder)
    until = time.monotonic() + 300
    while killed.total() < 10 and time.monotonic() < until and process.poll() is None:
        time.sleep(draw.uniform(2, 6))
        for pid, command in running(process.pid)[:1]:
            if killed[command] == RETRIES:  # once more and Snakemake gives up
                continue
            try:
                os.kill(pid, signal.SIGKILL)
                killed[command] += 1
            except ProcessLookupError:
                continue
    assert killed.total() == 10 and process.poll() is None, (folder / "log.txt").read_text()[-3000:]
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert snakemake(folder, "--unlock", *TINY).returncode == 0
    done = snakemake(folder, *ASKED)
    assert done.returncode == 0, done.stdout[-3000:]
    made = compared(folder)
    assert len(made) > 200 and (KILLS == 1 or made == compared(finished))
    for path in made:
        assert (folder / path).read_bytes() == (finished / path).read_bytes(), path
    for path in (folder / "results" / "tiny").rglob(".*.*"):  # a killed writer leaves a temporary file, never a result
        if path.is_file() and ".state" not in path.parts:
            assert path.name.count(".") >= 2 and len(path.name.split(".")[1]) == 12, path
    told("kills", of_jobs_under_snakemake=killed.total(), of_snakemake=1, files_compared=len(made))


def test_results_without_permission_are_one_message(study):
    (study / "results" / "tiny" / "tables").chmod(0o500)
    bounded = ("setpriv", "--bounding-set=-dac_override") if os.geteuid() == 0 else ()  # root may write everywhere
    done = snakemake(study, *TINY, "--forcerun", "tabulate_runs", program=(*bounded, *SNAKEMAKE))
    assert done.returncode == 1 and "Permission denied" in done.stdout


@pytest.fixture
def small_disk(tmp_path):
    """A fresh workflow whose results lie on a disk of its own, and a function that changes that disk."""
    folder = copy_workflow(tmp_path / "w")
    disk = folder / "results" / "tiny"
    disk.mkdir(parents=True)

    def mount(options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)

    mount("size=600k")
    yield folder, mount
    subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_and_a_read_only_disk_are_survived(finished, small_disk):
    folder, mount = small_disk
    full = snakemake(folder, CELL, *TINY)
    assert full.returncode == 1 and "No space left on device" in full.stdout
    mount("remount,size=600k,ro")
    locked = snakemake(folder, CELL, *TINY)
    assert locked.returncode == 1 and "Read-only file system" in locked.stdout
    mount("remount,size=200m,rw")
    done = snakemake(folder, CELL, *TINY)
    assert done.returncode == 0, done.stdout[-3000:]
    for name in (CELL, CELL.replace("metrics.json", "model.safetensors")):
        assert (folder / name).read_bytes() == (finished / name).read_bytes()
