"""The five tables on which the field compares itself: DeepChem's split to the molecule, forests at known errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from clm.provenance.command import UserError
from clm.study.merge import read_configuration
from clm.tasks.scores import auc
from clm.tasks.table import load_split, load_task
from deepchem_reference import digest
from fetch_source import fetch_source
from prepare_task import prepare_task
from score_baseline import features_of, fit_labels
from split_task import split_task

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = read_configuration(ROOT / "catalogue.yaml")
REFERENCE = json.loads((Path(__file__).parent / "deepchem_splits.json").read_text())
# ECFP counts and a random forest on DeepChem's scaffold split, an independent run: AUC, or RMSE in units of the label
# (of scikit-learn's forest with a tenth of the features per split, seeds 0 to 2; with all of them 1.30 and 4.2).
# Lipo (0.83) takes longest: the default study shows it
FOREST = {"bace": 0.87, "bbbp": 0.71, "esol": 1.26, "freesolv": 4.40}


@pytest.fixture(scope="session")
def molalkit(tmp_path_factory):
    """The wheel with the tables: a fetched one where there is one, or as the workflow fetches it."""
    kept = ROOT / "results" / "sources" / "molalkit" / "content"
    if kept.is_file():
        return kept
    folder = tmp_path_factory.mktemp("molalkit")
    entry = CATALOGUE["sources"]["molalkit"] | {"name": "molalkit"}
    try:
        fetch_source(entry, folder / "remembered.json", folder / "content", folder / "record.json")
    except UserError as error:
        pytest.skip(f"no package index can be reached: {error}")
    return folder / "content"


@pytest.fixture(scope="session")
def prepared(molalkit, tmp_path_factory):
    """A function that gives a task and its scaffold split, prepared by the scripts of the workflow."""

    def prepare(name):
        folder = tmp_path_factory.mktemp(name)
        config = CATALOGUE["tasks"][name] | {"name": name}
        prepare_task(molalkit, config, folder / "molecules.csv", folder / "summary.json")
        split_task(folder / "molecules.csv", "scaffold", 0, folder / "scaffold-0.csv")
        task = load_task(folder / "molecules.csv", config["labels"])
        return task, load_split(folder / "scaffold-0.csv", task.rows)

    return prepare


@pytest.mark.parametrize("name", REFERENCE["tasks"])
def test_the_scaffold_split_is_deepchems_molecule_for_molecule(prepared, name):
    task, parts = prepared(name)
    found = digest({part: task.rows[places].tolist() for part, places in parts.items()})
    assert found == REFERENCE["tasks"][name]


@pytest.mark.slow
@pytest.mark.parametrize("name", FOREST)
def test_forests_on_fingerprints_reach_the_known_errors(prepared, name):
    task, parts = prepared(name)
    kind = CATALOGUE["tasks"][name]["kind"]
    features, y = features_of("ecfp_forest", task.smiles), task.labels[parts["test"], 0]
    found = []
    for seed in (0, 1, 2):
        prediction, _ = fit_labels(task, features, parts, {"baseline": "ecfp_forest", "kind": kind}, seed)
        guess = prediction[:, 0]
        found.append(auc(y, guess) if kind == "classification" else np.sqrt(np.mean((y - guess) ** 2)))
    assert np.mean(found) == pytest.approx(FOREST[name], abs=0.02 if kind == "classification" else 0.03 * FOREST[name])
