"""A job over many tasks: each is scored once for all that it depends on."""

import pandas as pd
import pytest
from clm.provenance.files import read_json
from clm.study.paths import task_molecules, task_split
from clm.transfer.each_task import digests, score_each_task

RECORD = {"budget": "b", "split": "random", "split_seed": 0, "finetune_seed": 0, "features": "mean", "label": "y"}
RECORD |= {"row": [1, 2], "y": [0.5, 1.5], "prediction": [0.25, 1.0]}


@pytest.fixture
def score(tmp_path):
    """Return a function that runs a job over tasks and returns those that it computed."""

    def scored(tasks, read=("code",), **shared):
        computed = []

        def compute(molecules, splits, settings):
            computed.append(settings["task"])
            text = molecules.read_text() + "".join(path.read_text() for path in splits)
            return {"text": text, "steps": settings["steps"]}, [RECORD]

        settings = {"tasks": tasks, "splits": [["random", 0]], "steps": 1} | shared
        out = lambda task: tmp_path / f"{task}.json"  # noqa: E731
        score_each_task(tmp_path, tmp_path / "store", settings, read, out, lambda: compute)
        return computed

    return scored


def task(tmp_path, name, molecules="m"):
    """Write a task and return its settings."""
    for path, text in ((task_molecules(tmp_path, name), molecules), (task_split(tmp_path, name, "random", 0), "s")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {name: {"task": name, "kind": "regression"}}


def test_only_what_is_new_is_computed(score, tmp_path):
    tasks = task(tmp_path, "a") | task(tmp_path, "b")
    assert score(tasks) == ["a", "b"] and score(tasks) == []
    assert score(tasks | task(tmp_path, "c")) == ["c"]
    assert score(tasks | {"b": {"task": "b", "kind": "classification"}}) == ["b"]
    assert score(tasks | task(tmp_path, "a", "other molecules")) == ["a", "b"], "b is again what it was before"
    assert read_json(tmp_path / "a.json") == {"text": "other moleculess", "steps": 1}
    assert len(pd.read_parquet(tmp_path / "a.parquet")) == 2 and read_json(tmp_path / "a.cost.json")["versions"]


def test_what_all_tasks_share_computes_all(score, tmp_path):
    tasks = task(tmp_path, "a") | task(tmp_path, "b")
    score(tasks)
    assert score(tasks, steps=2) == ["a", "b"]
    assert score(tasks, read=("other code",), steps=2) == ["a", "b"]


def test_digests_are_of_contents(tmp_path):
    for name, text in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).write_text(text)
    one, same, other = digests(*(tmp_path / name for name in "abc"))
    assert one == same != other
