"""The benchmarks' own arithmetic: ratios of neighbours in time, the choice of the sweep, a table that admits gaps."""

import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import finetuning_steps
import harness
import repeatability
import study
import table
import trainer_sweep
import workflow


def test_a_ratio_is_the_median_of_ratios_of_neighbours():
    # the machine slows down threefold: both sides suffer, the ratio stays
    pairs = [({"s": 1.0}, {"s": 2.0}), ({"s": 3.0}, {"s": 6.0}), ({"s": 2.0}, {"s": 5.0})]
    row = harness.compared("x", pairs, "s", "s")
    assert (row["ratio"], row["spread"]) == (2.0, [2.0, 2.5])
    assert (row["ours"], row["theirs"]) == (2.0, 5.0)


def test_parties_take_turns_in_swapped_order(monkeypatch):
    called = []
    monkeypatch.setattr(harness, "run_party", lambda program, name, case, threads: called.append(name) or {"is": name})
    pairs = harness.alternate("p", ("a", {}, 1), ("b", {}, 2), 3)
    assert called == ["a", "b", "b", "a", "a", "b"]
    assert pairs == [({"is": "a"}, {"is": "b"})] * 3


def test_a_party_that_fails_is_an_error_with_its_reason(tmp_path):
    program = tmp_path / "broken.py"
    program.write_text("raise SystemExit('no such model')\n")
    with pytest.raises(RuntimeError, match="no such model"):
        harness.run_party(str(program), "ours", {})


def test_what_was_not_measured_is_said_and_a_verdict_follows_the_ratio():
    promise = table.Promise("k", "work", "them", ">= 2x", 2)
    assert table.line(promise, None)[3] == "not measured"
    row = {"key": "k", "unit": "s", "ours": 1.0, "theirs": 1.9, "ratio": 1.9, "spread": [1.5, 2.3]}
    assert table.line(promise, row)[-1] == "missed"
    assert table.line(promise, row | {"ratio": 2.0})[-1] == "met"
    both = table.line(promise, row | {"validation_loss": {"ours": 2.0, "theirs": 2.125}})
    assert both[3:5] == ["1 s, 2.00 nats", "1.9 s, 2.12 nats"]
    assert table.line(table.Promise("k", "w", "-", "<= 15 s", None, 15), {"ours": 16.0, "unit": "s"})[-1] == "missed"


def test_the_sweep_prefers_speed_only_among_settings_that_learn_as_much():
    setting = {"batch": 16, "sampling": "random", "workers": 0, "compile": False, "threads": 1}
    rows = [
        setting | {"seconds": 9.0, "validation_loss": 1.000},
        setting | {"batch": 32, "seconds": 5.0, "validation_loss": 1.005},
        setting | {"batch": 64, "seconds": 3.0, "validation_loss": 1.050},
        setting | {"batch": 128, "error": "out of memory"},
        setting | {"batch": 8, "threads": 2, "seconds": 1.0, "validation_loss": 0.9},
    ]
    assert trainer_sweep.chosen(rows, 1, loss=1.0)["batch"] == 32
    assert trainer_sweep.chosen(rows, 1, loss=2.0)["batch"] == 32


def test_account_of_a_study_adds_up(tmp_path):
    costs = tmp_path / "costs.csv"
    costs.write_text("stage,wall_seconds,peak_memory_mb\na,2.5,100\na,0.5,300\nb,3,200\n")
    told = study.account(costs)
    assert told["stages"]["a"] == {"jobs": 2, "seconds": 3.0} and told["seconds"] == 6.0 and told["peak_mb"] == 300


def test_what_doubling_the_steps_changes_is_the_mean_of_relative_changes():
    def row(steps, factor, start="untrained"):
        runs = [{"error": error * factor, "validation_error": 2.0} for error in (0.9, 1.1)]
        tasks = dict.fromkeys(finetuning_steps.TASKS, runs)
        return {"size": "60k", "start": start, "steps": steps, "tasks": tasks}

    (found,) = finetuning_steps.doubled([row(100, 1.0), row(200, 0.8), row(800, 0.1)])
    assert (found["from"], found["to"]) == (100, 200)
    assert found["mean"] == pytest.approx(-20) and found["esol"] == pytest.approx(-20) and found["validation"] == 0
    assert found["standard_error"] == pytest.approx(100 * 0.1 * np.sqrt(2) / np.sqrt(3))  # 10 % of each mean, of 2 runs
    (gain,) = finetuning_steps.gained([row(100, 1.0), row(200, 0.7), row(200, 0.35, finetuning_steps.MOST)])
    assert (gain["steps"], gain["from"]) == (200, "untrained") and gain["mean"] == pytest.approx(-50)


def test_jobs_of_a_dry_run_are_read_from_its_table():
    assert workflow.jobs_of(" rule   count\n ------\n a  3\n\n total     31 \n") == 31
    assert workflow.jobs_of("Nothing to be done") == 0


def test_distance_of_two_runs(tmp_path):
    weights = {"a": np.array([3.0, 4.0], np.float32), "b": np.array([[0.0]], np.float32)}
    moved = weights | {"a": np.array([3.0, 4.5], np.float32)}
    runs = []
    for name, values, loss in (("one", weights, 1.0), ("two", moved, 0.75)):
        save_file(values, tmp_path / name)
        runs.append({"weights": str(tmp_path / name), "loss": loss})
    found = repeatability.apart(*runs)
    assert found == {"weights_that_differ": 1, "weights": 3, "relative_norm": 0.1, "loss_difference": 0.25}
    assert repeatability.largest("x", [found, found | {"relative_norm": 0.2}])["relative_norm"] == 0.2
