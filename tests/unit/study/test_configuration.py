"""Faults of a configuration stop in one line each, before any job."""

import copy
from datetime import date
from pathlib import Path

import pytest
import yaml
from clm.study.grid import checkpoints, fine_tuned_cells, probe_cells, trunks, untrained
from clm.study.merge import read_configuration
from clm.study.validate import ConfigurationError, resolve_config

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
DEFAULT = read_configuration(ROOT / "catalogue.yaml", ROOT / "config.yaml")


def without_catalogue(config):
    """Return a configuration with just the tasks that it uses: a tenth of the time to check."""
    used = {*config["transfer"]["tasks"], *config["transfer"]["fine_tuning"]["tasks"], *config["transfer"]["answers"]}
    used |= {task for corpus in config["corpora"].values() for task in corpus.get("decontaminate", [])}
    return config | {"tasks": {name: task for name, task in config["tasks"].items() if name in used}}


def with_change(path, value):
    config = copy.deepcopy(without_catalogue(DEFAULT))
    place = config
    *keys, last = path
    for key in keys:
        place = place[key]
    place[last] = value
    return config


def broken(path, value):
    """Return the default study with one faulty value."""
    config = with_change(path, value)
    if path[-1] == "subset":  # a cell that exists for some sizes only
        config["grid"]["trunks"][0]["subsets"] = ["64k"]
        config["grid"]["trunks"].append({"corpora": ["zinc"], "sizes": ["60k"], "subsets": ["500"], "seeds": [0]})
        config["transfer"]["fine_tuning"]["cells"] = config["transfer"]["fine_tuning"]["cells"][1:2]
    return config


def test_the_default_study_is_valid_and_as_large_as_promised():
    resolve_config(DEFAULT, SCHEMA)
    assert len({t.size for t in trunks(DEFAULT)}) >= 4
    assert len({t.subset for t in trunks(DEFAULT)}) >= 2
    assert all(len(t.budgets) >= 3 for t in trunks(DEFAULT))
    seeds = {}
    for t in trunks(DEFAULT):
        seeds.setdefault((t.corpus, t.size, t.subset), set()).add(t.seed)
    assert max(map(len, seeds.values())) >= 3
    tasks = DEFAULT["transfer"]["tasks"]
    assert {"bbbp", "bace", "esol", "freesolv", "lipo"} <= set(tasks)
    assert len([t for t in tasks if "control" not in DEFAULT["tasks"][t]]) >= 8
    assert {t.size for t in untrained(DEFAULT)} == {t.size for t in trunks(DEFAULT)}
    assert len(untrained(DEFAULT)) >= 3 * len({t.size for t in trunks(DEFAULT)})  # below 3 there is no net gain
    assert len(probe_cells(DEFAULT)) == (len(trunks(DEFAULT)) + len(untrained(DEFAULT))) * len(tasks)
    pretrained = set(checkpoints(DEFAULT))
    found = {
        (c.trunk.size, c.trunk.subset, c.budget) for c, _ in fine_tuned_cells(DEFAULT) if c.trunk.corpus != "untrained"
    }
    assert found <= {(c.trunk.size, c.trunk.subset, c.budget) for c in pretrained}


