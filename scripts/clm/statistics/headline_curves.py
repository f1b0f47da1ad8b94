"""The curves of the headline figure: loss and errors along one axis of scale, relative to its smallest value.

There is one effect per value of the axis, by least squares with a constant for every group in which the axis varies (a
trunk for tokens, an equal budget for parameters and molecules). In a full grid this is the geometric mean of the ratios
within groups. Errors are scaled so that a straight line through their effects is 1 at the smallest value: the noise of
the first point then does not shift the others. The loss, which has hardly any noise, is itself 1 there. Along
parameters, errors are net of untrained encoders of the same size, as in headline.csv.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.gains import AXES, CANCELS, Axis
from clm.statistics.net_gain import NetPanel
from clm.tables.columns import PRIMARY, SCALES

LOSS, MEDIAN, TASK, CONTROL = "loss", "median", "task", "control"
COLUMNS = ("axis", "mode", "series", "task", "name", "x", "value", "lower", "upper", "n_tasks")
SHOWN = ("D", "N", "U")
NAMED = {column: key for key, column in SCALES.items()}


def curve_rows(nets: Sequence[NetPanel], settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of headline_curves.csv, one per axis, series and value of the axis.

    For intervals, trunks are drawn by a Bayesian bootstrap (Rubin 1981) with the same weights for all tasks, test sets
    or split seeds are drawn task by task, and for the median tasks are drawn too.

    Args:
        nets: net log errors of every mode, split and task with signal; several splits of a task are averaged.
        settings: `aggregate` (tasks that count; others are controls), `bootstrap`, `seed`.
    """
    used = [net for net in nets if net.panel.names["features"] == PRIMARY]
    for axis in (one for one in AXES if one.name in SHOWN):
        usable = [net for net in used if axis.name in CANCELS or net.twins.errors]
        if not usable:
            continue
        random = np.random.default_rng(settings["seed"])
        trunks = 1 + max(int(net.panel.cells["trunk"].max()) for net in usable)
        weights = np.vstack([np.ones(trunks), random.exponential(size=(settings["bootstrap"], trunks))])
        cells = max((net.panel.cells for net in usable), key=len)
        loss = np.log(cells["loss"].to_numpy(dtype=float))
        yield from series_rows(
            axis, {"series": LOSS}, curve(axis, cells, np.tile(loss, (len(weights), 1)), weights, False)
        )
        for mode in dict.fromkeys(net.panel.names["mode"] for net in usable):
            of_mode = [net for net in usable if net.panel.names["mode"] == mode]
            yield from mode_rows(axis, mode, of_mode, weights, random, settings["aggregate"])


def mode_rows(
    axis: Axis,
    mode: str,
    nets: Sequence[NetPanel],
    weights: np.ndarray,
    random: np.random.Generator,
    counted: list[str],
) -> Iterator[dict[str, Any]]:
    """Yield the curves of all tasks in one mode and their median over the tasks that count."""
    curves = {}
    for task in dict.fromkeys(net.panel.names["task"] for net in nets):
        of_task = [net for net in nets if net.panel.names["task"] == task]
        found = [curve(axis, net.panel.cells, replicates(net, random, len(weights)), weights) for net in of_task]
        found = [one for one in found if one is not None]
        if found:
            curves[task] = pd.concat(found).groupby(level=["name", "x"], sort=False).mean()
    for task, found in curves.items():
        series = TASK if task in counted else CONTROL
        yield from series_rows(axis, {"mode": mode, "series": series, "task": task, "n_tasks": 1}, found)
    chosen = [found for task, found in curves.items() if task in counted]
    if len(chosen) > 1:
        count = len(chosen)
        names = {"mode": mode, "series": MEDIAN, "n_tasks": count}
        yield from series_rows(axis, names, median(chosen, random))


def curve(
    axis: Axis, cells: pd.DataFrame, y: np.ndarray, weights: np.ndarray, fitted: bool = True
) -> pd.DataFrame | None:
    """Return the effects of the values of an axis, relative to the smallest; None if nothing varies.

    Args:
        axis: axis of scale.
        cells: n rows of runs.csv with `trunk`.
        y: float64 (r, n), log values: the observed ones first, then replicates.
        weights: float64 (r, trunks), of each trunk in each replicate.
        fitted: whether effects are relative to a straight line at the smallest value, or to the effect there.

    Returns:
        r columns, indexed by `name` and `x` of the values in ascending order.
    """
    key = NAMED[axis.column]
    groups = cells.groupby(list(axis.fixed), sort=False).ngroup()
    kept = joined(cells[key], groups)
    used, groups = cells[kept], groups[kept].to_numpy()
    places = used.groupby(key)[axis.column].mean().sort_values()
    if len(places) < 2:
        return None
    levels = used[key].map({name: i for i, name in enumerate(places.index)}).to_numpy()
    operators = level_operators(levels, groups, weights[:, used["trunk"]])
    effects = np.einsum("rln,rn->rl", operators, y[:, kept])
    x = np.log2(places.to_numpy(dtype=float))
    start = np.polynomial.polynomial.polyfit(x - x[0], effects.T, 1)[0] if fitted else effects[:, 0]
    index = pd.MultiIndex.from_arrays([places.index, places.to_numpy(dtype=float)], names=["name", "x"])
    return pd.DataFrame((effects - start[:, None]).T, index=index)


