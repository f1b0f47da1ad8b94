"""LogME against the authors' algorithm, written densely, and against the Gaussian density maximized by scipy."""

import numpy as np
import pytest
from clm.transfer.logme import MIN_LABELS, logme
from clm.transfer.usable import unusable
from scipy.optimize import minimize
from scipy.stats import kendalltau, multivariate_normal


def authors(features, y):
    """Algorithm 1 of You et al. in matrices: m and A of the posterior, fixed points of alpha and beta, no shortcut."""
    n, d = features.shape
    alpha = beta = 1.0
    for _ in range(3000):
        precision = alpha * np.eye(d) + beta * features.T @ features
        mean = beta * np.linalg.solve(precision, features.T @ y)
        eigenvalues = np.linalg.eigvalsh(beta * features.T @ features)
        gamma = np.sum(eigenvalues / (alpha + eigenvalues))
        alpha, beta = gamma / (mean @ mean), (n - gamma) / np.sum((features @ mean - y) ** 2)
    precision = alpha * np.eye(d) + beta * features.T @ features
    mean = beta * np.linalg.solve(precision, features.T @ y)
    terms = n * np.log(beta) + d * np.log(alpha) - n * np.log(2 * np.pi) - beta * np.sum((features @ mean - y) ** 2)
    return (terms - alpha * mean @ mean - np.linalg.slogdet(precision)[1]) / (2 * n)


def density(features, y):
    """The largest log density of y under N(0, I / beta + F F' / alpha)."""
    n = len(y)

    def negative(logs):
        covariance = np.eye(n) / np.exp(logs[1]) + features @ features.T / np.exp(logs[0])
        return -multivariate_normal(np.zeros(n), covariance, allow_singular=True).logpdf(y) / n

    starts = [
        minimize(negative, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 2000})
        for start in ([0.0, 0.0], [4.0, 0.0])
    ]
    return -min(found.fun for found in starts)


def targets_of(y, kind):
    if kind == "regression":
        return [(y - y.mean()) / y.std()]
    return [(y == c) - np.mean(y == c) for c in (0, 1)]


def made(kind, balance=0.5, d=6, n=60, offset=3.0, seed=0):
    """Features with a mean far from 0 and a label that depends on them."""
    random = np.random.default_rng(seed)
    x = offset + random.normal(size=(n, d)) * np.geomspace(2, 0.2, d)
    y = (x - offset) @ random.normal(size=d) + 0.7 * random.normal(size=n)
    return x, y if kind == "regression" else (y > np.quantile(y, 1 - balance)).astype(float)


@pytest.mark.parametrize("reference", [authors, density])
@pytest.mark.parametrize("kind, balance", [("regression", None), ("classification", 0.5), ("classification", 0.15)])
def test_logme_is_that_of_the_authors(kind, balance, reference):
    x, y = made(kind, balance)
    centred = x - x.mean(axis=0)
    expected = np.mean([reference(centred, target) for target in targets_of(y, kind)])
    assert logme(x, y, kind) == pytest.approx(expected, abs=1e-6)


def test_an_intercept_costs_nothing_so_classes_are_alike():
    """The evidence of a class and of its complement is one number once both are centred; uncentred they differ."""
    x, y = made("classification", 0.15)
    assert logme(x, y, "classification") == pytest.approx(logme(x, 1 - y, "classification"), abs=1e-12)
    assert logme(x, y, "classification") == pytest.approx(logme(x + 100, y, "classification"), abs=1e-6)
    centred = x - x.mean(axis=0)
    half = np.mean([authors(centred, (y == c).astype(float)) for c in (0, 1)])
    assert abs(logme(x, y, "classification") - half) > 0.1


@pytest.mark.parametrize("scale", [1e-7, 1e-3, 1e3, 1e7])
@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_scaling_an_embedding_changes_nothing(kind, scale):
    x, y = made(kind, 0.3, offset=0.0)
    assert logme(scale * x, y, kind) == pytest.approx(logme(x, y, kind), abs=1e-7)


def test_embeddings_that_know_nothing_and_wide_ones_are_finite():
    random = np.random.default_rng(1)
    y = random.normal(size=50)
    noise = logme(random.normal(size=(50, 4)), y, "regression")
    null = -0.5 * (np.log(2 * np.pi) + 1)  # of a normal label with SD 1 that nothing explains
    assert null - 1e-6 <= noise <= null + 0.1
    assert np.isfinite(logme(random.normal(size=(50, 300)), y, "regression"))


def test_it_ranks_embeddings_by_what_they_hold_of_the_label():
    random = np.random.default_rng(2)
    y = random.normal(size=300)
    share = np.linspace(0, 1, 9)
    values = [
        logme(np.column_stack([w * y, *random.normal(size=(7, 300))]) + random.normal(size=(300, 8)), y, "regression")
        for w in share
    ]
    assert kendalltau(share, values).statistic > 0.8


def test_what_has_no_logme_has_a_reason():
    x, y = made("regression")
    assert unusable(x, y, MIN_LABELS) is None
    for features, labels, reason in (
        (np.full_like(x, 0.1), y, "the embedding is the same for all molecules"),
        (np.zeros_like(x), y, "the embedding is the same for all molecules"),
        (x, np.ones(len(y)), "all labels are equal"),
        (x[:2], y[:2], "fewer than 3 labels"),
        (np.where(x == x[0, 0], np.nan, x), y, "the embedding is not finite"),
    ):
        assert unusable(features, labels, MIN_LABELS) == reason and logme(features, labels, "regression") is None
