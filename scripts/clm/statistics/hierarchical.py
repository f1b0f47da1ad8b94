"""Pool slopes per doubling over tasks that share trunks, with the errors that trunks and tasks contribute.

There are two stages. All tasks use the same trunks, so the errors of their slopes are correlated: the cluster scores of
every task are kept for each trunk and give the covariance of the slopes. The slopes themselves vary between tasks (a
random slope); the spread of the estimates shows this together with all errors specific to one task.

    var(mean slope) = (spread of slopes over tasks) / T + (covariance of two tasks through their common trunks and
    common untrained encoders)

with T - 1 and the trunks' degrees of freedom, combined by Satterthwaite's formula, and never narrower than the interval
from the trunks alone. A mixed model fitted by restricted maximum likelihood (statsmodels) gives the same mean and
spread if trunks are independent, but only normal intervals, whose coverage is too low with 10 trunks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clm.statistics.estimates import Estimate, Part, satterthwaite
from clm.statistics.net_gain import NetPanel, test_part
from clm.statistics.regression import Design

MIN_TASKS = 6  # minimum to estimate the spread between tasks


@dataclass(frozen=True)
class TaskSlope:
    """The slope of one task with its error, source by source.

    Attributes:
        value: the slope.
        scores: {trunk: its cluster score}; the sum of their squares is the variance of the slope between trunks.
        df: degrees of freedom of the variance between trunks.
        test: variance from test sets or split seeds.
        twins: {size: float64 (i,), weight of the size times the log errors of its untrained initializations}.
    """

    value: float
    scores: Mapping[int, float]
    df: float
    test: float = 0.0
    twins: Mapping[str, np.ndarray] | None = None


def task_slope(
    design: Design,
    y: np.ndarray,
    trunks: np.ndarray,
    test: float = 0.0,
    twins: Mapping[str, np.ndarray] | None = None,
) -> TaskSlope:
    """Return the slope of one task.

    Args:
        design: estimator of the slope, for n cells.
        y: float64 (n,), log error or net log error.
        trunks: integer (n,), the same numbers for all tasks.
        test: as in `TaskSlope`.
        twins: as in `TaskSlope`.
    """
    scores = dict(zip(np.unique(trunks).tolist(), (design.scores @ y).tolist(), strict=True))
    return TaskSlope(float(design.weights @ y), scores, design.df, test, twins)


def net_task_slope(design: Design, net: NetPanel) -> TaskSlope:
    """Return the slope of the net log error of one task on one split."""
    sizes, weights = net.panel.cells["size"].to_numpy(), design.weights
    test = test_part(weights, net.panel)
    twins = {
        str(size): float(weights[sizes == size].sum()) * net.twins.errors[size].to_numpy(dtype=float).mean(axis=1)
        for size in dict.fromkeys(sizes)
        if abs(weights[sizes == size].sum()) > 1e-9 * np.abs(weights).sum()
    }
    trunks = net.panel.cells["trunk"].to_numpy()
    return task_slope(design, net.panel.y, trunks, test.variance if test else 0.0, twins)


def mean_slopes(slopes: Sequence[TaskSlope]) -> TaskSlope:
    """Return the mean of several slopes of one task, for example on several splits: same trunks, same test pool.

    Errors of the test sets of one task are treated as perfectly correlated.
    """
    count = len(slopes)
    trunks = set().union(*(s.scores for s in slopes))
    scores = {trunk: sum(s.scores.get(trunk, 0.0) for s in slopes) / count for trunk in trunks}
    test = float(np.mean([np.sqrt(s.test) for s in slopes]) ** 2)
    return TaskSlope(
        float(np.mean([s.value for s in slopes])), scores, min(s.df for s in slopes), test, mean_twins(slopes)
    )


def mean_twins(slopes: Sequence[TaskSlope]) -> dict[str, np.ndarray] | None:
    """Return the mean over slopes of the weighted log errors of untrained encoders, or None if a slope has none."""
    known = [s.twins for s in slopes if s.twins is not None]
    if len(known) < len(slopes):
        return None
    sizes = set.intersection(*(set(twins) for twins in known))
    return {
        size: np.mean([twins[size] for twins in known], axis=0)
        for size in sorted(sizes)
        if len({len(twins[size]) for twins in known}) == 1
    }


@dataclass(frozen=True)
class Pooled:
    """A slope pooled over tasks.

    Attributes:
        estimate: the mean over tasks with its error.
        between: SD of the true slopes between tasks.
        tasks: number of tasks.
    """

    estimate: Estimate
    between: float
    tasks: int


def trunk_scores(slopes: Sequence[TaskSlope]) -> np.ndarray:
    """Return cluster scores, float64 (trunks, tasks); 0 if a task has no cell of a trunk."""
    trunks = sorted(set().union(*(s.scores for s in slopes)))
    return np.array([[s.scores.get(trunk, 0.0) for s in slopes] for trunk in trunks])


def common_variance(scores: np.ndarray) -> float:
    """Return the mean covariance of two different tasks from scores (units, tasks), at least 0."""
    count = scores.shape[1]
    of_sum = float(np.sum(np.square(scores.sum(axis=1))))
    return max(0.0, (of_sum - float(np.sum(np.square(scores)))) / (count * (count - 1)))


def twin_scores(slopes: Sequence[TaskSlope]) -> tuple[np.ndarray, float]:
    """Return scores of untrained initializations, float64 (initializations, tasks), and their degrees of freedom.

    As for trunks, the sum of their squares is the variance of the untrained means.
    """
    blocks, df = [], 0.0
    common = set.intersection(*(set(s.twins or ()) for s in slopes))
    for size in sorted(common):
        values = [np.asarray(s.twins[size], dtype=float) for s in slopes]
        count = min(map(len, values))
        if count >= 2 and len(set(map(len, values))) == 1:
            table = np.array(values).T
            blocks.append((table - table.mean(axis=0)) / np.sqrt(count * (count - 1)))
            df += count - 1
    return (np.vstack(blocks), df) if blocks else (np.zeros((0, len(slopes))), 0.0)


def pool(slopes: Sequence[TaskSlope]) -> Pooled:
    """Return the mean slope over tasks, its interval and the spread between tasks.

    Args:
        slopes: one per task, at least 2.
    """
    values, count = np.array([s.value for s in slopes]), len(slopes)
    scores, (twins, twin_df) = trunk_scores(slopes), twin_scores(slopes)
    df = float(min(s.df for s in slopes))
    trunks = Part(float(np.sum(np.square(scores.mean(axis=1)))), df)
    shared = [Part(common_variance(scores), df)]
    if len(twins):
        shared.append(Part(common_variance(twins), twin_df))
    spread = float(np.var(values, ddof=1))
    total = satterthwaite((Part(spread / count, count - 1.0), *shared))
    own = (np.sum(np.square(scores)) + np.sum(np.square(twins))) / count - sum(part.variance for part in shared)
    between = np.sqrt(max(0.0, spread - own - float(np.mean([s.test for s in slopes]))))
    return Pooled(Estimate(float(values.mean()), trunks, total), float(between), count)
