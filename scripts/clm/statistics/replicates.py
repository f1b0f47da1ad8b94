"""Simulate planned studies with the variance components of a finished one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clm.statistics.components import Components
from clm.statistics.estimates import Estimate, Part, combine
from clm.statistics.hierarchical import TaskSlope, mean_slopes
from clm.statistics.regression import Design

TEST_DRAWS = 500  # of a bootstrap over test molecules


@dataclass(frozen=True)
class Plan:
    """A study that has not run.

    Attributes:
        cells: checkpoints as in runs.csv: size, parameters, molecules, tokens, flops, trunk.
        tasks: number of tasks that count.
        seeds: split seeds (1: one split, with the error of its test molecules).
        initializations: of untrained encoders of each size.
        blind: what the study lacks for its noiseless control to show that it is sensitive; None if it lacks nothing.
        names: of the tasks that count.
    """

    cells: pd.DataFrame
    tasks: int
    seeds: int
    initializations: int = 3
    blind: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Replicates:
    """Slopes per doubling of simulated studies without an effect.

    Attributes:
        slopes: float64 (replicates, tasks).
        scores: float64 (replicates, tasks, trunks), cluster scores.
        test: float64 (replicates, tasks), variance estimated from split seeds or drawn test sets.
        twins: {size: float64 (replicates, tasks, initializations)}, weighted log errors of untrained encoders.
        design: the estimator.
        test_df: degrees of freedom of `test`.
    """

    slopes: np.ndarray
    scores: np.ndarray
    test: np.ndarray
    twins: dict[str, np.ndarray]
    design: Design
    test_df: float

    def __len__(self) -> int:
        """Return the number of replicates."""
        return len(self.slopes)

    def estimates(self) -> Estimate:
        """Return the estimates of single tasks, with arrays (replicates, tasks)."""
        others = [Part(self.test, self.test_df)]
        for values in self.twins.values():
            count = values.shape[-1]
            others.append(Part(np.var(values, axis=-1, ddof=1) / count, count - 1.0))
        return combine(self.slopes, Part(np.square(self.scores).sum(axis=-1), self.design.df), tuple(others))

    def tasks(self, i: int) -> list[TaskSlope]:
        """Return the slopes of all tasks of one replicate."""
        return [
            TaskSlope(
                float(self.slopes[i, t]),
                dict(enumerate(self.scores[i, t].tolist())),
                self.design.df,
                float(self.test[i, t]),
                {size: values[i, t] for size, values in self.twins.items()},
            )
            for t in range(self.slopes.shape[1])
        ]


@dataclass(frozen=True)
class AllSplits:
    """Replicates of the splits of one mode, drawn with one seed, so that all splits share the effects of trunks."""

    splits: tuple[Replicates, ...]

    def __len__(self) -> int:
        """Return the number of replicates."""
        return len(self.splits[0])

    def tasks(self, i: int) -> list[TaskSlope]:
        """Return the slopes of all tasks of one replicate, means over splits."""
        return [mean_slopes(slopes) for slopes in zip(*(made.tasks(i) for made in self.splits), strict=True)]


def correlated(random: np.random.Generator, shape: tuple[int, int, int], sd: float, common: float) -> np.ndarray:
    """Return normal effects (replicates, tasks, units) with correlation `common` over tasks."""
    shared = random.standard_normal((shape[0], 1, shape[2]))
    return sd * (np.sqrt(common) * shared + np.sqrt(1 - common) * random.standard_normal(shape))


def trunk_effects(
    random: np.random.Generator, cells: pd.DataFrame, parts: Components, count: int, tasks: int
) -> np.ndarray:
    """Return the effects of trunks and their budgets on log errors or losses, float64 (count, tasks, n)."""
    number, x = cells["trunk"].to_numpy(), np.log2(cells["tokens"].to_numpy(dtype=float))
    shape = (count, tasks, int(number.max()) + 1)
    y = correlated(random, shape, parts.level, parts.common)[..., number]
    y += correlated(random, shape, parts.drift, parts.common)[..., number] * (x - x.mean())
    return y + parts.cell * random.standard_normal((count, tasks, len(cells)))


def simulate(
    plan: Plan, design: Design, parts: Components, axis: str, count: int, seed: int, tasks: int | None = None
) -> Replicates:
    """Return slopes of `count` simulated studies as planned, with no effect on average.

    Args:
        plan: the study.
        design: estimator of the slope for its cells.
        parts: variance components.
        axis: key of the SD of slopes between tasks.
        count: replicates.
        seed: of the draws.
        tasks: number of tasks, by default that of the plan.
    """
    random, cells, tasks = np.random.default_rng(seed), plan.cells, tasks or plan.tasks
    between = parts.between.get(axis, 0.0) * random.standard_normal((count, tasks))
    y = trunk_effects(random, cells, parts, count, tasks)
    noise, test, test_df = test_noise(random, plan, parts, design, y.shape)
    y += noise
    slopes = y @ design.weights + between
    twins = {}
    for size in dict.fromkeys(cells["size"]):
        weight = float(design.weights[(cells["size"] == size).to_numpy()].sum())
        if abs(weight) > 1e-9 * float(np.abs(design.weights).sum()) and parts.untrained > 0:
            drawn = correlated(random, (count, tasks, plan.initializations), parts.untrained, parts.common)
            twins[str(size)] = weight * drawn
            slopes = slopes - twins[str(size)].mean(axis=-1)
    return Replicates(slopes, y @ design.scores.T, test, twins, design, test_df)


def test_noise(
    random: np.random.Generator, plan: Plan, parts: Components, design: Design, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the noise of test sets in log errors, float64 (replicates, tasks, n), and the estimated slope variance.

    Split seeds share training molecules: their mean has the variance (1/k + n_test/n_train) s^2 (Nadeau and Bengio).

    Returns:
        Noise; the variance of a slope as the study would estimate it, float64 (replicates, tasks); its degrees of
        freedom.
    """
    if plan.seeds < 2:
        known = np.full(shape[:2], float(np.sum(np.square(parts.seed * design.weights))))
        return parts.seed * random.standard_normal(shape), known, TEST_DRAWS - 1.0
    noise = parts.seed * np.sqrt(parts.test_ratio) * random.standard_normal(shape)
    each = np.empty((*shape[:2], plan.seeds))
    for k in range(plan.seeds):
        own = parts.seed * random.standard_normal(shape)
        noise += own / plan.seeds
        each[..., k] = own @ design.weights
    return noise, (1 / plan.seeds + parts.test_ratio) * np.var(each, axis=-1, ddof=1), plan.seeds - 1.0
