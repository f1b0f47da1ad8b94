"""The tiny study through a real SLURM on loopback, and what happens when the cluster gets in the way."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from killing import jobs
from snakemake_runs import ROOT, copy_workflow, environment, scheduled, snakemake

pytestmark = [pytest.mark.slurm, pytest.mark.skipif(os.geteuid() != 0, reason="starting SLURM needs root")]
HERE = Path(__file__).parent
PROFILE = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
IMPATIENT = (sys.executable, "tests/cluster/impatient.py")
CLUSTER = ("--workflow-profile", "profiles/slurm", "--latency-wait", "5")
TINY = ("--configfile", "studies/tiny.yaml", "tests/cluster/gpus.yaml")
LONG = ("--configfile", "studies/tiny.yaml", "tests/cluster/gpus.yaml", "tests/cluster/long.yaml")
HURRIED = (*LONG, "tests/cluster/hurried.yaml")
TARGET = "results/long/pretrain/zinc/25k/t900/seed0/long/metrics.json"
LOG = "results/long/logs/pretrain_checkpoint/zinc-25k-t900-0-long.log"


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slurm")
    try:
        subprocess.run([HERE / "start_slurm.sh", folder], check=True)
        yield folder
    finally:
        subprocess.run([HERE / "stop_slurm.sh", folder], check=False)


@pytest.fixture(scope="module")
def prepared(slurm, tmp_path_factory):
    """A workflow whose long pretraining job has all its inputs, made locally."""
    folder = copy_workflow(tmp_path_factory.mktemp("long") / "w")
    inputs = [
        "results/long/corpora/zinc/tokens/t900.safetensors",
        "results/long/corpora/pubchem/tokens/valid.safetensors",
    ]
    start = "results/long/pretrain/untrained/25k/none/seed0/0/metrics.json"
    done = snakemake(folder, *inputs, start, *LONG)
    assert done.returncode == 0, done.stdout[-3000:]
    return folder


@pytest.fixture
def workflow(prepared, tmp_path):
    return shutil.copytree(prepared, tmp_path / "w", symlinks=True)


def launch(folder, study=LONG):
    """Start Snakemake on the cluster in the background."""
    return subprocess.Popen(
        [*IMPATIENT, TARGET, *CLUSTER, *study],
        cwd=folder,
        env=environment() | {"CLM_SAVE_SECONDS": "1"},
        stdout=(folder / "launched.txt").open("a"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def wait_for(condition, seconds, what):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds} s for {what}")


def saved(folder):
    return any((folder / "results" / "long" / ".state").rglob("passing.pt"))


def training(folder):
    """Return the process that trains in a folder: it holds the lease."""
    (lease,) = (folder / "results" / "long" / ".state").rglob("lease")
    return int(re.match(r"process (\d+) on ", lease.read_text())[1])


def squeue(form):
    return subprocess.run(["squeue", "-h", "-o", form], capture_output=True, text=True, check=True).stdout


def shown(*what):
    return subprocess.run(["scontrol", "show", *what], capture_output=True, text=True, check=True).stdout


def job_id():
    return squeue("%A").split()[0]


def finished_well(folder, process):
    assert process.wait(timeout=900) == 0, (folder / "launched.txt").read_text()[-3000:]
    assert (folder / TARGET).exists()
    steps = [int(step) for step in re.findall(r"resumed at step (\d+)", (folder / LOG).read_text(errors="replace"))]
    assert steps and steps[-1] > 0


def test_scancel_of_a_running_job_is_survived(workflow):
    process = launch(workflow)
    wait_for(lambda: saved(workflow), 120, "the first saved state")
    subprocess.run(["scancel", job_id()], check=True)
    finished_well(workflow, process)


def release_requeued(job):
    """Wait until a job is requeued and let it start again; SLURM would hold it for two minutes."""
    wait_for(lambda: "Restarts=1" in shown("job", job), 60, "the requeued job")
    wait_for(lambda: "JobState=PENDING" in shown("job", job), 60, "the end of its first run")
    subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], check=True)


def test_a_requeued_job_continues(workflow):
    process = launch(workflow)
    wait_for(lambda: saved(workflow), 120, "the first saved state")
    job = job_id()
    subprocess.run(["scontrol", "requeue", job], check=True)
    release_requeued(job)
    finished_well(workflow, process)


def test_a_preempted_job_is_requeued_and_continues(workflow):
    process = launch(workflow)
    wait_for(lambda: saved(workflow), 120, "the first saved state")
    job = job_id()
    urgent = ["sbatch", "-p", "urgent", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 3"]
    subprocess.run(urgent, check=True)
    release_requeued(job)
    finished_well(workflow, process)


def test_a_time_limit_that_is_too_short_is_survived(workflow):
    """The first attempt stands still until its time is over, as on a node that is too slow for it."""
    process = launch(workflow, HURRIED)
    wait_for(lambda: saved(workflow), 120, "the first saved state")
    job = job_id()
    os.kill(training(workflow), signal.SIGSTOP)
    wait_for(lambda: "JobState=TIMEOUT" in shown("job", job), 180, "the time limit")
    finished_well(workflow, process)
    assert "Trying to restart job" in (workflow / "launched.txt").read_text()


def test_a_killed_main_process_leaves_no_two_writers(workflow):
    """The orphan stands still until its successor has come, so that the two meet however fast they are."""
    process = launch(workflow)
    wait_for(lambda: saved(workflow), 120, "the first saved state")
    orphan = training(workflow)
    os.kill(orphan, signal.SIGSTOP)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    snakemake(workflow, "--workflow-profile", "none", "--unlock", *LONG)
    successor = launch(workflow)
    told = "waiting for results/long/.state"
    wait_for(lambda: told in (workflow / LOG).read_text(errors="replace"), 120, "the successor to wait for the orphan")
    assert squeue("%T").split() == ["RUNNING"] * 2 and training(workflow) == orphan
    os.kill(orphan, signal.SIGCONT)
    finished_well(workflow, successor)


LOCAL = {"all", "fetch_source", "list_cells", "request_report", "write_report"}


def submissions(folder):
    """Return what was submitted from a folder: rule with wildcards or group with rules, whether a GPU was asked for."""
    jobs = [job for job in shown("jobs").split("\n\n") if f"WorkDir={folder}\n" in job]
    return [(re.search(r"Comment=rule_(.+)", job)[1], "TresPerJob=gres:gpu:1" in job) for job in jobs]


def test_the_tiny_study_gives_the_same_tables_as_a_local_run(slurm, finished, tmp_path):
    folder = copy_workflow(tmp_path / "w")
    done = snakemake(folder, *CLUSTER, "--jobs", "6", *TINY, timeout=3600, program=IMPATIENT)
    assert done.returncode == 0, done.stdout[-5000:]
    for table in sorted((finished / "results" / "tiny" / "tables").iterdir()):
        if table.name != "costs.csv":
            assert (folder / "results" / "tiny" / "tables" / table.name).read_bytes() == table.read_bytes(), table.name
    assert set(re.findall(r"^localrule (\w+):", done.stdout, flags=re.M)) <= LOCAL
    on_gpus = {name for name, told in PROFILE["set-resources"].items() if told["slurm_partition"] == "gpu"}
    made = submissions(folder)
    assert all(gpu == any(rule in told for rule in on_gpus) for told, gpu in made), made
    assert all(any(rule in told for told, _ in made) for rule in on_gpus & set(jobs(finished))), made


def test_moving_a_local_study_to_slurm_rebuilds_nothing(slurm, study):
    assert scheduled(study, *CLUSTER, *TINY) == set()
