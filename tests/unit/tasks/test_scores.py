import numpy as np
import pytest
from clm.tasks.cells import prediction_columns, score_labels
from clm.tasks.scores import auc, average_precision, cluster_weights, score_cell, weighted_auc
from clm.tasks.table import Task
from sklearn.metrics import average_precision_score, roc_auc_score

SINGLE = np.arange(400)


def classes(seed=0, n=400, shift=1.0):
    generator = np.random.default_rng(seed)
    y = (generator.random(n) < 0.4).astype(float)
    return y, np.round(y * shift + generator.standard_normal(n), 1)  # rounding makes ties


@pytest.mark.parametrize("seed", range(5))
def test_auc_and_average_precision_equal_scikit_learn_with_ties(seed):
    y, prediction = classes(seed, 150)
    assert auc(y, prediction) == pytest.approx(roc_auc_score(y, prediction), abs=1e-12)
    assert average_precision(y, prediction) == pytest.approx(average_precision_score(y, prediction), abs=1e-12)


def test_weights_are_repetitions():
    y, prediction = classes(n=60)
    times = np.random.default_rng(1).integers(0, 4, (5, 60))
    expected = [auc(np.repeat(y, row), np.repeat(prediction, row)) for row in times]
    np.testing.assert_allclose(weighted_auc(y, prediction, times.astype(float)), expected, atol=1e-12)
    assert np.isnan(weighted_auc(y, prediction, np.tile((y == 1).astype(float), (2, 1)))).all()


def test_cells_by_hand():
    cell = score_cell(
        np.array([1.0, 2, 4]), np.array([1.0, 4, 4]), np.array([0.0, 2, np.nan]), "regression", SINGLE[:3], 0
    )
    assert cell["error"] == pytest.approx(np.sqrt(4 / 3)) and cell["score"] == -cell["error"]
    assert cell["mae"] == pytest.approx(2 / 3) and cell["r2"] == pytest.approx(1 - 4 / (14 / 3))
    assert cell["trivial_error"] == pytest.approx(np.sqrt(10 / 3))  # training mean 1: errors 0, 1, 3
    assert (cell["metric"], cell["n_test"], cell["pr_auc"], cell["status"]) == ("rmse", 3, None, "ok")
    cell = score_cell(
        np.array([0.0, 1, 1, 0]), np.array([0.1, 0.1, 0.9, 0.2]), np.zeros(2), "classification", SINGLE[:4], 0
    )
    assert cell["score"] == pytest.approx(2.5 / 4) and cell["error"] == pytest.approx(1.5 / 4)
    assert (cell["metric"], cell["trivial_error"], cell["r2"], cell["mae"]) == ("auc", 0.5, None, None)


def test_missing_labels_do_not_count():
    y, prediction = classes()
    holes = y.copy()
    holes[::3] = np.nan
    known = np.isfinite(holes)
    full = score_cell(holes, prediction, y, "classification", SINGLE, 0)
    assert full["n_test"] == known.sum() and full["score"] == pytest.approx(auc(y[known], prediction[known]))


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_repeating_molecules_within_their_cluster_narrows_nothing(kind):
    y, prediction = classes(n=80)
    once = score_cell(y, prediction, y, kind, SINGLE[:80], 3)
    many = [np.repeat(values, 5) for values in (y, prediction, SINGLE[:80])]
    five = score_cell(many[0], many[1], y, kind, many[2], 3)
    naive = score_cell(many[0], many[1], y, kind, np.arange(400), 3)
    assert (five["lower"], five["upper"]) == pytest.approx((once["lower"], once["upper"]))
    assert naive["upper"] - naive["lower"] < 0.6 * (five["upper"] - five["lower"])


def test_interval_covers_the_true_auc():
    truth = 0.7602  # normal scores one SD apart: Phi(1 / sqrt 2)
    covered = 0
    for seed in range(200):
        generator = np.random.default_rng(seed)
        y = (generator.random(200) < 0.5).astype(float)
        cell = score_cell(y, y + generator.standard_normal(200), y, "classification", SINGLE[:200], seed, draws=400)
        covered += cell["lower"] <= 1 - truth <= cell["upper"]
    assert 180 <= covered <= 199


def test_equal_seeds_draw_equal_test_sets():
    y, prediction = classes()
    cells = [score_cell(y, prediction, y, "classification", SINGLE, seed) for seed in (1, 1, 2)]
    assert cells[0] == cells[1] != cells[2]
    weights = cluster_weights(np.array([5, 5, 9, 9, 9]), 50, 0)
    assert (weights[:, 0] == weights[:, 1]).all() and set(weights[:, 0] + weights[:, 2]) == {2.0}


