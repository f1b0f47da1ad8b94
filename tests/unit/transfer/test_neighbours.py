"""Nearest neighbours against scikit-learn, and the reasons where an embedding or label has no score."""

import numpy as np
import pytest
from clm.tasks.table import Task
from clm.transfer.neighbours import NEIGHBOURS, nearest_score
from clm.transfer.predictors import label_predictors
from sklearn.metrics import roc_auc_score, root_mean_squared_error
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import StandardScaler


def made(kind, n=60, d=7, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, d)) + 2.0
    y = x[:, 0] + 0.5 * random.normal(size=n)
    return x, y if kind == "regression" else (y > np.median(y)).astype(float)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_neighbours_are_those_of_scikit_learn_leaving_one_out(kind, seed):
    x, y = made(kind, seed=seed)
    centred = StandardScaler(with_std=False).fit_transform(x)
    options = {"n_neighbors": NEIGHBOURS, "metric": "cosine", "algorithm": "brute"}
    if kind == "regression":
        predicted = cross_val_predict(KNeighborsRegressor(**options), centred, y, cv=LeaveOneOut())
        expected = -root_mean_squared_error(y, predicted)
    else:
        model = KNeighborsClassifier(**options)
        predicted = cross_val_predict(model, centred, y, cv=LeaveOneOut(), method="predict_proba")
        expected = roc_auc_score(y, predicted[:, 1])
    assert nearest_score(x, y, kind) == pytest.approx(expected, abs=1e-12)


def task_of(y):
    names = [f"C{i}" for i in range(len(y))]
    return Task(np.arange(len(y)), names, names, names, y.reshape(-1, 1), ["y"])


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_a_constant_embedding_has_a_reason_and_no_number(kind):
    x, y = made(kind)
    train = np.arange(len(y))
    good = {row["name"]: row for row in label_predictors(x, task_of(y), train, kind, 50)}
    assert all(good[name]["value"] is not None and good[name]["reason"] is None for name in good)
    same = np.full_like(x, 0.1) + 1e-13 * np.random.default_rng(0).normal(size=x.shape)  # rounding is no geometry
    for row in label_predictors(same, task_of(y), train, kind, 50):
        assert (row["value"], row["reason"]) == (None, "the embedding is the same for all molecules")
    few = {row["name"]: row for row in label_predictors(x, task_of(y), train[:NEIGHBOURS], kind, 50)}
    assert (few["knn"]["value"], few["knn"]["reason"]) == (None, "fewer than 6 labels")
