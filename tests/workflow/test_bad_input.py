"""A study of tasks and models that cannot be scored: it completes, the cells say why, the statistics leave them out."""

import csv
import json
import shutil

import pytest
import yaml
from snakemake_runs import snakemake

pytestmark = pytest.mark.slow
RINGS = "c1ccccc1 c1ccncc1 C1CCCCC1 c1ccoc1 c1ccsc1 C1CCNCC1 C1CC1 C1CCC1 C1CCCC1 C1CCOCC1 c1cc[nH]c1 c1cnccn1".split()
RINGS += "c1ccc2ccccc2c1 C1CCCCCC1 c1cscn1 c1cocn1 C1CNCCN1 C1COCCN1 c1ccc2[nH]ccc2c1 c1ccc2ncccc2c1".split()
BENZENES = ["c1ccccc1" + "C" * i for i in range(1, 21)]
MIXED = [ring + "C" * i for i in range(1, 3) for ring in RINGS]
NO_NUMBERS = ("nan", "inf", "-inf", "", "<5", "n/a")
TABLES = {
    "flat": [(text, 1.5) for text in MIXED],
    "one_class": [(text, 1) for text in MIXED],
    "all_test": [(text, i) for i, text in enumerate(BENZENES)],  # one scaffold: DeepChem's split trains on nothing
    # 20 molecules, each with a scaffold of its own, and six without a usable label
    "lone": [(text, len(text)) for text in RINGS] + [(RINGS[0] + "C", label) for label in NO_NUMBERS],
}


def overlay(folder):
    """A part of the tiny study on these tasks, with a size whose learning rate makes it diverge."""
    (folder / "bad").mkdir()
    tasks = {}
    for name, table in TABLES.items():
        with (folder / "bad" / f"{name}.csv").open("w", newline="") as handle:
            csv.writer(handle).writerows([("mol", "y"), *table])
        kind = "classification" if name == "one_class" else "regression"
        tasks[name] = {"file": f"bad/{name}.csv", "smiles": "mol", "labels": ["y"], "kind": kind}
    wild = {"layers": 1, "width": 16, "heads": 2, "learning_rate": 1e30, "memory_mb": 1000, "minutes": 10}
    block = {"corpora": ["zinc"], "seeds": [0], "budgets": ["t10k", "t20k"]}
    trunks = [
        block | {"sizes": ["3k"], "subsets": ["t300", "t900"]},
        block | {"sizes": ["25k", "wild"], "subsets": ["t900"]},
    ]
    cells = [block | {"sizes": ["25k", "wild"], "subsets": ["t900"], "budgets": ["t20k"]}]
    full = {"tasks": ["all_test", "flat"], "tune_tasks": ["lone", "all_test"], "cells": cells}
    mapped = {"corpus": "zinc", "size": "25k", "subset": "t900", "seed": 0, "tasks": ["lone", "all_test"]}
    config = {
        "sizes": {"wild": wild},
        "grid": {"trunks": trunks},
        "tasks": tasks,
        "transfer": {"tasks": list(TABLES), "answers": ["lone"], "fine_tuning": full},
        "landscape": {"maps": [mapped], "curves": {"cells": []}},
        "curvature": {"spectrum": {"cells": []}},
        "analysis": {"min_trunks": 3},
    }
    (folder / "studies" / "bad.yaml").write_text(yaml.safe_dump(config))


@pytest.fixture(scope="module")
def results(finished, tmp_path_factory):
    """The tiny study's results go on with the bad tasks: corpora and most checkpoints are there."""
    folder = shutil.copytree(finished, tmp_path_factory.mktemp("bad") / "study", symlinks=True)
    overlay(folder)
    done = snakemake(folder, "--configfile", "studies/tiny.yaml", "studies/bad.yaml")
    assert done.returncode == 0, done.stdout[-5000:]
    return folder / "results" / "tiny"


def rows(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_cell_carries_its_reason(results):
    found = {}
    for row in rows(results / "tables" / "transfer.csv"):
        key = "diverged" if row["size"] == "wild" and row["corpus"] == "zinc" else row["task"]
        found.setdefault((key, row["split"]), set()).add(row["status"])
        assert row["status"] in ("ok", "no_signal", "no_interval", "constant_labels") or not row["error"]
    assert {status for (key, _), held in found.items() if key == "diverged" for status in held} == {"diverged"}
    assert found["flat", "scaffold"] == found["flat", "random"] == {"constant_labels"}
    assert found["one_class", "scaffold"] == {"one_class"}
    assert found["all_test", "scaffold"] == {"no_train_labels"} and "no_train_labels" not in found["all_test", "random"]
    assert found["lone", "scaffold"] <= {"ok", "no_signal", "constant_labels"}


def test_labels_that_are_no_numbers_are_counted(results):
    summary = json.loads((results / "tasks" / "lone" / "summary.json").read_text())
    assert (summary["read"], summary["kept"], summary["rejected"]) == (26, 20, {"no_label": 6})
    assert summary["labels"]["y"] == {"present": 20, "missing": 3, "infinite": 2, "censored": 1}


def test_statistics_leave_them_out_and_say_so(results):
    verdicts = {(row["task"], row["split"]): row["verdict"] for row in rows(results / "tables" / "saturation.csv")}
    for task in ("flat", "one_class"):
        assert not [key for key in verdicts if key[0] == task]
    assert ("all_test", "scaffold") not in verdicts
    findings = (results / "tables" / "findings.md").read_text()
    left_out = findings[findings.index("## What is left out of the statistics") :]
    for reason, task in (
        ("labels all equal", "flat"),
        ("one class only", "one_class"),
        ("in the training part", "all_test"),
    ):
        line = next(line for line in left_out.splitlines() if reason in line)
        assert f"{task}, scaffold split" in line
    assert "wild after 20k tokens of ZINC (900 molecules), seed 0" in left_out and "pretraining diverged: " in left_out
    assert (results / "report" / "report.html").stat().st_size > 1000
