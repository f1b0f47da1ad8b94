"""Intervals cover what they promise, packed forests predict as scikit-learn does, similarities as RDKit does."""

import numpy as np
import pytest
from clm.predict.conformal import intervals, molecule_folds, out_of_fold, sets
from clm.predict.domain import ecfp_packed, make_domain, nearest_similarity
from clm.predict.forest import pack_forest
from clm.predict.unseen import unseen_by_baseline, unseen_by_encoder
from clm.tasks.fingerprints import ecfp_bits
from clm.tasks.fingerprints import nearest_similarity as by_rdkit
from clm.transfer.encoder import SmilesEncoder
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from small_checkpoints import small_checkpoint

SMILES = ["CCO", "CCCO", "c1ccccc1O", "CC(=O)N", "CCN(CC)CC", "C1CCCCC1"]


def test_equal_molecules_lie_in_one_fold_and_all_are_predicted_unseen():
    smiles = [f"m{number % 25}" for number in range(50)]
    folds = molecule_folds(smiles)
    assert sorted(np.concatenate(folds).tolist()) == list(range(50))
    assert all({smiles[i] for i in fold}.isdisjoint(smiles[i] for i in set(range(50)) - set(fold)) for fold in folds)
    seen = out_of_fold(lambda rows: lambda held: np.full(len(held), float(np.isin(held, rows).any())), smiles)
    assert (seen == 0).all()


def least_squares(x, y):
    return lambda rows: lambda held: x[held] @ np.linalg.lstsq(x[rows], y[rows], rcond=None)[0]


def test_intervals_cover_nine_of_ten_new_labels():
    covered = []
    for draw in range(60):
        rng = np.random.default_rng(draw)
        x = rng.standard_normal((400, 10))
        y = x @ rng.standard_normal(10) + rng.laplace(size=400)
        fit, old = least_squares(x, y), np.arange(200)
        unseen = out_of_fold(lambda rows, fit=fit: fit(rows), [str(i) for i in old])
        bounds = intervals(fit(old)(np.arange(200, 400)), y[old], unseen)
        covered.append(np.mean((bounds[:, 0] <= y[200:]) & (y[200:] <= bounds[:, 1])))
    assert 0.885 < np.mean(covered) < 0.915


def test_sets_hold_nine_of_ten_members_of_each_class_however_rare():
    held = {0: [], 1: []}
    for draw in range(60):
        rng = np.random.default_rng(draw)
        y = (rng.random(2000) < 0.15).astype(float)
        p = 1 / (1 + np.exp(-(2 * y - 1 + rng.standard_normal(2000))))
        found = sets(p[1000:], y[:1000], p[:1000])
        for label in held:
            held[label].append(found[y[1000:] == label, label].mean())
    assert all(0.885 < np.mean(values) < 0.92 for values in held.values())


@pytest.mark.parametrize("make", [RandomForestRegressor, RandomForestClassifier])
def test_a_packed_forest_predicts_as_scikit_learn(make):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, (300, 20)).astype(np.float32)
    y = (x[:, 0] > x[:, 1]).astype(float) if make is RandomForestClassifier else x[:, 0] * x[:, 1] + rng.random(300)
    model = make(n_estimators=20, random_state=0).fit(x[:200], y[:200])
    theirs = model.predict_proba(x[200:])[:, 1] if make is RandomForestClassifier else model.predict(x[200:])
    np.testing.assert_allclose(pack_forest(model).predict(x[200:]), theirs, rtol=1e-12)


def test_similarities_are_those_of_rdkit():
    found = nearest_similarity(ecfp_packed(SMILES), ecfp_packed(SMILES[2:]))
    np.testing.assert_allclose(found, by_rdkit(ecfp_bits(SMILES), ecfp_bits(SMILES[2:])), atol=1e-6)


def test_the_domain_holds_the_labelled_molecules_and_not_what_is_unlike_them():
    domain = make_domain(SMILES[:2] + ["CCCCO", "CCCCCO"], None)
    new = ["CCO", "CCCCCCO", "c1ccccc1Br"]
    unseen = unseen_by_baseline(domain.tokens, new)
    nearest, inside = domain.measure(new, unseen)
    assert nearest[0] == 1 and inside.tolist() == [True, True, False] and unseen[2] > 0 == unseen[0]


@pytest.mark.parametrize("kind", ["atoms", "selfies", "characters"])
def test_tokens_are_those_of_the_encoder_and_what_it_cuts_is_unseen(tmp_path, kind):
    encoder = SmilesEncoder(small_checkpoint(tmp_path, kind)).fit([])  # it reads 32 tokens, 30 of a molecule
    found = unseen_by_encoder(encoder, ["CCO", "CC(N)=O", "C" * 30, "C" * 40, "[Au+]", "CC[Au+]"])
    np.testing.assert_allclose(found[:4], [0, 0, 0, 0.25], atol=1e-12)
    if kind != "characters":
        np.testing.assert_allclose(found[4:], [1, 1 / 3], atol=1e-12)