FAULTS = [
    (
        ("corpora", "zinc", "sample_fracton"),
        0.1,
        "corpora.zinc: unknown key 'sample_fracton' (did you mean 'sample_fraction'?); allowed: files",
    ),
    (("corpora", "zinc", "thin"), 0.1, "corpora.zinc.thin: renamed to sample_fraction"),
    (
        ("corpora", "zinc_shuffled", "column"),
        "SMILES",
        "corpora.zinc_shuffled: column cannot stand beside shuffle_tokens_of: all is that of corpus zinc",
    ),
    (("corpora", "mine"), {"column": "SMILES"}, "corpora.mine: 'files' is a required property"),
    (
        ("corpora", "zinc_shuffled", "shuffle_tokens_of"),
        "zinc_shuffled",
        "corpora.zinc_shuffled.shuffle_tokens_of: 'zinc_shuffled' has shuffle_tokens_of and cannot stand here; defined",
    ),
    (
        ("landscape", "surfaces", 0, "corpus"),
        "zinc_shuffled",
        "landscape.surfaces.0.corpus: 'zinc_shuffled' has shuffle_tokens_of and cannot stand here; defined: zinc, ",
    ),
    (
        ("grid", "trunks"),
        [{"corpora": ["zinc_shuffled"], "sizes": ["60k"], "subsets": ["64k"], "seeds": [0]}],
        "grid.trunks: 60k is pretrained on shuffled tokens only, so there is nothing to compare it with",
    ),
    (("transfer", "tasks+"), "esol", 'transfer.tasks+: needs a list, ["esol"]'),
    (("transfer", "full"), {"cells": []}, "transfer.full: renamed to fine_tuning"),
    (("sizes", "60k", "learning_rate"), "1e-3", 'sizes.60k.learning_rate: "1e-3" is text, not a number (YAML reads'),
    (("grid", "trunks", 0, "sizes"), ["60"], "grid.trunks.0.sizes: '60' is not defined in sizes (did you mean '60k'?)"),
    (("transfer", "tasks"), ["bacee"], "transfer.tasks: 'bacee' is not defined in tasks (did you mean 'bace'?)"),
    (("sizes", "60k", "width"), 50, "sizes.60k: width 50 is not a multiple of heads 4"),
    (("pretraining", "optimizer", "name"), "adam", 'pretraining.optimizer.name: "adam" is not one of adamw, sgd, muon'),
    (("pretraining", "mask_token_fraction"), 0.95, "add up to more than 1"),
    (("study",), "../../etc", "study: "),
    (("study",), 2026, "study: 2026 is not text; put it in quotes"),
    (("study",), date(2026, 1, 2), 'study: "2026-01-02" is not text; put it in quotes'),
    (("study",), True, "study: true is not text; put it in quotes"),
    (("grid", "trunks", 0, "sizes"), [60], "grid.trunks.0.sizes.0: 60 is not text; put it in quotes"),
    (("study",), "a; rm -rf b", "study: "),
    (("tasks", "esol", "decimal"), ";", 'tasks.esol.decimal: ";" is not one of ., ,'),
    (
        ("tasks", "esol", "thousands"),
        ".",
        "tasks.esol.thousands: '.' is the decimal mark too, so numbers cannot be told",
    ),
    (
        ("tasks", "esol", "smiles"),
        0,
        "tasks.esol.labels: `smiles` is a number, so the table has no header; give labels as",
    ),
    (("tasks", "esol", "labels"), ["=y"], "is not a name that a spreadsheet reads as text"),
    (("corpora", "zinc", "separator"), "; ", 'corpora.zinc.separator: "; " is not one ASCII character'),
    (("tasks", "esol", "kind"), "ranking", 'tasks.esol.kind: "ranking" is not one of regression, classification'),
    (
        ("tasks", "esol", "source"),
        "molalkitt",
        "tasks.esol.source: 'molalkitt' is not defined in sources (did you mean 'molalkit'?)",
    ),
    (("sources", "molsets", "sha256"), "abc", "sources.molsets.sha256: "),
    (("tasks", "control_logp", "control", "molecules"), 5000, "more than corpora.zinc.validation_molecules"),
    (("transfer", "fine_tuning", "tune_cell", "subset"), "500", "transfer.fine_tuning.tune_cell (size 800k)"),
    (("landscape", "surfaces", 0, "seed"), 7, "landscape.surfaces.0: zinc/300k/64k/seed7/1300k is not a checkpoint"),
    (
        ("landscape", "curves", "cells", 0, "subsets"),
        ["500"],
        "landscape.curves.cells: zinc/150k/500/seed0/1300k is not a",
    ),
    (
        ("landscape", "curves", "cells", 0, "sizes"),
        ["9m"],
        "landscape.curves.cells.0.sizes: '9m' is not defined in sizes",
    ),
    (
        ("curvature", "spectrum", "cells", 0, "seeds"),
        [7],
        "curvature.spectrum.cells: zinc/60k/64k/seed7/1300k is not a",
    ),
    (("landscape", "maps", 0, "size"), "9m", "landscape.maps.0.size: '9m' is not defined in sizes"),
    (
        ("transfer", "fine_tuning", "splits"),
        {"random": [9]},
        "transfer.fine_tuning.splits.random: seed 9 is not in splits.random",
    ),
    (("splits", "time"), [0], "splits.time: no task of transfer.tasks has a column of times"),
    (("figures", "split"), "scaffold_balanced", "figures.split: 'scaffold_balanced' is not defined in splits"),
    (
        ("corpora", "zinc", "files", 0, "source"),
        "molset",
        "corpora.zinc.files.0.source: 'molset' is not defined in sources (did you mean 'molsets'?)",
    ),
    (("transfer", "answers"), ["vdsss"], "transfer.answers: 'vdsss' is not one of transfer.tasks (did you mean '"),
    (
        ("transfer", "fine_tuning", "splits"),
        {"scaffold_balanced": [0]},
        "transfer.fine_tuning.splits: 'scaffold_balanced' is not",
    ),
    (
        ("transfer", "learning_curves", "cells", 1, "budgets"),
        ["1300k"],
        "transfer.learning_curves.cells: untrained/800k/none/seed0/1300k: an untrained encoder has subset none and",
    ),
    (("pretraining", "sweep", "budget"), "1t", "pretraining.sweep.budget: '1t' is not defined in grid.budgets"),
    (
        ("external_models", "mine"),
        {"model": "models/mine"},
        "external_models.mine.model: models/mine does not exist (there is no folder models); make that folder, or for",
    ),
    (("grid", "budgets", "200k"), 500000, "grid.budgets: 200k and 500k are the same number of tokens (500000)"),
]


@pytest.mark.parametrize(("path", "value", "message"), FAULTS, ids=[".".join(map(str, f[0])) for f in FAULTS])
def test_a_fault_names_key_value_and_what_is_allowed(path, value, message):
    with pytest.raises(ConfigurationError) as error:
        resolve_config(broken(path, value), SCHEMA)
    lines = str(error.value).splitlines()
    assert any(message in line for line in lines[1:]), str(error.value)
    assert all(len(line) < 400 for line in lines)


def test_all_faults_are_told_at_once():
    config = with_change(("sizes", "60k", "layers"), 0)
    config["pretraining"]["precision"] = "float8"
    with pytest.raises(ConfigurationError) as error:
        resolve_config(config, SCHEMA)
    assert len(str(error.value).splitlines()) == 3
