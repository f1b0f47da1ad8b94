"""Baselines without pretraining: tree ensembles on fingerprints, and the linear head on token counts."""

from collections import Counter
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix

from clm.tables.columns import BASELINE
from clm.tasks.fingerprints import ecfp_counts
from clm.tasks.linear_head import fit_head
from clm.tasks.rdkit_descriptors import rdkit_descriptors
from clm.tokens.regex import split

TREES = 100
# Fraction of the features considered at a split of a regression tree: with all of them, scikit-learn's default, a
# forest takes two to four times as long and is no better (docs/BASELINES.md)
SHARE = 0.1
LINEAR = ("token_counts", "descriptor_linear")
COMBINED = ("combined_forest", "combined_boosting")  # substructure counts and RDKit's descriptors, tuned
# Substructure counts are small integers: 16 bins distinguish all that occur and cost a sixth of the default 255
COUNT_BINS = 16


def token_counts(smiles: list[str]) -> np.ndarray:
    """Return the count of each token of the task in each molecule, float64 (n, tokens), tokens sorted."""
    counts = [Counter(split(text)) for text in smiles]
    tokens = sorted(set().union(*counts))
    return np.array([[count[token] for token in tokens] for count in counts], dtype=np.float64)


def features_of(baseline: str, smiles: list[str]) -> np.ndarray:
    """Return the features of a baseline, float (n, d): counts of tokens or substructures, and descriptors."""
    if baseline == "token_counts":
        return token_counts(smiles)
    if baseline == "descriptor_linear":
        return rdkit_descriptors(smiles)
    counts = ecfp_counts(smiles)
    return np.hstack([counts, rdkit_descriptors(smiles)]) if baseline in COMBINED else counts


def model_seeds(seeds: list[int] | None, seeded_split: bool) -> list[int | None]:
    """Return the seeds to fit on one split; [None] for a model without randomness.

    If the split has seeds, it is the unit of replication, and one forest per split suffices.
    """
    if seeds is None:
        return [None]
    return list(seeds[:1] if seeded_split else seeds)


def baseline_result(baseline: str, task: str, cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the content of the result file of a method without a pretraining run of the study."""
    identity: dict[str, Any] = dict.fromkeys(("corpus", "size", "subset", "seed"))
    return identity | {"mode": BASELINE, "baseline": baseline, "task": task, "cells": cells, "predictors": []}


def fit_predict(
    baseline: str,
    features: np.ndarray,
    y: np.ndarray,
    parts: dict[str, np.ndarray],
    groups: np.ndarray,
    kind: str,
    seed: int | None,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Fit one label on the training set and predict the test set.

    Args:
        baseline: a name in LINEAR or COMBINED, ecfp_forest or ecfp_boosting.
        features: float (n, d), of all molecules.
        y: float64 (n,), NaN where missing.
        parts: indices of train, valid and test.
        groups: int64 (n,), scaffold of each molecule.
        kind: "regression" or "classification".
        seed: of the forest.

    Returns:
        float64 (n_test,), values or probabilities of class 1 (NaN without training labels), and the selected settings.
    """
    train = parts["train"][np.isfinite(y[parts["train"]])]
    test = parts["test"]
    if not len(train) or not len(test):
        return np.full(len(test), np.nan), {}
    if kind == "classification" and len(np.unique(y[train])) < 2:
        return np.full(len(test), y[train][0]), {}
    if baseline in LINEAR:
        head = fit_head(features[train], y[train], groups[train], kind)
        return head.predict(features[test]), {"penalty": head.penalty, "cv_score": head.score}
    if baseline in COMBINED:
        from clm.tasks.tuned_trees import fit_predict_tuned

        return fit_predict_tuned(baseline, features[train], y[train], groups[train], features[test], kind, seed)
    return tree_ensemble(baseline, features[train], y[train], features[test], kind, seed), {}


def tree_ensemble(
    baseline: str, x: np.ndarray, y: np.ndarray, x_test: np.ndarray, kind: str, seed: int | None
) -> np.ndarray:
    """Return test predictions of a random forest or gradient boosting, float64 (n_test,)."""
    model = fit_trees(baseline, x, y, kind, seed)
    if baseline == "ecfp_forest":
        x_test = csc_matrix(x_test).tocsr()
    return model.predict_proba(x_test)[:, 1] if kind == "classification" else model.predict(x_test)


def fit_trees(baseline: str, x: np.ndarray, y: np.ndarray, kind: str, seed: int | None) -> Any:
    """Return a fitted random forest or gradient boosting of scikit-learn.

    A split of the forest considers a fraction of the features (in classification the square root of their number,
    scikit-learn's default). On sparse counts it takes two thirds of the time.
    """
    from sklearn import ensemble

    if baseline == "ecfp_forest":
        x = csc_matrix(x)
        options = {"n_estimators": TREES, "random_state": seed, "n_jobs": 1}
        options["max_features"] = SHARE if kind == "regression" else "sqrt"
        names = {"regression": ensemble.RandomForestRegressor, "classification": ensemble.RandomForestClassifier}
    else:
        options = {"max_bins": COUNT_BINS, "random_state": 0}
        names = {
            "regression": ensemble.HistGradientBoostingRegressor,
            "classification": ensemble.HistGradientBoostingClassifier,
        }
    return names[kind](**options).fit(x, y)
