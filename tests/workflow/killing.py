"""Kills of single jobs: each is started as Snakemake started it, killed at a random moment, and finally let end."""

import base64
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from clm.provenance.files import read_json
from snakemake_runs import environment

RESUMABLE = ("pretrain_checkpoint", "sweep_rate")  # jobs that save state
# jobs that keep finished parts, and where below the saved states
STORES = {"probe_encoder": "linear_probe", "finetune_model": "fine_tuned"}
# hold times, so no two are alike
UNLIKE = (
    "cost.json",
    "report.html",
    "workflow.html",
    "costs.csv",
    "costs.png",
    "costs.pdf",
    "decision.png",
    "decision.pdf",
)


@dataclass(frozen=True)
class Job:
    """A job of a finished study: its command and what it made, below the folder of the study."""

    rule: str
    command: str
    outputs: tuple[str, ...]
    seconds: float

    @property
    def log(self) -> str:
        """The file that the command writes its log to."""
        return self.command.split(" > ")[-1].removesuffix(" 2>&1").strip("'")


def output_of(name: Path) -> str:
    """Return the output that a record is about: its path in base64, cut into folders that begin with "@"."""
    return base64.b64decode("".join(part.removeprefix("@") for part in name.parts), altchars=b"-_").decode()


def jobs(study: Path) -> dict[str, Job]:
    """Return one job of each rule from the records of Snakemake: the longest resumable, the shortest of the others."""
    records = study / ".snakemake" / "metadata"
    outputs, found = defaultdict(list), defaultdict(list)
    for path in sorted(p for p in records.rglob("*") if p.is_file()):
        record = read_json(path)
        if not record["shellcmd"]:  # lists and settings, which Snakemake itself writes
            continue
        outputs[record["rule"], record["shellcmd"]].append((output_of(path.relative_to(records)), record))
    for (rule, command), made in outputs.items():
        seconds = made[0][1]["endtime"] - made[0][1]["starttime"]
        found[rule].append(Job(rule, command, tuple(name for name, _ in made), seconds))
    length = lambda job: job.seconds  # noqa: E731
    return {rule: (max if rule in RESUMABLE else min)(same, key=length) for rule, same in found.items()}


def start(folder: Path, job: Job) -> subprocess.Popen[bytes]:
    """Start the command of a job in a session of its own, saving state at every step."""
    variables = environment() | {"CLM_SAVE_SECONDS": "0", "PYTHONPATH": str(folder / "scripts")}
    return subprocess.Popen(["bash", "-c", f"exec {job.command}"], cwd=folder, env=variables, start_new_session=True)


def has_saved(pid: int) -> bool:
    """Whether the folder whose lease a process holds has a saved state."""
    try:
        opened = [Path(os.readlink(link)) for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    folders = [path.parent for path in opened if path.name == "lease"]
    return any(any(folder.rglob("*.pt")) for folder in folders)


def kill_once(folder: Path, job: Job, draw: random.Random, after_state: bool) -> bool:
    """Start a job and kill it with all its children; return whether it was still running.

    The moment is drawn from the time the job took, or is the first saved state and a moment more.
    """
    process = start(folder, job)
    if after_state:
        while process.poll() is None and not has_saved(process.pid):
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 0.3))
    else:
        time.sleep(draw.uniform(0.02, 1) * job.seconds)
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return running


def partial(folder: Path, finished: Path, job: Job) -> list[str]:
    """Return outputs that are there and are not the whole result."""
    there = [name for name in job.outputs if (folder / name).exists()]
    return [name for name in there if not same(folder / name, finished / name)]


def same(one: Path, other: Path) -> bool:
    """Whether two results are equal byte for byte; of those that hold times, whether both are whole."""
    if not one.name.endswith(UNLIKE):
        return one.read_bytes() == other.read_bytes()
    ends = {".json": b"}\n", ".html": b"</html>", ".pdf": b"%%EOF\n", ".png": b"IEND\xaeB`\x82", ".csv": b"\n"}
    return one.read_bytes().rstrip(b"\n").endswith(ends[one.suffix].rstrip(b"\n"))


def kill_and_finish(folder: Path, finished: Path, job: Job, kills: int, seed: int) -> dict[str, int]:
    """Kill a job `kills` times, look for partial results each time, let it end and compare all its results.

    Every second kill of a resumable job waits for a saved state, and the last attempt must go on from it.

    Returns:
        Counts: `kills`, those `after_state`, and the step that the last attempt `resumed` at.
    """
    draw, counts = random.Random(f"{job.rule} {seed}"), {"kills": 0, "after_state": 0, "resumed": 0}
    if job.rule in RESUMABLE:
        shutil.rmtree(folder / "results" / "tiny" / ".state")
    remove(folder, job)
    for _ in range(20 * kills):
        if counts["kills"] == kills:
            break
        late = job.rule in RESUMABLE and counts["after_state"] <= counts["kills"] // 2
        if kill_once(folder, job, draw, late):
            counts["kills"] += 1
            counts["after_state"] += late
            assert not partial(folder, finished, job), f"{job.rule}: {partial(folder, finished, job)}"
        else:
            remove(folder, job)
    process = start(folder, job)
    assert process.wait(timeout=300) == 0, (folder / job.log).read_text()[-2000:]
    unlike = [name for name in job.outputs if not same(folder / name, finished / name)]
    assert not unlike, f"{job.rule}: {unlike} differ from the undisturbed run"
    steps = re.findall(r"resumed at step (\d+)", (folder / job.log).read_text())
    return counts | {"resumed": int(steps[-1]) if steps else 0}


def remove(folder: Path, job: Job) -> None:
    """Remove the results of a job, as Snakemake does before it starts one, and the parts of them that it keeps."""
    for name in job.outputs:
        (folder / name).unlink(missing_ok=True)
    if job.rule in STORES:
        shutil.rmtree(folder / "results" / "tiny" / ".state" / STORES[job.rule], ignore_errors=True)
