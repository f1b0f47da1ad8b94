"""Intervals of medians over tasks: trunks are resampled jointly for all tasks, then tasks."""

from collections.abc import Sequence

import numpy as np

from clm.statistics.hierarchical import TaskSlope, trunk_scores, twin_scores


def median_interval(slopes: Sequence[TaskSlope], draws: int, seed: int) -> tuple[float, float, float]:
    """Return the median slope over tasks with its 95 % interval.

    A multiplier (wild) bootstrap of the cluster scores draws trunks: one number per trunk, the same for all tasks, so
    that effects that tasks share through a trunk do not average out; scaled like Student's t with the trunks' degrees
    of freedom. Initializations of untrained encoders are drawn likewise, test sets task by task. Then tasks are drawn.
    The spread of the estimates over tasks already includes their errors, so it is first shrunk by that amount.

    Args:
        slopes: one per task.
        draws: of the bootstrap.
        seed: of the bootstrap.
    """
    random = np.random.default_rng(seed)
    values, count = np.array([s.value for s in slopes]), len(slopes)
    scores, (twins, _) = trunk_scores(slopes), twin_scores(slopes)
    tests = np.sqrt([s.test for s in slopes])
    df = min(s.df for s in slopes)
    scale = np.sqrt(df / random.chisquare(df, size=(draws, 1)))
    noise = scale * (random.standard_normal((draws, len(scores))) @ scores)
    noise += random.standard_normal((draws, len(twins))) @ twins + tests * random.standard_normal((draws, count))
    own = idiosyncratic(scores) + idiosyncratic(twins) + float(np.mean(np.square(tests)))
    spread, centre = float(np.var(values, ddof=1)), float(values.mean())
    shrunk = centre + (values - centre) * np.sqrt(max(0.0, 1 - own / spread) if spread > 0 else 0.0)
    chosen = random.integers(count, size=(draws, count))
    medians = np.median(shrunk[chosen] + noise, axis=1)
    observed = float(np.median(values))
    low, high = np.quantile(medians, [0.025, 0.975]) - float(np.median(shrunk))
    return observed, observed + float(low), observed + float(high)


def idiosyncratic(scores: np.ndarray) -> float:
    """Return the mean variance that units (rows) add to single tasks (columns), beyond what all tasks share."""
    count = scores.shape[1]
    if not len(scores):
        return 0.0
    each = float(np.sum(np.square(scores))) / count
    shared = (float(np.sum(np.square(scores.sum(axis=1)))) / count - each) / (count - 1)
    return max(0.0, each - max(0.0, shared))
