"""What an overlay defines and nothing uses is told, a line per table; what was there before it is not."""

from pathlib import Path

import pytest
import yaml
from clm.study.merge import BASE, merged, project_configuration, project_schema, read_configuration
from clm.study.unused import SHOWN, unused
from clm.study.validate import resolve_config

ROOT = Path(__file__).resolve().parents[3]
STUDIES = sorted((ROOT / "studies").glob("*.yaml"))
DEFAULT = read_configuration(*(ROOT / name for name in BASE))
TASK = {"file": "own.csv", "smiles": "s", "labels": ["y"], "kind": "regression"}
FORGOTTEN = {
    "sizes": {"5m": DEFAULT["sizes"]["60k"]},
    "subsets": {"1k": 1000},
    "tasks": {"own": TASK},
    "corpora": {"other": DEFAULT["corpora"]["zinc"]},
    "sources": {"elsewhere": {"url": ["https://example.org/x"], "sha256": None, "licence": "", "citation": ""}},
}


def told(overlay):
    return list(unused(merged(DEFAULT, overlay), overlay))


def test_each_table_has_a_line_with_the_place_where_a_name_is_to_be_given():
    lines = told(FORGOTTEN | {"sizes": FORGOTTEN["sizes"] | {"9m": DEFAULT["sizes"]["60k"]}})
    assert lines[0] == "sizes: 5m, 9m are used by nothing; to be used: in grid.trunks"
    assert [line.split(":")[0] for line in lines] == ["sizes", "subsets", "corpora", "tasks", "sources"]
    assert "tasks: own is used by nothing; to be used: in transfer.tasks" in lines


@pytest.mark.parametrize(
    "use",
    [
        {"transfer": {"tasks": ["own"]}},
        {"transfer": {"learning_curves": {"tasks": ["own"]}}},
        {"transfer": {"fine_tuning": {"tasks": ["own"]}}},
        {"corpora": {"zinc": {"decontaminate": ["own"]}}},
    ],
)
def test_a_task_that_is_used_anywhere_is_not_told(use):
    assert told({"tasks": {"own": TASK}} | use) == []


def test_the_source_of_a_task_is_used_if_the_task_is():
    task = {key: value for key, value in TASK.items() if key != "file"} | {"source": "elsewhere"}
    overlay = {"sources": FORGOTTEN["sources"], "tasks": {"own": task}}
    assert told(overlay | {"transfer": {"tasks": ["own"]}}) == []
    assert [line.split(":")[0] for line in told(overlay)] == ["tasks", "sources"]


def test_a_budget_belongs_to_every_trunk_that_names_none():
    budgets = {"budgets": {"50k": 50_000}}
    assert told({"grid": budgets}) == []
    trunk = {"corpora": ["zinc"], "sizes": ["60k"], "subsets": ["64k"], "seeds": [0], "budgets": ["1300k"]}
    assert told({"grid": budgets | {"trunks": [trunk]}}) == [
        "grid.budgets: 50k is used by nothing; to be used: in grid.trunks"
    ]


def test_many_names_make_no_long_line():
    overlay = {"tasks": {f"own{n}": TASK for n in range(99)}}
    (line,) = told(overlay)
    assert f"own9 and {99 - SHOWN} more are used by nothing" in line and len(line) < 150


@pytest.mark.parametrize("path", [ROOT / "config.yaml", *STUDIES], ids=lambda path: path.stem)
def test_the_studies_of_the_project_use_all_that_they_define(path):
    config = project_configuration([path])
    if path.stem in ("selfies", "bpe", "masking", "sgd"):
        config = project_configuration([ROOT / "studies" / "cell.yaml", path])
    resolve_config(config, project_schema())
    assert list(unused(config, yaml.safe_load(path.read_text()))) == []
