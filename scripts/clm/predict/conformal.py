"""Conformal intervals and sets from out-of-fold errors (crepes), valid where new molecules resemble the labelled ones.

The final model is fitted on all labelled molecules; errors come from models that did not see the molecule
(cross-conformal prediction, Vovk, Ann. Math. Artif. Intell. 2015, 74, 9).
"""

from collections.abc import Callable

import numpy as np

FOLDS = 10
CONFIDENCE = 0.9
Fit = Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]]


def molecule_folds(same: list[str], seed: int = 0) -> list[np.ndarray]:
    """Return held-out positions of at most FOLDS random folds; equal molecules (see `Task.same`) share a fold."""
    unique = {text: number for number, text in enumerate(dict.fromkeys(same))}
    fold = np.random.default_rng(seed).permutation(len(unique)) % FOLDS
    of_row = fold[[unique[text] for text in same]]
    return [np.flatnonzero(of_row == number) for number in np.unique(of_row)]


def out_of_fold(fit: Fit, same: list[str]) -> np.ndarray:
    """Return the prediction of each molecule by a model that did not see it, float64 (n,).

    Args:
        fit: takes positions to fit on, and returns a function that predicts positions.
        same: identifier of each labelled molecule, shared by equal molecules.
    """
    predicted, everyone = np.full(len(same), np.nan), np.arange(len(same))
    for held in molecule_folds(same):
        predicted[held] = fit(np.setdiff1d(everyone, held))(held)
    return predicted


def intervals(prediction: np.ndarray, y: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """Return 90 % intervals, float64 (n, 2).

    Args:
        prediction: float64 (n,), of new molecules.
        y: float64 (m,), labels.
        unseen: float64 (m,), out-of-fold predictions of them.
    """
    from crepes import ConformalRegressor

    return ConformalRegressor().fit(np.abs(y - unseen)).predict_int(prediction, confidence=CONFIDENCE)


def sets(probability: np.ndarray, y: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """Return whether the classes 0 and 1 are in the 90 % set, bool (n, 2), valid within each class.

    Args:
        probability: float64 (n,), of class 1.
        y: float64 (m,), labels 0 and 1.
        unseen: float64 (m,), out-of-fold probabilities of class 1.
    """
    from crepes import ConformalClassifier

    scores = np.where(y == 1, 1 - unseen, unseen)
    new = {0: probability, 1: 1 - probability}
    found = np.ones((len(probability), 2), dtype=bool)
    for label, alphas in new.items():
        if (y == label).any():
            fitted = ConformalClassifier().fit(scores[y == label])
            found[:, label] = fitted.predict_set(alphas[:, None], confidence=CONFIDENCE, smoothing=False)[:, 0] > 0
    return found
