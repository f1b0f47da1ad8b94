"""On a machine with several GPUs each job has one of its own; a dead job's GPU is free again."""

import subprocess
import sys
import time
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
JOB = """
import sys, time
from pathlib import Path
from clm.models.device import claim
print(claim(Path(sys.argv[1]), ["a", "b"], poll=0.05), flush=True)
time.sleep(60)
"""


def start(folder):
    return subprocess.Popen([sys.executable, "-c", JOB, folder], stdout=subprocess.PIPE, text=True, cwd=SCRIPTS)


def test_jobs_never_share_a_device_and_a_killed_one_frees_its_own(tmp_path):
    jobs = [start(tmp_path) for _ in range(3)]
    try:
        time.sleep(0.1)
        while sum(job.stdout in _ready(jobs) for job in jobs) < 2:
            time.sleep(0.1)
        holders = [job for job in jobs if job.stdout in _ready(jobs)]
        found = {job: int(job.stdout.readline()) for job in holders}
        assert sorted(found.values()) == [0, 1]
        waiting = next(job for job in jobs if job not in found)
        time.sleep(0.5)
        assert waiting.stdout not in _ready(jobs)
        holders[0].kill()
        holders[0].wait()
        assert int(waiting.stdout.readline()) == found[holders[0]]
    finally:
        for job in jobs:
            job.kill()
            job.wait()
            job.stdout.close()


def _ready(jobs):
    import select

    return select.select([job.stdout for job in jobs if not job.stdout.closed], [], [], 0)[0]
