"""Configurations as hypothesis mutates them: valid, or refused with a short line per fault that names its key.

CLM_EXAMPLES sets how many are tried (`make soak`: many; by default some seconds' worth).
"""

import copy
import os
import re
from functools import cache
from pathlib import Path

import counts
import pytest
from clm.provenance.canonical import canonical
from clm.study import grid
from clm.study.merge import read_configuration
from clm.study.validate import ConfigurationError, resolve_config
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_configuration import SCHEMA, without_catalogue

ROOT = Path(__file__).resolve().parents[3]
CONFIGURATIONS = int(os.environ.get("CLM_EXAMPLES", "100"))
GRIDS = (grid.checkpoints, grid.probe_cells, grid.fine_tuned_cells, grid.learning_cells, grid.curve_cells)
GRIDS += (grid.spectrum_cells, grid.baseline_cells, grid.final_checkpoints, grid.subsets)


@cache
def tiny():
    """Return the configuration of the tiny study."""
    files = (ROOT / name for name in ("catalogue.yaml", "config.yaml", "studies/tiny.yaml"))
    return without_catalogue(read_configuration(*files))


def places(node, path=()):
    """Yield the path of every value in a configuration."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def value_at(config, keys):
    """Return the value at a path."""
    for key in keys:
        config = config[key]
    return config


NASTY = [
    "",
    "x",
    "../x",
    "; rm -rf /",
    "$(id)",
    "=1+1",
    "1e-3",
    "é'\"\n",
    "\x1b[2J",
    "a" * 10_000,
    "60k",
    "zinc",
    "esol",
]
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 10), st.integers(), st.floats(), st.sampled_from(NASTY))
KEYS = st.one_of(st.sampled_from(NASTY), st.integers(), st.text(max_size=3))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2))
ACTIONS = st.sampled_from(["near", "near", "near", "replace", "remove", "add", "copy", "again"])


@st.composite
def mutated(draw):
    """Return a configuration in which a few values are replaced, removed, added, repeated or taken from elsewhere."""
    config = copy.deepcopy(tiny())
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        action, spots = draw(ACTIONS), list(places(config))
        if action == "near":
            spots = [spot for spot in spots if isinstance(value_at(config, spot), int | float | str)]
        *keys, last = draw(st.sampled_from(spots))
        place = value_at(config, keys)
        value = place[last]
        if action == "near" and isinstance(value, str):
            place[last] = draw(st.sampled_from([v for s in spots if isinstance(v := value_at(config, s), str)]))
        elif action == "near":
            place[last] = type(value)(value * draw(st.sampled_from([0.5, 1, 2])) + draw(st.sampled_from([0, 1])))
        elif action == "remove":
            del place[last]
        elif action == "add" and isinstance(place, dict):
            place[draw(KEYS)] = draw(VALUES)
        elif action == "again" and isinstance(place, list):
            place.append(copy.deepcopy(value))
        elif action == "copy":
            place[last] = copy.deepcopy(value_at(config, draw(st.sampled_from(spots))))
        else:
            place[last] = draw(VALUES)
    return config


def faults(config):
    """Return the lines of faults of a configuration; of a valid one, look at all its cells."""
    try:
        resolve_config(config, SCHEMA)
    except ConfigurationError as error:
        first, *told = str(error).split("\n")
        assert first == "the configuration cannot be used:" and told
        return told
    assert all(isinstance(read(config), list) for read in GRIDS)
    assert "NaN" not in canonical(config)
    return []


def test_mutated_configurations_are_valid_or_each_fault_names_its_key():
    outcomes = {True: 0, False: 0}

    @settings(max_examples=CONFIGURATIONS, deadline=None, derandomize=True, database=None)
    @given(mutated())
    @example(copy.deepcopy(tiny()) | {1: 2})  # a key that is no text
    @example(copy.deepcopy(tiny()) | {"a" * 10_000: 2})
    @example(copy.deepcopy(tiny()) | {"splits": {"random": [0]}})
    def tried(config):
        told = faults(config)
        outcomes[not told] += 1
        for line in told:
            assert line.isprintable() and len(line) < 1000, repr(line)
            key = re.match(r"  (\(top level\)|[^:]+): .", line)
            assert key and (key[1] == "(top level)" or key[1].split(".")[0].split(" ")[0] in config), line

    tried()
    assert min(outcomes.values()) > CONFIGURATIONS / 20, outcomes
    counts.told("inputs", configurations=sum(outcomes.values()))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_without_end_is_refused(value):
    config = copy.deepcopy(tiny())
    config["sizes"]["3k"]["learning_rate"] = value
    assert any(re.match(r"  sizes\.3k\.learning_rate: .*(finite|minimum)", line) for line in faults(config))


NAMES = [
    "../up",
    "a/b",
    "a;b",
    "$(id)",
    "`id`",
    "a b",
    "-rf",
    ".",
    "..",
    "",
    "a\nb",
    "<script>",
    "é",
    "a'b",
    'a"b',
    "~",
]


@pytest.mark.parametrize("section", ["tasks", "sizes", "corpora", "sources", "subsets", "external_models"])
def test_names_that_become_paths_are_plain(section):
    config = tiny()
    one = next(iter(config[section].values()), {"model": "m", "revision": "main", "remote_code": False})
    for name in NAMES:
        told = faults(config | {section: config[section] | {name: one}})
        assert any(line.startswith(f"  {section}: ") and "part of a path" in line for line in told), (name, told)
        assert all(line.isprintable() for line in told)


def test_the_name_of_a_study_is_plain():
    for name in NAMES:
        assert any(line.startswith("  study: ") for line in faults(tiny() | {"study": name})), name


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1+1", "@SUM(A1)"])
def test_text_that_a_spreadsheet_would_run_is_refused(value):
    """Units and labels become cells of tables."""
    for change in ({"units": value}, {"labels": [value]}):
        config = copy.deepcopy(tiny())
        config["tasks"]["freesolv"] |= change
        assert any(f"tasks.freesolv.{next(iter(change))}" in line and "spreadsheet" in line for line in faults(config))
