"""The pure part of the GPU's benchmarks: time left, the other party's best settings, rows; processes that stay."""

import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import gpu_rows
import table
import workers

BENCH = Path(gpu_rows.__file__).parent


def test_a_case_starts_only_if_it_fitted_into_the_time_left_before():
    times = iter([0.0, 10.0, 40.0, 60.0, 61.0, 110.0])
    budget = gpu_rows.Budget(100.0, lambda: next(times))
    assert budget.fits("a")  # at 10: never ran
    budget.note("a", began=10.0)  # at 40: took 30 s
    assert budget.fits("a") and budget.fits("a")  # at 60 and 61: 39 s left
    assert not budget.fits("b")  # over


def test_the_best_settings_are_the_fastest_that_ran():
    tried = [
        {"workers": 2, "compile": False, "us": [3.0, 9.0, 2.0]},
        {"workers": 4, "compile": False, "us": [2.0, 2.5, 2.6]},
        {"workers": 4, "compile": True, "error": "over 45 s"},
    ]
    assert gpu_rows.best(tried, "us", ("workers", "compile")) == {"workers": 4, "compile": False}
    assert gpu_rows.best([{"seconds": 2.0, "bf16": True}], "seconds", ("bf16",)) == {"bf16": True}
    assert gpu_rows.best(tried[2:], "us", ("workers",)) is None


def told(microseconds, **more):
    return {"microseconds_per_token": microseconds, "flops_per_second": [x * 1e14 for x in microseconds], **more}


def test_rows_pair_windows_of_a_round_and_leave_out_what_did_not_run():
    found = {
        ("pretraining", "60k"): [
            {"ours": told([1.0, 2.0], validation_loss=2.0), "theirs": told([6.0, 8.0], validation_loss=2.1)},
            {"ours": told([1.0, 1.0])},
        ],
        ("pretraining", "10m"): [{}],
        ("finetuning", "800k"): [{"ours": {"seconds": 2.0, "auc": [0.5]}, "theirs": {"seconds": 8.0, "auc": [0.6]}}],
    }
    rows = {row["key"]: row for row in gpu_rows.rows_of(found, "NVIDIA H100 80GB HBM3")}
    assert set(rows) == {"pretraining gpu 60k", "throughput gpu 60k", "finetuning gpu 800k"}
    assert rows["pretraining gpu 60k"]["ratio"] == 5.0 and rows["pretraining gpu 60k"]["spread"] == [4.0, 6.0]
    assert rows["pretraining gpu 60k"]["validation_loss"] == {"ours": 2.0, "theirs": 2.1}
    assert rows["throughput gpu 60k"]["ours"] == 1.0
    assert rows["finetuning gpu 800k"]["ratio"] == 4.0
    assert all(table.line(promise, rows.get(promise.key)) for promise in table.PROMISES)


def test_utilization_is_that_of_the_better_way_to_run_a_size_and_the_smallest_over_sizes():
    found = {
        ("wide", "30m"): [{"ours": told([4.0])}],
        ("unfused", "30m"): [{"ours": told([5.0])}],
        ("wide", "100m"): [{"ours": told([4.5])}],
    }
    rows = {row["key"]: row for row in gpu_rows.rows_of(found, "NVIDIA H200")}
    assert rows["utilization gpu 30m"]["ratio"] == pytest.approx(5e14 / 989.4e12)
    assert not rows["utilization gpu 30m"]["fused"]
    assert rows["utilization gpu"]["ratio"] == rows["utilization gpu 100m"]["ratio"]
    promise = next(one for one in table.PROMISES if one.key == "utilization gpu 100m")
    assert table.line(promise, rows["utilization gpu 100m"])[-1] == "met"
    assert not [row for row in gpu_rows.rows_of(found, "NVIDIA H100 PCIe") if "utilization" in row["key"]]


PROGRAM = f"""
import sys, time
sys.path.insert(0, {str(BENCH)!r})
import workers
def add(case):
    print("chatter")
    return {{"sum": case["a"] + case["b"], "calls": len(SEEN.append(1) or SEEN)}}
SEEN = []
workers.serve({{"add": add, "sleep": lambda case: time.sleep(60)}})
"""


@pytest.fixture
def worker(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    worker = workers.Worker(str(program))
    yield worker
    worker.stop()


def test_a_worker_stays_for_the_next_case_and_its_chatter_is_no_answer(worker):
    assert worker.ask("add", {"a": 1, "b": 2}, 60) == {"sum": 3, "calls": 1}
    assert worker.ask("add", {"a": 2, "b": 2}, 60) == {"sum": 4, "calls": 2}


def test_a_worker_that_fails_or_overruns_is_replaced(worker):
    with pytest.raises(workers.Failed, match="KeyError"):
        worker.ask("add", {"a": 1}, 60)
    began = time.monotonic()
    with pytest.raises(workers.Failed, match="over 0 s"):
        worker.ask("sleep", {}, 0.2)
    assert time.monotonic() - began < 30
    assert worker.ask("add", {"a": 1, "b": 2}, 60)["calls"] == 1


def test_inputs_are_packed_with_the_layout_of_a_study(tmp_path, monkeypatch):
    monkeypatch.setenv("CLM_BENCH_STUDY", "gpu")
    command = [sys.executable, str(BENCH / "gpu_inputs.py"), str(tmp_path / "a.tar.gz"), str(tmp_path / "study")]
    assert "not made yet" in subprocess.run(command, capture_output=True, text=True).stderr
    code = "import sys; sys.path.insert(0, sys.argv[1]); import gpu_inputs, inputs, pathlib\n"
    code += "for path in gpu_inputs.packed(pathlib.Path(sys.argv[2])): print(path)"
    wanted = subprocess.run([sys.executable, "-c", code, *map(str, (BENCH, tmp_path / "study"))], capture_output=True)
    for name in wanted.stdout.decode().splitlines():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("x")
    subprocess.run(command, check=True, capture_output=True)
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        names = archive.getnames()
    assert "corpora/zinc/tokens/200k.safetensors" in names and "tokenizer/tokenizer.json" in names
    assert not [name for name in names if name.endswith("model.safetensors")]
