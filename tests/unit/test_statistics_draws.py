"""The paired bootstrap of test molecules."""

import numpy as np
import pandas as pd
import pytest
from clm.tables.draws import log_error_draws
from sklearn.metrics import roc_auc_score

ROWS = np.arange(100, 160)
GROUPS = {int(row): int(row) // 3 for row in range(100, 160)}
RANDOM = np.random.default_rng(0)
Y = RANDOM.normal(size=60)
NOISE = RANDOM.normal(size=60)


def written(path, *cells):
    base = {
        "budget": "b",
        "split": "scaffold",
        "split_seed": 0,
        "finetune_seed": None,
        "features": "mean",
        "label": "y",
    }
    pd.concat([pd.DataFrame({"row": ROWS, "y": Y} | base | cell) for cell in cells]).to_parquet(path)
    return path


def test_models_share_their_test_sets(tmp_path):
    """A model with twice the residuals has twice the error on every drawn test set, in another file too."""
    first = log_error_draws(written(tmp_path / "a.parquet", {"prediction": Y + NOISE}), GROUPS, "regression", 200)
    other = written(tmp_path / "b.parquet", {"prediction": Y + 2 * NOISE})
    second = log_error_draws(other, GROUPS, "regression", 200)
    difference = second["b", "mean"] - first["b", "mean"]
    assert difference == pytest.approx(np.full(200, np.log(2)))
    assert np.std(first["b", "mean"]) > 0.03
    assert np.mean(first["b", "mean"]) == pytest.approx(np.log(np.sqrt(np.mean(NOISE**2))), abs=0.05)


def test_seeds_and_labels_are_averaged_and_other_splits_and_layers_left_out(tmp_path):
    cells = [{"prediction": Y + NOISE, "finetune_seed": 0}, {"prediction": Y + 3 * NOISE, "finetune_seed": 1}]
    cells += [{"prediction": Y, "split": "random"}, {"prediction": Y, "features": "layer1"}]
    found = log_error_draws(written(tmp_path / "a.parquet", *cells), GROUPS, "regression", 50)
    single = log_error_draws(written(tmp_path / "b.parquet", cells[0]), GROUPS, "regression", 50)
    assert list(found) == [("b", "mean")]
    assert found["b", "mean"] - single["b", "mean"] == pytest.approx(np.full(50, np.log(2)))  # mean of 1 and 3


def test_labels_in_other_units_have_their_geometric_mean_as_in_the_scores(tmp_path):
    cells = [{"prediction": Y + NOISE, "label": "a"}, {"y": 1e3 * Y, "prediction": 1e3 * (Y + 4 * NOISE), "label": "b"}]
    found = log_error_draws(written(tmp_path / "a.parquet", *cells), GROUPS, "regression", 50)
    single = log_error_draws(written(tmp_path / "b.parquet", cells[0]), GROUPS, "regression", 50)
    assert found["b", "mean"] - single["b", "mean"] == pytest.approx(np.full(50, np.log(np.sqrt(4e3))))


def test_classification_centres_on_the_area_and_broken_predictions_are_missing(tmp_path):
    label = (Y > 0).astype(float)
    cells = [{"y": label, "prediction": Y + NOISE}, {"y": label, "prediction": np.nan, "features": "projected"}]
    found = log_error_draws(written(tmp_path / "a.parquet", *cells), GROUPS, "classification", 400)
    assert np.exp(found["b", "mean"]).mean() == pytest.approx(1 - roc_auc_score(label, Y + NOISE), abs=0.02)
    assert np.isnan(found["b", "projected"]).all()
