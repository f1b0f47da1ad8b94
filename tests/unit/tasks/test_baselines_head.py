import numpy as np
import pytest
import torch
from clm.tasks.algebra import NUMPY, torch_algebra
from clm.tasks.folds import grouped_folds
from clm.tasks.linear_head import PENALTIES, fit_head, logistic_path, ridge_path
from sklearn.linear_model import LogisticRegression, Ridge

# What a GPU runs is tried on a CPU where there is none
ALGEBRAS = [NUMPY, torch_algebra(torch.device("cuda" if torch.cuda.is_available() else "cpu"))]
on_both = pytest.mark.parametrize("algebra", ALGEBRAS, ids=["numpy", "torch"])


def features(n=300, d=20, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((n, d)) @ generator.standard_normal((d, d))
    return (x - x.mean(axis=0)) / x.std(axis=0)


def classes(x, seed=1):
    generator = np.random.default_rng(seed)
    linear = x @ generator.standard_normal(x.shape[1]) / 2
    return (generator.random(len(x)) < 1 / (1 + np.exp(-linear))).astype(float)


@on_both
@pytest.mark.parametrize("shape", [(300, 20), (40, 90)])
def test_ridge_path_equals_scikit_learn(shape, algebra):
    x = features(*shape)
    y = x[:, 0] + np.random.default_rng(2).standard_normal(len(x)) + 5
    weights, intercepts = ridge_path(x, y, PENALTIES, algebra)
    for column, penalty in enumerate(PENALTIES):
        model = Ridge(alpha=penalty * len(y), solver="svd").fit(x, y)
        np.testing.assert_allclose(weights[:, column], model.coef_, atol=1e-8)
        assert intercepts[column] == pytest.approx(model.intercept_)


@on_both
@pytest.mark.parametrize("shape", [(300, 20), (60, 40)])
def test_logistic_path_equals_scikit_learn(shape, algebra):
    x = features(*shape)
    y = classes(x)
    weights, intercepts = logistic_path(x, y, PENALTIES, algebra)
    for column, penalty in enumerate(PENALTIES):
        model = LogisticRegression(C=1 / (penalty * len(y)), tol=1e-12, max_iter=2000, solver="newton-cholesky").fit(
            x, y
        )
        np.testing.assert_allclose(weights[:, column], model.coef_[0], rtol=2e-3, atol=2e-3 * np.abs(model.coef_).max())
        assert intercepts[column] == pytest.approx(model.intercept_[0], rel=5e-3, abs=5e-3)
        linear = x @ weights[:, column] + intercepts[column]
        gradient = x.T @ (1 / (1 + np.exp(-linear)) - y) / len(y) + penalty * weights[:, column]
        assert np.abs(gradient).max() < 1e-6


def test_separable_and_one_class_labels_stay_finite():
    x = features(100, 3)
    for y in ((x[:, 0] > 0).astype(float), np.ones(100)):
        head = fit_head(x, y, np.arange(100), "classification")
        prediction = head.predict(x)
        assert np.isfinite(prediction).all() and prediction.min() >= 0 and prediction.max() <= 1
    assert head.score is None and prediction.min() > 0.9


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_a_head_is_the_same_on_a_gpu(kind):
    x = features(200, 30)
    y = classes(x) if kind == "classification" else x[:, 1] * 3 + 7
    heads = [fit_head(x, y, np.arange(200) // 2, kind, algebra) for algebra in ALGEBRAS]
    assert heads[0].penalty == heads[1].penalty and heads[0].score == pytest.approx(heads[1].score, abs=1e-8)
    np.testing.assert_allclose(heads[0].predict(x), heads[1].predict(x), atol=1e-6)


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_predictions_do_not_depend_on_scale_shift_rotation_or_constant_features(kind):
    x = features(200, 10)
    y = classes(x) if kind == "classification" else x[:, 1] * 3 + 7
    groups = np.arange(200) // 2
    plain = fit_head(x, y, groups, kind)
    moved = np.column_stack([x * np.logspace(-3, 3, 10) + 100, np.full(200, 0.1)])
    other = fit_head(moved, y, groups, kind)
    assert other.penalty == plain.penalty
    np.testing.assert_allclose(other.predict(moved), plain.predict(x), rtol=1e-4, atol=1e-5)


def test_more_features_than_molecules_equals_the_full_problem():
    x = features(50, 120)
    y = x[:, :5].sum(axis=1)
    head = fit_head(x, y, np.arange(50), "regression")
    model = Ridge(alpha=head.penalty * 50).fit(x, y)
    np.testing.assert_allclose(head.predict(x), model.predict(x), atol=1e-6)


def test_features_without_information_get_the_strongest_penalty_and_the_mean():
    x, y = features(200, 50), np.random.default_rng(9).standard_normal(200)
    head = fit_head(x, y, np.arange(200), "regression")
    assert head.penalty == PENALTIES[0]
    assert np.abs(head.predict(x) - y.mean()).max() < 0.3
    strong = fit_head(x, x @ np.ones(50), np.arange(200), "regression")
    assert strong.penalty == PENALTIES[-1] and strong.score > -0.1


def test_whole_groups_are_held_out():
    # each group has its own direction and its own level: memorizing groups helps only if a fold divides them
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 6)
    x = np.eye(30)[groups] + 0.01 * generator.standard_normal((180, 30))
    y = generator.standard_normal(30)[groups]
    grouped = fit_head(x, y, groups, "regression")
    divided = fit_head(x, y, np.arange(180), "regression")
    assert grouped.penalty == PENALTIES[0] and divided.penalty < 1e-2
    assert grouped.score < -0.8 < -0.2 < divided.score


def test_folds_cover_each_molecule_once_and_divide_no_group():
    groups = np.random.default_rng(0).integers(0, 40, 300)
    folds = grouped_folds(groups)
    assert sorted(np.concatenate(folds)) == list(range(300))
    assert len(folds) == 5 and max(map(len, folds)) - min(map(len, folds)) <= 15
    for first, fold in enumerate(folds):
        assert all(not set(groups[fold]) & set(groups[other]) for other in folds[:first])
    assert len(grouped_folds(np.zeros(10))) == 1 and len(grouped_folds(np.array([0, 1, 1]))) == 2


def test_missing_labels_are_left_out_and_nothing_left_is_an_error():
    x = features(120, 6)
    y = x[:, 0].copy()
    y[80:] = np.nan
    head, expected = (fit_head(x[:n], y[:n], np.arange(n), "regression") for n in (120, 80))
    np.testing.assert_allclose(head.weights, expected.weights)
    with pytest.raises(ValueError, match="labelled"):
        fit_head(x, np.full(120, np.nan), np.arange(120), "regression")
