"""Variance components of a finished study: contributions of trunks, test sets, seeds and tasks to a log error.

Estimated by moments, averaged over the tasks of one mode and split. A trunk differs from others of its cell in level
and in its slope on log tokens; the deviation of a budget from this line is the residual of a cell. Effects of trunks
are correlated over tasks, because the tasks share one encoder.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clm.statistics.fits.curves import levels as token_levels
from clm.statistics.hierarchical import pool, task_slope
from clm.statistics.net_gain import Twins
from clm.statistics.regression import Design
from clm.tables.panels import Panel


@dataclass(frozen=True)
class Components:
    """Standard deviations of log error.

    Attributes:
        level: between trunks of one cell.
        drift: between trunks, of the change per doubling of tokens.
        cell: of a budget about the line of its trunk.
        common: correlation over tasks of the effects of a trunk.
        seed: of one checkpoint on one split seed, about the sum of both main effects; on a split without seeds that of
            the test molecules.
        untrained: between initializations of an untrained encoder.
        between: {axis: SD between tasks of the change per doubling}.
        test_ratio: number of test molecules divided by that of training molecules.
    """

    level: float
    drift: float
    cell: float
    common: float
    seed: float
    untrained: float
    between: Mapping[str, float]
    test_ratio: float = 0.125


def root(value: float) -> float:
    """Return the square root of a variance, 0 if its moment estimate is negative."""
    return float(np.sqrt(max(value, 0.0)))


def residuals(y: np.ndarray, *columns: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the residuals of a linear fit to y, float64 (..., n), and their degrees of freedom.

    Columns may be collinear.
    """
    x = np.column_stack([np.ones(y.shape[-1]), *columns])
    return y - y @ np.linalg.pinv(x).T @ x.T, y.shape[-1] - int(np.linalg.matrix_rank(x))


def trunk_lines(cells: pd.DataFrame, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, int]:
    """Return level and slope per doubling of tokens of every trunk, and the residual sum of squares.

    Curvature that all trunks share is not noise: the mean residual of each budget is subtracted.

    Args:
        cells: `trunk`, `tokens`.
        y: float64 (tasks, n).

    Returns:
        Levels and slopes, float64 (tasks, trunks); sum of squares about the lines, mean over tasks; its degrees of
        freedom.
    """
    x = np.log2(cells["tokens"].to_numpy(dtype=float))
    x, levels, slopes, left, df = x - x.mean(), [], [], np.zeros(y.shape), 0
    for positions in cells.groupby("trunk").indices.values():
        here, own = x[positions], y[:, positions]
        centred = here - here.mean()
        spread = float(centred @ centred)
        slope = own @ centred / spread if spread > 0 else np.full(len(y), np.nan)
        line = np.nan_to_num(slope)[:, None] * centred
        left[:, positions] = own - own.mean(axis=1, keepdims=True) - line
        df += max(len(positions) - 2, 0)
        levels.append(own.mean(axis=1))
        slopes.append(slope)
    budgets = token_levels(2**x)
    if len(levels) > 1:
        left -= np.array([left[:, budgets == budget].mean(axis=1) for budget in budgets]).T
        df -= max(int(budgets.max()) - 1, 0)
    return np.array(levels).T, np.array(slopes).T, float(np.square(left).sum(axis=1).mean()), df


def components_of(
    panels: Sequence[Panel], designs: Mapping[str, Design | None], twins: Sequence[Twins | None] = ()
) -> Components:
    """Return the components of one mode and split.

    Args:
        panels: log errors of several tasks on the same checkpoints.
        designs: {axis: estimator of its slope for those checkpoints}.
        twins: untrained encoders of the same tasks.
    """
    cells, y = panels[0].cells, np.array([panel.y for panel in panels])
    first = cells.groupby("trunk")[["parameters", "molecules"]].first()
    n, u = (np.log2(first[name].to_numpy(dtype=float)) for name in ("parameters", "molecules"))
    x = np.log2(cells["tokens"].to_numpy(dtype=float))
    spread = float(cells.assign(x=x).groupby("trunk")["x"].var(ddof=0).mean())
    budgets = len(cells) / len(first)
    levels, slopes, squares, df = trunk_lines(cells, y)
    cell = squares / df if df else 0.0
    left, level_df = residuals(levels, n, u)
    level = float(np.square(left).sum(axis=1).mean()) / max(level_df, 1) - cell / budgets
    drifts, drift_df = residuals(slopes, n) if np.isfinite(slopes).all() else (np.zeros_like(slopes), 1)
    drift = float(np.square(drifts).sum(axis=1).mean()) / max(drift_df, 1) - cell / max(budgets * spread, 1e-12)
    trunks, seeds = cells["trunk"].to_numpy(), max(len(panels[0].errors), 1)
    seed = float(np.mean([seed_variance(panel) for panel in panels]))
    between = {
        axis: pool([task_slope(design, row, trunks) for row in y]).between for axis, design in designs.items() if design
    }
    return Components(
        root(level),
        root(drift),
        root(cell - seed / seeds),
        shared(left),
        root(seed),
        untrained_sd(twins),
        between,
        float(np.mean([panel.ratio for panel in panels])),
    )


def loss_components(runs: pd.DataFrame) -> Components:
    """Return the components of the log of the pretraining loss: one "task" without test sets."""
    errors = np.log(runs["loss"].to_numpy(dtype=float))[None]
    return components_of([Panel({}, "loss", runs, errors, {}, None, 0.0, 1.0, 0)], {})


def alike(panels: Sequence[Panel]) -> list[Panel]:
    """Return the panels with the most frequent set of checkpoints, so that trunks can be paired across tasks."""
    sets = [tuple(panel.cells["checkpoint"]) for panel in panels]
    common = Counter(sets).most_common(1)[0][0]
    return [panel for panel, cells in zip(panels, sets, strict=True) if cells == common]


def shared(left: np.ndarray) -> float:
    """Return the mean correlation, over pairs of tasks, of the residuals of trunks, float64 (tasks, trunks)."""
    products = left @ left.T
    own = float(np.trace(products))
    pairs = (float(products.sum()) - own) / max(len(left) - 1, 1)
    return float(np.clip(pairs / own, 0.0, 0.95)) if own > 0 else 0.0


def seed_variance(panel: Panel) -> float:
    """Return the variance of the interaction of checkpoint and split seed (or drawn test set)."""
    repeats = panel.errors if len(panel.errors) > 1 else panel.draws
    if repeats is None or repeats.shape[1] < 2:
        return 0.0
    rest = repeats - repeats.mean(axis=0) - repeats.mean(axis=1, keepdims=True) + repeats.mean()
    return float(np.square(rest).sum()) / ((len(repeats) - 1) * (repeats.shape[1] - 1))


def untrained_sd(twins: Sequence[Twins | None]) -> float:
    """Return the SD of log error between initializations, pooled over tasks and sizes; 0 if unknown."""
    known = [frame.to_numpy(dtype=float).mean(axis=1) for t in twins if t for frame in t.errors.values()]
    known = [values for values in known if len(values) > 1]
    df = sum(len(values) - 1 for values in known)
    return root(sum(float(np.var(values)) * len(values) for values in known) / df) if df else 0.0
