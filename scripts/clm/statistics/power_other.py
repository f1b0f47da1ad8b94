"""Power of the claims that are not about the slope of a task along an axis: correlations, and sensitivity."""

import numpy as np

from clm.statistics.components import Components
from clm.statistics.correlation import associate, fisher_mean
from clm.statistics.estimates import MIN_DF, Part, combine
from clm.statistics.intervals import percentile_interval
from clm.statistics.power import POWER, quantile
from clm.statistics.replicates import TEST_DRAWS, Plan, correlated
from clm.statistics.resampling import Resamples, drawn_trunks
from clm.statistics.sensitivity import last_budget, size_weights, trunk_variance
from clm.tables.columns import ALPHA

PERMUTATIONS = BOOTSTRAP = 199
LEAST_TRUNKS = 10  # for a permutation test


def sensitivity_effect(plan: Plan, parts: Components, count: int, seed: int) -> float | str:
    """Return the smallest net gain of the named control, in log error, that shows a study to be sensitive.

    Args:
        plan: the study; trunks at its largest budget count.
        parts: variance components.
        count: replicates.
        seed: of the draws.

    Returns:
        The gain, or what the claim needs to be testable.
    """
    last = plan.cells[last_budget(plan.cells)]
    if len(last) < MIN_DF + 1:
        return f"{MIN_DF + 1:.0f} trunks with the largest budget instead of {len(last)}"
    sizes = last["size"].to_numpy()
    names, weights = np.unique(sizes), size_weights(sizes)
    random, n = np.random.default_rng(seed), len(last)
    x = np.log2(plan.cells["tokens"].to_numpy(dtype=float))
    drift = parts.drift * float(x.max() - x.mean())
    g = float(np.hypot(np.hypot(parts.level, drift), parts.cell)) * random.standard_normal((count, n))
    test_sd = parts.seed * float(np.linalg.norm(weights))
    seeds, ratio = plan.seeds, parts.test_ratio
    if seeds > 1:
        own = parts.seed * random.standard_normal((count, seeds, n))
        shared = parts.seed * np.sqrt(ratio) * random.standard_normal((count, n))
        test = Part((1 / seeds + ratio) * np.var(own @ weights, axis=1, ddof=1), seeds - 1.0)
        g += own.mean(axis=1) + shared
    else:
        g += parts.seed * random.standard_normal((count, n))
        test = Part(np.full(count, test_sd**2), TEST_DRAWS - 1.0)
    twins = parts.untrained * random.standard_normal((count, len(names), plan.initializations))
    others = [test]
    for values in np.moveaxis(twins, 1, 0):
        variance = np.var(values, axis=1, ddof=1) / plan.initializations / len(names) ** 2
        others.append(Part(variance, plan.initializations - 1.0))
    value = g @ weights + twins.mean(axis=(1, 2))
    variance, df = trunk_variance(g, sizes)
    trunks = Part(variance * float(weights @ weights), df)
    estimates = combine(value, trunks, tuple(others))
    return quantile(estimates.reach() - estimates.value)


def correlation_effect(
    trunks: int, tasks: int, common: float, count: int, seed: int, margin: float = 0.0
) -> float | str:
    """Return the smallest correlation with the score, mean over tasks, that a permutation test of trunks detects.

    Args:
        trunks: their number.
        tasks: number of tasks.
        common: correlation over tasks of the variation that a predictor does not explain.
        count: replicates.
        seed: of the draws.
        margin: correlation that the observed one must reach.

    Returns:
        The correlation within each task, or what the claim needs to be testable.
    """
    if trunks < LEAST_TRUNKS:
        return f"{LEAST_TRUNKS} trunks instead of {trunks}"
    random = np.random.default_rng(seed)
    x = random.standard_normal((count, trunks))
    rest = correlated(random, (count, tasks, trunks), 1.0, common)
    orders = random.permuted(np.tile(np.arange(trunks), (PERMUTATIONS, 1)), axis=1)
    low, high = 0.0, 0.999
    for _ in range(9):
        middle = (low + high) / 2
        scores = middle * x[:, None] + np.sqrt(1 - middle**2) * rest
        shown = np.mean([found(a, b, orders, margin) for a, b in zip(x, scores, strict=True)])
        low, high = (low, middle) if shown >= POWER else (middle, high)
    return high


def correlation_bound(trunks: int, tasks: int, common: float, count: int, seed: int) -> float | str:
    """Return the smallest margin for which a correlation of zero with the score is shown to be below it.

    Args:
        trunks: their number.
        tasks: number of tasks.
        common: correlation over tasks of the scores of a trunk.
        count: replicates.
        seed: of the draws.

    Returns:
        The margin, or what the claim needs to be testable.
    """
    if trunks < LEAST_TRUNKS:
        return f"{LEAST_TRUNKS} trunks instead of {trunks}"
    random = np.random.default_rng(seed)
    drawn = Resamples(drawn_trunks(random, np.arange(trunks), BOOTSTRAP), np.empty((0, trunks), dtype=np.int64))
    x = random.standard_normal((count, trunks))
    scores = correlated(random, (count, tasks, trunks), 1.0, common)
    same, bounds = np.zeros(trunks, dtype=int), []
    for a, b in zip(x, scores, strict=True):
        low, high = percentile_interval(fisher_mean(np.array([associate(a, y, (), same, drawn).boot for y in b])))
        bounds.append(max(-low, high))
    return quantile(np.array(bounds))


def found(x: np.ndarray, scores: np.ndarray, orders: np.ndarray, margin: float = 0.0) -> bool:
    """Return whether the mean rank correlation over tasks reaches the margin and exceeds those of permuted trunks.

    Args:
        x: float64 (trunks,), predictor.
        scores: float64 (tasks, trunks).
        orders: int64 (permutations, trunks).
        margin: of the correlation.
    """
    rx, ry = ranks(x), ranks(scores)
    observed = fisher_mean(ry @ rx)
    null = fisher_mean(np.einsum("tpg,g->tp", ry[:, orders], rx))
    if abs(observed) < margin:
        return False
    return bool((1 + np.sum(np.abs(null) >= abs(observed) - 1e-12)) / (1 + len(orders)) < ALPHA)


def ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks along the last axis, centred and of length 1; values without ties."""
    order = np.argsort(np.argsort(values, axis=-1), axis=-1).astype(float)
    order -= order.mean(axis=-1, keepdims=True)
    return order / np.linalg.norm(order, axis=-1, keepdims=True)
