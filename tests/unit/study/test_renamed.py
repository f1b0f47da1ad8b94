"""What an earlier version wrote is told in one line: settings, and results below the folder of a study."""

import functools
from pathlib import Path

import pytest
from clm.study.merge import merged
from clm.study.renamed import RENAMED, older_results
from clm.study.validate import ConfigurationError, resolve_config
from test_configuration import DEFAULT, SCHEMA, with_change

FOLDERS = {"transfer/old": "transfer/new", "transfer/older": "transfer/newer", "transfer/kept": "transfer/kept"}


def property_of(schema, key):
    """Return the schema of a key of a section, or nothing."""
    return schema["additionalProperties"] if key == "*" else schema["properties"].get(key)


@pytest.mark.parametrize(("place", "new"), RENAMED.items())
def test_an_old_key_stops_with_the_new_one(place, new):
    *section, old = place.split(".")
    allowed = functools.reduce(property_of, section, SCHEMA)
    assert property_of(allowed, new) and not property_of(allowed, old)
    path = [{"corpora": "pubchem", "sizes": "60k"}[section[0]] if key == "*" else key for key in section]
    with pytest.raises(ConfigurationError) as error:
        resolve_config(with_change((*path, old), None), SCHEMA)
    assert str(error.value).splitlines()[1:] == [f"  {'.'.join([*path, old])}: renamed to {new}"]


def test_every_old_key_of_an_overlay_is_told_whatever_else_is_wrong():
    sizes = {"60k": {"fused": True}, "9m": {"fused": False}, "8m": None}
    overlay = {"sizes": sizes, "transfer": {"full": {"cells": []}, "learning_curves": {"labels": [5]}}, "study": "/"}
    with pytest.raises(ConfigurationError) as error:
        resolve_config(merged(DEFAULT, overlay), SCHEMA)
    assert str(error.value).splitlines()[1:] == [
        "  sizes.60k.fused: renamed to compile",
        "  sizes.9m.fused: renamed to compile",
        "  transfer.full: renamed to fine_tuning",
        "  transfer.learning_curves.labels: renamed to train_sizes",
    ]


@pytest.mark.parametrize("section", [None, [], "x", {"zinc": 3}])
def test_a_section_of_another_type_is_left_to_the_schema(section):
    with pytest.raises(ConfigurationError, match="corpora"):
        resolve_config(DEFAULT | {"corpora": section}, SCHEMA)


def test_results_of_an_earlier_version_are_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = Path("results/mine")
    assert older_results(results, FOLDERS) is None
    for name in ("kept", "new"):
        (results / "transfer" / name).mkdir(parents=True)
    assert older_results(results, FOLDERS) is None
    (results / "transfer" / "old").mkdir()
    line = older_results(results, FOLDERS)
    assert line.startswith("results/mine holds results of an earlier version (transfer/old)") and "\n" not in line
    assert line.endswith("or delete results/mine/transfer/old")
    (results / "transfer" / "older").mkdir()
    assert "(transfer/old, transfer/older)" in older_results(results, FOLDERS)
