"""Baselines on descriptors: they find what they should, and tune inside the training part alone."""

import numpy as np
import pytest
from clm.tasks.baselines import features_of, fit_predict
from clm.tasks.rdkit_descriptors import rdkit_descriptors
from clm.tasks.tuned_trees import BOOSTINGS, FIXED, GRIDS, MODELS, cross_validated, predicted, varied
from made_study import molecules
from rdkit import Chem
from rdkit.Chem import Descriptors

SMILES = molecules(150)
PARTS = {"train": np.arange(100), "valid": np.arange(100, 110), "test": np.arange(110, 150)}


def test_descriptors_are_those_of_rdkit_and_finite():
    found = rdkit_descriptors(["CCO", "[Na+].[Cl-]", "C" * 60])
    assert found.shape == (3, len(Descriptors.descList)) and np.isfinite(found).all()
    place = [name for name, _ in Descriptors.descList].index("MolWt")
    assert found[0, place] == pytest.approx(np.log1p(Descriptors.MolWt(Chem.MolFromSmiles("CCO"))), rel=1e-6)


@pytest.mark.parametrize("baseline", ["descriptor_linear", "combined_forest", "combined_boosting"])
@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_a_property_of_the_descriptors_is_learned_whatever_the_test_labels_are(baseline, kind):
    y = np.array([Descriptors.TPSA(Chem.MolFromSmiles(text)) for text in SMILES])
    y = (y > np.median(y)).astype(float) if kind == "classification" else y
    x, groups = features_of(baseline, SMILES), np.arange(150)
    found, selected = fit_predict(baseline, x, y, PARTS, groups, kind, 0)
    assert np.corrcoef(found, y[PARTS["test"]])[0, 1] > 0.85
    hidden = y.copy()
    hidden[PARTS["test"]] = 1 - hidden[PARTS["test"]]
    again, same = fit_predict(baseline, x, hidden, PARTS, groups, kind, 0)
    np.testing.assert_array_equal(found, again)
    assert selected == same and selected["cv_score"] is not None


def test_the_settings_with_the_best_cross_validated_score_are_taken():
    y = np.array([text.count("N") + 0.1 * len(text) for text in SMILES])
    x, groups = features_of("combined_forest", SMILES), np.arange(150)
    _, selected = fit_predict("combined_forest", x, y, PARTS, groups, "regression", 0)
    train = PARTS["train"]
    scores = [cross_validated("combined_forest", option, x[train], y[train], groups[train], "regression", 0)
              for option in GRIDS["combined_forest"]]  # fmt: skip
    assert selected == {"settings": GRIDS["combined_forest"][int(np.argmax(scores))], "cv_score": max(scores)}


@pytest.mark.parametrize("kind", ["regression", "classification"])
@pytest.mark.parametrize("settings", BOOSTINGS)
def test_boosted_trees_are_the_same_without_the_features_that_they_cannot_split(kind, settings):
    x = features_of("combined_boosting", SMILES)
    y = np.array([text.count("N") + 0.1 * len(text) for text in SMILES])
    y = (y > np.median(y)).astype(float) if kind == "classification" else y
    model = MODELS["combined_boosting", kind](random_state=0, **FIXED["combined_boosting"], **settings)
    model.fit(x[:100], y[:100])
    whole = model.predict_proba(x[100:])[:, 1] if kind == "classification" else model.predict(x[100:])
    np.testing.assert_array_equal(predicted("combined_boosting", settings, x[:100], y[:100], x[100:], kind, 0), whole)
    assert 0 < len(varied(x[:100])) < x.shape[1] / 2 and np.ptp(whole) > 0


def test_features_with_fewer_than_twenty_other_values_are_left_out():
    x = np.zeros((50, 4))
    x[:19, 0], x[:20, 1], x[:, 2], x[:31, 3] = 1, 1, np.arange(50), 7
    assert varied(x).tolist() == [1, 2]
    assert varied(x[:, :1]).tolist() == [0]
