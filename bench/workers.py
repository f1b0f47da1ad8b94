"""Processes that stay: each party of the GPU's benchmarks starts once and takes case after case.

Starting Python, torch and CUDA costs 10 s of the device, more than most cases. Parties still take turns, and one that
is idle holds memory but computes nothing.
"""

import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping

from harness import ROOT, Case, Party


class Failed(Exception):
    """A case has no result: its party failed, or its time was over."""


class Worker:
    """A process that answers cases; it starts at the first of them, and again after a failure."""

    def __init__(self, program: str) -> None:
        """Start nothing yet; `program` called with --serve must run `serve`."""
        self.program = program
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process unless it runs; it imports its libraries meanwhile."""
        if self.process is not None:
            return
        settings = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        self.process = subprocess.Popen(
            [sys.executable, self.program, "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | settings,
            cwd=ROOT,
            start_new_session=True,  # so that processes that it starts end with it
        )

    def ask(self, party: str, case: Case, limit: float) -> Case:
        """Return the answer to a case.

        Raises:
            Failed: there is none within `limit` seconds; the process is gone, since it may be unusable.
        """
        self.start()
        try:
            self.process.stdin.write(json.dumps([party, case]) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], limit)
            line = self.process.stdout.readline() if ready else None
        except BrokenPipeError:
            line = ""
        answer = json.loads(line) if line else {"error": "its process ended" if line == "" else f"over {limit:.0f} s"}
        if "error" in answer:
            self.stop()
            raise Failed(answer["error"])
        return answer

    def stop(self) -> None:
        """End the process and what it started."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.communicate()
        self.process = None


def serve(parties: Mapping[str, Party]) -> None:
    """Answer cases from standard input, a line each; what libraries print goes to standard error."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            party, case = json.loads(line)
            try:
                answer = parties[party](case)
            except Exception as error:
                traceback.print_exc()
                answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
            print(json.dumps(answer, default=float), file=answers, flush=True)
