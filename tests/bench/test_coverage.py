"""The measurement of coverage: intervals of noise hold nine labels in ten, and the command runs on a finished study."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from clm.tasks.table import Task
from made_study import CHECKPOINT, made_study

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from coverage import covered  # noqa: E402
from split_task import parts_of  # noqa: E402


def task_of(rng: np.random.Generator, count: int) -> Task:
    """A task whose labels are noise."""
    names = [f"{'C' * (i + 1)}O" for i in range(count)]
    return Task(np.arange(count), names, names, [""] * count, rng.normal(size=(count, 1)), ["y"])


def test_intervals_of_noise_hold_nine_labels_in_ten():
    rng = np.random.default_rng(0)
    task, x = task_of(rng, 300), rng.normal(size=(300, 4))
    held = [covered(task, x, "regression", parts_of(task, "random", seed), False).mean() for seed in range(20)]
    assert 0.87 < np.mean(held) < 0.93
    apart = np.where(np.arange(300) < 240, "train", "test")
    task.labels[240:] += 5  # molecules unlike the labelled ones
    assert covered(task, x, "regression", apart, False).mean() < 0.1


def test_the_command_measures_each_task_and_kind_of_split(tmp_path):
    made_study(tmp_path / "study", 60)
    for task in ("length", "amine"):  # chains have no scaffolds
        path = tmp_path / "study/tasks" / task / "molecules.csv"
        table = pd.read_csv(path, keep_default_na=False)
        table.assign(scaffold=[f"ring{row % 20}" for row in table["row"]]).to_csv(path, index=False)
    call = [sys.executable, "bench/coverage.py", str(tmp_path / "study"), "--checkpoint", CHECKPOINT]
    call += ["--tasks", "length", "amine", "--draws", "2", "--out", str(tmp_path / "coverage.csv")]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / "coverage.csv")
    assert found[["task", "split"]].apply(tuple, axis=1).tolist() == [
        (task, split) for task in ("length", "amine") for split in ("random", "scaffold_balanced")
    ]
    assert (found["least"] <= found["coverage"]).all() and (found["coverage"] <= found["largest"]).all()


def test_recorded_intervals_cover_nine_of_ten_on_random_splits_and_the_page_tells_it():
    table = pd.read_csv(ROOT / "reference" / "coverage.csv")
    drawn = table[table["split"] == "random"]
    assert len(drawn) >= 6 and (drawn["draws"] >= 20).all() and drawn["coverage"].between(0.87, 0.93).all()
    page = (ROOT / "docs" / "PREDICT.md").read_text()
    for split, words in (("random", "random splits"), ("scaffold_balanced", "new scaffolds (scaffold_balanced)")):
        shares = [f"{100 * share:.0f} %" for share in table.loc[table["split"] == split, "coverage"]]
        assert f"| {words} | {' | '.join(shares)} |" in page
    assert f"| | {' | '.join(drawn['task'])} |" in page
