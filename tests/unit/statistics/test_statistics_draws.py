"""The paired bootstrap of test molecules."""

import numpy as np
import pandas as pd
import pytest
from clm.tasks.draws import HALF_PAIRS, half_weights, log_error_draws
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


def drawn(path, kind="regression", draws=50):
    return {key: told["log_error"] for key, told in log_error_draws(path, GROUPS, kind, draws).items()}


def test_models_share_their_test_sets(tmp_path):
    """A model with twice the residuals has twice the error on every drawn test set, in another file too."""
    first = drawn(written(tmp_path / "a.parquet", {"prediction": Y + NOISE}), draws=200)
    other = written(tmp_path / "b.parquet", {"prediction": Y + 2 * NOISE})
    second = drawn(other, draws=200)
    difference = second["b", "mean"] - first["b", "mean"]
    assert difference == pytest.approx(np.full(200, np.log(2)))
    assert np.std(first["b", "mean"]) > 0.03
    assert np.mean(first["b", "mean"]) == pytest.approx(np.log(np.sqrt(np.mean(NOISE**2))), abs=0.05)


def test_seeds_and_labels_are_averaged_and_other_splits_and_layers_left_out(tmp_path):
    cells = [{"prediction": Y + NOISE, "finetune_seed": 0}, {"prediction": Y + 3 * NOISE, "finetune_seed": 1}]
    cells += [{"prediction": Y, "split": "random"}, {"prediction": Y, "features": "layer1"}]
    found = drawn(written(tmp_path / "a.parquet", *cells))
    single = drawn(written(tmp_path / "b.parquet", cells[0]))
    assert list(found) == [("b", "mean")]
    assert found["b", "mean"] - single["b", "mean"] == pytest.approx(np.full(50, np.log(2)))  # mean of 1 and 3


def test_labels_in_other_units_have_their_geometric_mean_as_in_the_scores(tmp_path):
    cells = [{"prediction": Y + NOISE, "label": "a"}, {"y": 1e3 * Y, "prediction": 1e3 * (Y + 4 * NOISE), "label": "b"}]
    found = drawn(written(tmp_path / "a.parquet", *cells))
    single = drawn(written(tmp_path / "b.parquet", cells[0]))
    assert found["b", "mean"] - single["b", "mean"] == pytest.approx(np.full(50, np.log(np.sqrt(4e3))))


def test_classification_centres_on_the_area_and_broken_predictions_are_missing(tmp_path):
    label = (Y > 0).astype(float)
    cells = [{"y": label, "prediction": Y + NOISE}, {"y": label, "prediction": np.nan, "features": "projected"}]
    found = drawn(written(tmp_path / "a.parquet", *cells), "classification", 400)
    assert np.exp(found["b", "mean"]).mean() == pytest.approx(1 - roc_auc_score(label, Y + NOISE), abs=0.02)
    assert np.isnan(found["b", "projected"]).all()


def test_halves_of_a_pair_hold_all_molecules(tmp_path):
    """Mean squared errors of two halves, weighted by their molecules, give that of all; models share the halves."""
    path = written(tmp_path / "a.parquet", {"prediction": Y + NOISE}, {"prediction": Y + 2 * NOISE, "budget": "c"})
    found = log_error_draws(path, GROUPS, "regression", 10)
    first, second = np.exp(2 * found["b", "mean"]["half_error"].reshape(HALF_PAIRS, 2)).T
    share = half_weights(np.array([GROUPS[row] for row in ROWS.tolist()]), HALF_PAIRS, 0)[::2].mean(axis=1)
    assert share * first + (1 - share) * second == pytest.approx(np.full(HALF_PAIRS, np.mean(NOISE**2)))
    assert np.std(first) > 0.05
    twice = found["c", "mean"]["half_error"] - found["b", "mean"]["half_error"]
    assert twice == pytest.approx(np.full(2 * HALF_PAIRS, np.log(2)))