def level_operators(levels: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the matrices that map y to the effect of each level by weighted least squares; effects have mean 0.

    Args:
        levels: integer (n,).
        groups: integer (n,), each with its own constant.
        weights: float64 (r, n).

    Returns:
        float64 (r, levels, n). Equal designs are computed once: most tasks have the same cells.
    """
    return solved(levels.astype(np.int64).tobytes(), groups.astype(np.int64).tobytes(), weights.tobytes())


@lru_cache(maxsize=4)
def solved(levels_bytes: bytes, groups_bytes: bytes, weights_bytes: bytes) -> np.ndarray:
    """Compute `level_operators` from the bytes of its arrays."""
    levels, groups = (np.frombuffer(data, dtype=np.int64) for data in (levels_bytes, groups_bytes))
    root = np.sqrt(np.frombuffer(weights_bytes).reshape(-1, len(levels)))
    dummies = [np.eye(values.max() + 1)[values] for values in (levels, np.unique(groups, return_inverse=True)[1])]
    inverse = np.linalg.pinv(np.hstack(dummies) * root[:, :, None]) * root[:, None, :]
    found = inverse[:, : levels.max() + 1]
    return found - found.mean(axis=1, keepdims=True)


def joined(names: pd.Series, groups: pd.Series) -> np.ndarray:
    """Return the largest set of comparable cells, in groups that share values of the axis, bool (n,)."""
    left, best = set(groups), np.zeros(len(groups), dtype=bool)
    while left:
        chosen, size = {next(iter(left))}, 0
        while len(chosen) != size:
            size = len(chosen)
            chosen |= set(groups[names.isin(set(names[groups.isin(chosen)]))])
        left -= chosen
        inside = groups.isin(chosen).to_numpy()
        if names[inside].nunique() > names[best].nunique() or not best.any():
            best = inside
    varied = names.groupby(groups).transform("nunique") > 1
    return best & varied.to_numpy()


def replicates(net: NetPanel, random: np.random.Generator, count: int) -> np.ndarray:
    """Return log errors, float64 (count, n): the observed ones, then those on drawn test sets or split seeds."""
    panel = net.panel
    observed = panel.errors.mean(axis=0)
    if panel.draws is not None and len(panel.draws):
        drawn = panel.draws - panel.draws.mean(axis=0) + observed
        rest = drawn[random.integers(len(drawn), size=count - 1)]
    else:
        seeds = random.integers(len(panel.errors), size=(count - 1, len(panel.errors)))
        rest = panel.errors[seeds].mean(axis=1)
    return np.vstack([observed, rest])


def median(curves: Sequence[pd.DataFrame], random: np.random.Generator) -> pd.DataFrame:
    """Return the median of the curves over tasks at their common values; all replicates but the first draw tasks."""
    whole = pd.concat(curves, keys=range(len(curves)), names=["curve"]).unstack("curve").dropna()
    values = whole.to_numpy().reshape(len(whole), -1, len(curves))
    chosen = random.integers(len(curves), size=values.shape[1:])
    chosen[0] = np.arange(len(curves))
    medians = np.median(np.take_along_axis(values, np.broadcast_to(chosen, values.shape), axis=2), axis=2)
    return pd.DataFrame(medians, index=whole.index).sort_index(level="x")


def series_rows(axis: Axis, names: Mapping[str, Any], found: pd.DataFrame | None) -> Iterator[dict[str, Any]]:
    """Yield the rows of one curve: ratios with 95 % intervals."""
    for (name, x), values in () if found is None else found.iterrows():
        value = float(values.iloc[0])
        low, high = np.quantile(values.iloc[1:], [0.025, 0.975]) if len(values) > 1 else (np.nan, np.nan)
        row = {"axis": axis.name, "name": name, "x": x, "value": np.exp(value)}
        yield row | dict(names) | {"lower": np.exp(low), "upper": np.exp(high)}