def test_statuses():
    y, prediction = classes()
    generator = np.random.default_rng(5)
    noise = generator.standard_normal(400)

    def status(y, prediction, kind, groups=SINGLE, y_train=y):
        return score_cell(y, prediction, y_train, kind, groups[: len(y)], 0)["status"]

    assert status(y, prediction, "classification") == "ok"
    assert status(y, noise, "classification") == "no_signal"
    assert status(y, np.zeros(400), "classification") == "no_signal"
    assert status(y, -prediction, "classification") == "ok"  # worse than chance is a signal
    assert status(np.ones(400), prediction, "classification") == "one_class"
    assert status(y, np.where(noise > 2, np.nan, prediction), "classification") == "nan_predictions"
    assert status(np.full(400, np.nan), prediction, "classification") == "no_test_labels"
    assert status(np.empty(0), np.empty(0), "classification") == "no_test_labels"
    assert status(y, prediction, "classification", SINGLE % 4) == "no_interval"
    assert status(noise, noise + 0.1, "regression", y_train=noise) == "ok"
    assert status(noise, np.full(400, noise.mean()), "regression", y_train=noise) == "no_signal"
    assert status(noise, -noise, "regression", y_train=noise) == "no_signal"
    assert status(np.full(400, 2.0), noise, "regression", y_train=noise) == "constant_labels"


def test_a_metric_that_most_draws_leave_undefined_has_no_interval():
    y = np.r_[1.0, np.zeros(99)]
    cell = score_cell(y, np.arange(100.0), y, "classification", np.r_[0, 1 + np.arange(99) // 10], 0)
    assert cell["score"] == 0 and cell["status"] == "ok"  # 2 in 3 draws hold the only positive
    rare = np.r_[1.0, np.full(8, np.nan), 0]
    labels = np.r_[rare, np.full(90, np.nan)]
    cell = score_cell(labels, np.arange(100.0), y, "classification", SINGLE[:100], 0)
    assert (cell["n_test"], cell["lower"], cell["status"]) == (2, None, "no_interval")


def toy_task(labels):
    n, count = labels.shape
    text = [f"molecule {i}" for i in range(n)]
    return Task(np.arange(n) * 2, text, text, text, labels, [f"y{i}" for i in range(count)])


def test_mean_over_labels_uses_common_draws_and_leaves_undefined_labels_out():
    generator = np.random.default_rng(0)
    truth = (generator.random((300, 3)) < 0.5).astype(float)
    truth[:, 2] = 1  # one class
    truth[::7, 0] = np.nan
    parts = {"train": np.arange(100), "valid": np.arange(100, 150), "test": np.arange(150, 300)}
    prediction = np.nan_to_num(truth[150:]) + generator.standard_normal((150, 3))
    cells = score_labels(toy_task(truth), parts, prediction, "classification")
    assert [cell["label"] for cell in cells] == ["y0", "y1", "y2", "mean"]
    assert [cell["status"] for cell in cells] == ["ok", "ok", "one_class", "ok"]
    mean = cells[-1]
    assert mean["error"] == pytest.approx((cells[0]["error"] + cells[1]["error"]) / 2)
    widths = [cell["upper"] - cell["lower"] for cell in cells if cell["lower"] is not None]
    assert widths[2] < min(widths[:2])  # independent errors average out
    assert (cells[0]["n_train"], cells[1]["n_train"], mean["n_test"]) == (85, 100, 150)
    same = score_labels(toy_task(truth[:, [1, 1]]), parts, prediction[:, [1, 1]], "classification")
    assert (same[2]["lower"], same[2]["upper"]) == pytest.approx((same[0]["lower"], same[0]["upper"]))


def test_mean_over_labels_of_a_regression_does_not_depend_on_their_units():
    generator = np.random.default_rng(0)
    truth = generator.standard_normal((100, 2))
    parts = {"train": np.arange(50), "valid": np.arange(50, 60), "test": np.arange(60, 100)}
    first, second = (
        truth[60:] + np.array(noise) * generator.standard_normal((40, 2)) for noise in ((0.2, 1), (0.3, 0.7))
    )
    ratios = []
    for units in (1.0, 1000.0):
        scale = np.array([1, units])
        cells = [
            score_labels(toy_task(truth * scale), parts, made * scale, "regression")[-1] for made in (first, second)
        ]
        ratios.append([cells[0][key] / cells[1][key] for key in ("error", "mae", "lower", "upper")])
    assert ratios[0] == pytest.approx(ratios[1])
    labels = score_labels(toy_task(truth), parts, first, "regression")
    assert labels[2]["error"] == pytest.approx(np.sqrt(labels[0]["error"] * labels[1]["error"]))
    assert labels[2]["score"] == -labels[2]["error"] and labels[2]["lower"] < labels[2]["error"] < labels[2]["upper"]


def test_kept_predictions_give_the_error_back():
    generator = np.random.default_rng(0)
    labels = generator.standard_normal((40, 2))
    labels[35:, 1] = np.nan
    parts = {"train": np.arange(20), "valid": np.arange(20, 25), "test": np.arange(25, 40)}
    prediction = generator.standard_normal((15, 2))
    cells = score_labels(toy_task(labels), parts, prediction, "regression")
    records = prediction_columns(toy_task(labels), parts, prediction, split="random")
    assert [len(record["row"]) for record in records] == [15, 10] and records[0]["row"][0] == 50
    for cell, record in zip(cells, records, strict=False):
        assert cell["error"] == pytest.approx(np.sqrt(np.mean((record["y"] - record["prediction"]) ** 2)))
