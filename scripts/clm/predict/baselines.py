"""Baselines fitted again for new molecules: their features, and models as plain arrays."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from clm.predict.forest import Forest, LogOdds, pack_boosting, pack_forest
from clm.predict.methods import FOREST
from clm.tasks.baselines import COMBINED, LINEAR, features_of, fit_trees
from clm.tasks.linear_head import LinearHead, fit_head
from clm.tokens.regex import split

Predictor = LinearHead | Forest
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray, str], Predictor]


def baseline_features(baseline: str, smiles: list[str], tokens: Iterable[str]) -> np.ndarray:
    """Return the features of a baseline, float (n, d).

    Args:
        baseline: its name.
        smiles: canonical SMILES.
        tokens: of the labelled molecules, the columns of token counts in sorted order; other tokens are not counted.
    """
    if baseline != "token_counts":
        return features_of(baseline, smiles)
    place = {token: column for column, token in enumerate(sorted(tokens))}
    counts = np.zeros((len(smiles), len(place)))
    for row, text in enumerate(smiles):
        for token in split(text):
            if token in place:
                counts[row, place[token]] += 1
    return counts


def fitter(baseline: str, x: np.ndarray, y: np.ndarray, groups: np.ndarray, kind: str) -> Fit:
    """Return a function that fits a baseline to features, labels and scaffolds.

    The settings of an ensemble on fingerprints and descriptors are chosen from three once, on all of x, and not again
    for each of the ten models of the intervals.

    Args:
        baseline: its name.
        x: float (m, d), features of the labelled molecules.
        y: float64 (m,), labels without gaps.
        groups: int64 (m,), scaffolds.
        kind: "regression" or "classification".
    """
    if baseline in LINEAR:
        return fit_head
    make: Callable[..., Any] = fit_trees
    if baseline in COMBINED and len(np.unique(y)) > 1:
        from clm.tasks.tuned_trees import FIXED, MODELS, fit_predict_tuned

        _, chosen = fit_predict_tuned(baseline, x, y, groups, x[:1], kind, None)
        settings = FIXED[baseline] | chosen["settings"]

        def make(baseline: str, x: np.ndarray, y: np.ndarray, kind: str, seed: int) -> Any:
            return MODELS[baseline, kind](random_state=seed, **settings).fit(x, y)

    return lambda x, y, groups, kind: packed(baseline, make, x, y, kind)


def packed(baseline: str, make: Callable[..., Any], x: np.ndarray, y: np.ndarray, kind: str) -> Forest:
    """Return fitted trees as arrays; a single leaf if all labels are equal."""
    if len(np.unique(y)) < 2:
        nothing = np.zeros(1, dtype=np.int64)
        return Forest(nothing, nothing, nothing, nothing, np.zeros(1), y[:1])
    model = make(baseline, x, y, kind, 0)
    if baseline.endswith("forest"):
        return pack_forest(model)
    return pack_boosting(model, LogOdds if kind == "classification" else Forest)


def fit_forest(x: np.ndarray, y: np.ndarray, groups: np.ndarray, kind: str) -> Forest:
    """Return the forest of the study's baseline. Groups are not used."""
    return packed(FOREST, fit_trees, x, y, kind)
