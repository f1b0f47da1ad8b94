"""Overlays: lists are replaced or extended, entries are taken away, options of the command line are read as YAML."""

import json
from pathlib import Path

import pytest
import yaml
from clm.study.merge import (
    merged,
    project_configuration,
    read_configuration,
    study_configuration,
    typed,
)
from clm.study.removed import without_removed
from clm.study.validate import ConfigurationError, resolve_config

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
BASE = [ROOT / "catalogue.yaml", ROOT / "config.yaml"]


def overlay(folder, number, text):
    path = folder / f"{number}.yaml"
    path.write_text(text)
    return path


def test_lists_are_replaced():
    assert merged({"a": [1, 2]}, {"a": [3]}) == {"a": [3]}


def test_a_key_with_plus_extends_the_list_without_repeats():
    assert merged({"a": {"b": [1, 2]}}, {"a": {"b+": [2, 3]}}) == {"a": {"b": [1, 2, 3]}}


def test_two_overlays_extend_one_list(tmp_path):
    files = [overlay(tmp_path, n, f"transfer: {{tasks+: [{name}]}}") for n, name in enumerate(("bace", "qm7"))]
    before = study_configuration(BASE, [], {}, SCHEMA)["transfer"]["tasks"]
    assert study_configuration(BASE, files, {}, SCHEMA)["transfer"]["tasks"] == [*before, "qm7"]


def test_scripts_find_what_every_study_starts_from(tmp_path, monkeypatch):
    file = overlay(tmp_path, 0, "{study: mine, transfer: {tasks+: [qm7]}, sizes: {60k: null}}")
    expected = study_configuration(BASE, [file], {}, SCHEMA)
    monkeypatch.chdir(tmp_path)
    assert project_configuration([file]) == expected and "60k" not in expected["sizes"]
    assert project_configuration([*BASE, file]) == expected and project_configuration([]) != expected


def test_plus_on_what_is_no_list_stays_an_unknown_key():
    assert merged({"a": 1}, {"a+": [2]}) == {"a": 1, "a+": [2]}
    assert merged({"a": [1]}, {"a+": 2}) == {"a": [1], "a+": 2}


@pytest.mark.parametrize("nothing", ["null", "{}"])
def test_an_overlay_takes_entries_away(tmp_path, nothing):
    text = f"sizes: {{150k: {nothing}}}\nsubsets: {{64k: null}}\ngrid: {{budgets: {{200k: null}}}}"
    before = study_configuration(BASE, [], {}, SCHEMA)
    after = study_configuration(BASE, [overlay(tmp_path, 0, text)], {}, SCHEMA)
    assert set(before["sizes"]) - set(after["sizes"]) == {"150k"}
    assert set(before["subsets"]) - set(after["subsets"]) == {"64k"}
    assert set(before["grid"]["budgets"]) - set(after["grid"]["budgets"]) == {"200k"}


def test_an_overlay_takes_a_split_away(tmp_path):
    file = overlay(tmp_path, 0, "splits: {random: null}")
    assert set(study_configuration(BASE, [file], {}, SCHEMA)["splits"]) == {"scaffold"}


def test_the_name_of_what_is_taken_away_goes_from_lists_and_blocks(tmp_path):
    before = study_configuration(BASE, [], {}, SCHEMA)
    after = study_configuration(BASE, [overlay(tmp_path, 0, "sizes: {150k: null}")], {}, SCHEMA)
    resolve_config(after, SCHEMA)
    assert "150k" not in json.dumps(after)
    own = [block for block in before["grid"]["trunks"] if block["sizes"] == ["150k"]]
    assert own and after["grid"]["trunks"] == [block for block in before["grid"]["trunks"] if block not in own]
    curves = [config["landscape"]["curves"]["cells"][0] for config in (before, after)]
    assert curves[1] == curves[0] | {"sizes": ["60k", "300k", "800k"]}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sizes: {300k: null}", "300k"),  # a surface is of this size alone
        ("corpora: {pubchem: null}", "pubchem"),
        ("tasks: {esol: null}", "esol"),  # a name of transfer.tasks, which others refer to
        ("tasks: {bace: null, lipo: null}", "bace"),
        ("grid: {budgets: {500k: null}}", "500k"),
    ],
)
def test_the_default_study_can_be_used_without(tmp_path, text, name):
    after = study_configuration(BASE, [overlay(tmp_path, 0, text)], {}, SCHEMA)
    resolve_config(after, SCHEMA)
    assert f'"{name}"' not in json.dumps(after)


def test_a_name_that_must_be_given_is_told(tmp_path):
    after = study_configuration(BASE, [overlay(tmp_path, 0, "subsets: {64k: null}")], {}, SCHEMA)
    with pytest.raises(ConfigurationError, match=r"pretraining.sweep.subset: '64k' is not defined in subsets"):
        resolve_config(after, SCHEMA)


def test_null_that_is_a_value_stays(tmp_path):
    path = overlay(tmp_path, 0, "sources: {molsets: {sha256: null}}")
    after = study_configuration(BASE, [path], {}, SCHEMA)
    assert after["sources"]["molsets"]["sha256"] is None
    assert after["corpora"]["pubchem"] == study_configuration(BASE, [], {}, SCHEMA)["corpora"]["pubchem"]


def test_an_empty_table_takes_all_entries_away():
    schema = {"properties": {"t": {"additionalProperties": {"type": "object"}}}}
    assert without_removed(merged({"t": {"a": {"x": 1}}}, {"t": {}}), schema) == {"t": {}}


def test_options_inside_mappings_are_read_as_yaml():
    given = {"curvature": {"batches": "3", "rhos": ["0.5", "x"], "on": "true"}, "study": "8"}
    assert typed(given) == {"curvature": {"batches": 3, "rhos": [0.5, "x"], "on": True}, "study": "8"}
    assert typed({"curvature": {"device": "\udcff"}}) == {"curvature": {"device": "\udcff"}}  # no UTF-8: the schema's


def test_an_empty_overlay_changes_nothing(tmp_path):
    assert study_configuration(BASE, [overlay(tmp_path, 0, "")], {}, SCHEMA) == study_configuration(
        BASE, [], {}, SCHEMA
    )


def test_a_resolved_configuration_written_as_json_is_the_same_one(tmp_path):
    """As the report reads it: JSON writes 1e-05, which is text to YAML."""
    resolved = study_configuration(BASE, [], {}, SCHEMA)
    path = tmp_path / "resolved.json"
    path.write_text(json.dumps(resolved))
    assert "1e-05" in path.read_text() and study_configuration([], [path], {}, SCHEMA) == resolved


def test_numbers_of_a_json_file_are_those_of_json(tmp_path):
    (tmp_path / "resolved.json").write_text('{"a": 1e-05}')
    assert read_configuration(tmp_path / "resolved.json") == {"a": 1e-5}
