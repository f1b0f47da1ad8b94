"""`make watch` shows the newest logs, those of jobs that begin after it too."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from snakemake_runs import ROOT

LOG = "results/own/logs/{}.log"


@pytest.fixture
def watched(tmp_path) -> Iterator[subprocess.Popen]:
    """`make watch` in a folder without results; what it prints is in watched.txt."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    environment = os.environ | {"TERM": "dumb"}
    with (tmp_path / "watched.txt").open("w") as told:
        call = {"cwd": tmp_path, "env": environment, "stdout": told, "stderr": subprocess.STDOUT}
        running = subprocess.Popen(["make", "watch"], start_new_session=True, **call)
    yield running
    os.killpg(running.pid, signal.SIGTERM)
    running.wait(timeout=10)


def write_log(folder, name, text):
    path = folder / LOG.format(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def shown(folder, text) -> bool:
    """Wait up to 20 seconds until a text is shown."""
    end = time.monotonic() + 20
    while time.monotonic() < end and text not in (folder / "watched.txt").read_text():
        time.sleep(0.1)
    return text in (folder / "watched.txt").read_text()


def test_jobs_that_begin_after_it_are_followed(watched, tmp_path):
    assert shown(tmp_path, "no logs below results/ yet")
    write_log(tmp_path, "tabulate_runs", "the first job")
    assert shown(tmp_path, f"== {LOG.format('tabulate_runs')}\nthe first job")
    (tmp_path / "results" / "sources" / "molsets").mkdir(parents=True)
    (tmp_path / "results" / "sources" / "molsets" / "fetch.log").write_text("a source\n")
    assert shown(tmp_path, "== results/sources/molsets/fetch.log\na source")
    write_log(tmp_path, "probe_encoder/zinc-3k", "a later job, in a folder of its own")
    assert shown(tmp_path, f"== {LOG.format('probe_encoder/zinc-3k')}\na later job")
