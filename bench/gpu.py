"""One GPU: pretraining and fine-tuning against transformers.Trainer, and the share of the peak that training reaches.

Encoders are untrained ones of studies/gpu.yaml, batches of 16 384 tokens in bfloat16 on both sides. Two processes, one
of each party, take turns, case after case; only steady windows are timed. All fits into `--seconds`: what does not is
not measured, and what is measured is written at once. Without CUDA nothing is measured and nothing is written.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("CLM_BENCH_STUDY", "gpu")

import inputs  # noqa: E402
from gpu_rows import Budget, best, rows_of  # noqa: E402
from harness import OUT, Case, machine, write  # noqa: E402
from workers import Failed, Worker, serve  # noqa: E402

# In this order: against the Trainer, for utilization, fine-tuning, then what rounds off the picture
CASES = (
    *(("pretraining", size) for size in ("60k", "800k", "10m")),
    *(("wide", size) for size in ("30m", "100m")),
    *(("finetuning", size) for size in ("800k", "10m")),
    *(("unfused", size) for size in ("30m", "100m")),
    *(("speed", size) for size in ("150k", "3m")),
)
# Steps: 200 visit every shape of a batch and compile or record it, then two windows. Of 50 batches the Trainer makes a
# group that it sorts by length, so windows are multiples of it; 400 are less than an epoch.
MARKS = [200, 300, 400]
SWEPT = {"size": "800k", "marks": [50, 100], "score": False}
SETTINGS = ("sampling", "workers", "compile")
BASE = {"sampling": "group_by_length", "workers": 4, "compile": False}
TUNED = {"settings": {"steps": 200, "warmup_steps": 20, "batch_molecules": 32}, "seeds": [0, 1, 2, 3, 4]}
TUNINGS = [{"bf16": b, "sampling": s} for b, s in ((True, "random"), (False, "random"), (True, "group_by_length"))]
CASE_SECONDS = 60.0  # of one party: more than any case should take
SWEEP_SHARE = 0.35  # of the time, after which no other setting is tried
MINIATURE = {
    "cases": (("pretraining", "60k"), ("wide", "150k"), ("finetuning", "60k"), ("unfused", "150k")),
    "marks": [1, 2, 3],
    "swept": {"size": "60k", "marks": [1, 2], "score": False},
    "tuned": {"settings": {"steps": 2, "warmup_steps": 1, "batch_molecules": 8}, "seeds": [0, 1]},
}


class Bench:
    """The two parties, the time left and what they have told."""

    def __init__(self, seconds: float, out: Path, plan: Case | None = None) -> None:
        """Start both processes; `plan` replaces the cases, for a trial without a GPU."""
        self.plan = plan or {"cases": CASES, "marks": MARKS, "swept": SWEPT, "tuned": TUNED}
        self.basis = {"gpu": plan is None}
        self.out, self.budget, self.seconds = out, Budget(seconds), seconds
        self.workers = {side: Worker(__file__) for side in ("ours", "theirs")}
        for worker in self.workers.values():
            worker.start()
        self.found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.record: dict[str, Any] = {"machine": machine(), "sweep": [], "tunings": [], "errors": []}
        self.best: dict[str, Any] = {}

    def ask(self, side: str, party: str, case: Case) -> dict[str, Any]:
        """Return the answer of a party, or its error."""
        case = self.basis | case
        began, limit = time.monotonic(), min(CASE_SECONDS, self.budget.left())
        try:
            answer = self.workers[side].ask(party, case, limit) if limit > 0 else {"error": "no time left"}
        except Failed as error:
            answer = {"error": str(error)}
        if "error" in answer:
            self.record["errors"].append({"party": party, "case": case} | answer)
        print(f"  {time.monotonic() - began:5.1f} s  {party} {case}: {answer}", file=sys.stderr, flush=True)
        return answer

    def save(self) -> None:
        """Write all that is known by now."""
        told = {kind_size for kind_size, answers in self.found.items() if any("ours" in one for one in answers)}
        self.record |= {
            "rows": rows_of(self.found, self.record["machine"]["gpu"] or ""),
            "trainer": self.best,
            "not_measured": [" ".join(case) for case in self.plan["cases"] if case not in told],
            "seconds": self.seconds - self.budget.left(),
        }
        write("gpu", self.record, self.out)

    def sweep(self) -> None:
        """Find the Trainer's fastest settings: sampling, then workers, then compilation, each with the best so far."""
        for stage in stages():
            for change in stage:
                if self.budget.left() < (1 - SWEEP_SHARE) * self.seconds:
                    break
                setting = BASE | (best(self.record["sweep"], "microseconds_per_token", SETTINGS) or {}) | change
                told = self.ask("theirs", "theirs", self.plan["swept"] | setting)
                self.record["sweep"].append(setting | told)
        self.best["pretraining"] = best(self.record["sweep"], "microseconds_per_token", SETTINGS) or BASE
        self.save()

    def sweep_tuning(self, size: str) -> None:
        """Find the Trainer's fastest precision and sampling on one seed; ours has a run, too, before it is timed."""
        one = self.plan["tuned"] | {"seeds": [0], "size": size}
        self.ask("ours", "tune_ours", one)
        for setting in TUNINGS:
            self.record["tunings"].append(setting | self.ask("theirs", "tune_theirs", one | setting))
        self.best["finetuning"] = best(self.record["tunings"], "seconds", ("bf16", "sampling")) or TUNINGS[0]

    def measure(self, kind: str, size: str, turn: int) -> None:
        """Measure a case once; parties swap who goes first with every turn."""
        if kind == "finetuning" and "finetuning" not in self.best:
            self.sweep_tuning(size)
        case, answer = {"size": size}, {}
        if kind == "finetuning":
            case, ours, theirs = case | self.plan["tuned"], "tune_ours", "tune_theirs"
        else:
            case |= {"marks": self.plan["marks"], "score": kind == "pretraining", "fused": kind == "wide"}
            ours, theirs = "ours", "theirs"
        sides = [("ours", ours, case)]
        if kind in self.best:
            answer["settings"] = self.best[kind]
            sides.append(("theirs", theirs, case | self.best[kind]))
        for side, party, one in sides if turn % 2 == 0 else sides[::-1]:
            told = self.ask(side, party, one)
            answer |= {} if "error" in told else {side: told}
        self.found.setdefault((kind, size), []).append(answer)
        self.save()

    def run(self, repeats: int) -> None:
        """Sweep, then measure every case in turn as often as asked and as time allows."""
        self.sweep()
        for turn in range(repeats):
            for case in self.plan["cases"]:
                if self.budget.fits(case):
                    began = time.monotonic()
                    self.measure(*case, turn)
                    self.budget.note(case, began)

    def close(self) -> None:
        """End both processes."""
        for worker in self.workers.values():
            worker.stop()


def stages() -> Iterator[list[dict[str, Any]]]:
    """Yield the changes of settings that are tried together, each stage around the best of those before it."""
    yield [{"sampling": "group_by_length"}, {"sampling": "random"}]
    yield [{"workers": 2}, {"workers": 8}]
    yield [{"compile": True}]


def main() -> None:
    """Command line."""
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("--seconds", type=float, default=190.0, help="of the whole; the rest is not measured")
    command.add_argument("--repeats", type=int, default=2)
    command.add_argument("--out", type=Path, default=OUT)
    command.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    command.add_argument("--miniature", action="store_true", help=argparse.SUPPRESS)  # on a CPU, to try the program
    a = command.parse_args()
    if a.serve:
        from gpu_parties import PARTIES

        return serve(PARTIES)
    bench = Bench(a.seconds, a.out, MINIATURE if a.miniature else None)
    try:
        hello = [bench.ask(side, "hello", {}) for side in bench.workers]
        if any("error" in one for one in hello):
            sys.exit("a party did not start")
        gpu = hello[0]["gpu"]
        if gpu is None and not a.miniature:
            return print("no GPU here: nothing is measured or written")
        if not inputs.GIVEN:
            inputs.make([path for path in inputs.files() if path.name != "model.safetensors"])
        bench.record["machine"]["gpu"] = gpu
        bench.run(a.repeats)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
