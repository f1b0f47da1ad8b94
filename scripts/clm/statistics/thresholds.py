"""From which size, number of tokens or of molecules on does more of it stop to help a task, or start to harm it?

Judged are net gains, against untrained encoders of the same size; along tokens and molecules these cancel.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.gains import Axis, axis_design, gain_of, net_or_raw
from clm.statistics.intervals import TAILS
from clm.statistics.multiplicity import adjusted
from clm.statistics.net_gain import NetPanel, Twins, slope
from clm.statistics.regression import slope_design, weighted_estimators
from clm.statistics.resampling import drawn_trunks
from clm.statistics.verdicts import NO_RELEVANT_GAIN, NOT_TESTABLE, no_signal, shortage
from clm.tables.columns import ALPHA, SCALES
from clm.tables.panels import MIN_SIGNAL, Panel

NAMED = {column: name for name, column in SCALES.items()}  # column of an axis to the column of its names


@dataclass(frozen=True)
class Tail:
    """The slope over the cells from one value of an axis to its end.

    Attributes:
        start: name of that value.
        at: the value.
        gain, lower, upper: relative net gain per doubling over the tail, with its 95 % interval.
        raw_gain: that of the error itself.
        p_saturated: one-sided p against a gain of at least the margin.
        p_degraded, p_improving: twice the one-sided p against a gain of at least 0, and of at most the margin: below
            .05 when the 95 % interval lies on one side.
        cells, trunks: behind the slope.
    """

    start: str
    at: float
    gain: float
    lower: float
    upper: float
    raw_gain: float
    p_saturated: float
    p_degraded: float
    p_improving: float
    cells: int
    trunks: int


def starts(panel: Panel, axis: Axis) -> list[tuple[str, float]]:
    """Return names and values along an axis, ascending, without the last, from which no tail starts."""
    values = panel.cells.groupby(NAMED[axis.column])[axis.column].mean().sort_values(kind="stable")
    return [(str(name), float(value)) for name, value in values.items()][:-1]


def tails(panel: Panel, net: NetPanel | None, axis: Axis, margin: float, min_trunks: int) -> Iterator[Tail]:
    """Yield the tail from each value along an axis that enough trunks cover, the longest first.

    Args:
        panel: errors whose slope is the net gain along the axis.
        net: with the untrained encoders behind them, None where these cancel and are missing.
        axis: direction of scale.
        margin: relative gain per doubling that matters.
        min_trunks: trunks below which a tail is left out.
    """
    x = np.log2(panel.cells[axis.column].to_numpy(dtype=float))
    groups = panel.cells.groupby(list(axis.fixed), sort=False).ngroup().to_numpy()
    trunks = panel.cells["trunk"].to_numpy()
    means = panel.cells.groupby(NAMED[axis.column])[axis.column].transform("mean").to_numpy(dtype=float)
    for name, value in starts(panel, axis):
        kept = means >= value
        design = slope_design(x[kept], groups[kept], trunks[kept])
        if design is None or design.clusters < min_trunks or shortage(design.df):
            continue
        draws = None if panel.draws is None else panel.draws[:, kept]
        cells = panel.cells[kept].reset_index(drop=True)
        tail = replace(panel, cells=cells, errors=panel.errors[:, kept], draws=draws)
        estimate = slope(design, tail, None if net is None else replace(net, panel=tail))
        low, high = estimate.interval()
        limit = float(np.log1p(-margin))
        raw = estimate.value + untrained_slope(design.weights, cells, net)
        yield Tail(
            name, value, gain_of(estimate.value), gain_of(high), gain_of(low), gain_of(raw), estimate.p_above(limit),
            2 * estimate.p_above(0.0), 2 * estimate.p_below(limit), int(design.used.sum()), design.clusters,
        )  # fmt: skip


def untrained_slope(weights: np.ndarray, cells: pd.DataFrame, net: NetPanel | None) -> float:
    """Return the slope of the log errors of untrained encoders, which is what net errors lack of raw ones."""
    if net is None:
        return 0.0
    means = {size: float(net.twins.errors[size].to_numpy(dtype=float).mean()) for size in cells["size"].unique()}
    return float(weights @ cells["size"].map(means).to_numpy(dtype=float))


def onset(tails: list[Tail], p: list[float]) -> Tail | None:
    """Return the longest tail that is confirmed after Holm's correction over the tails of the task, or None."""
    return next((tail for tail, value in zip(tails, adjusted(p), strict=True) if value < ALPHA), None)


def threshold_row(
    panel: Panel, axis: Axis, margin: float, min_trunks: int, draws: int, seed: int, twins: Twins | None
) -> dict[str, Any]:
    """Return one row of thresholds.csv.

    no relevant gain, degraded: from `start` on, and over the whole rest of the axis, a gain of the margin (of 0) is
    rejected; `start` is the smallest value of which that holds. improving: the last tail still gains more than the
    margin. The range onset_lower to onset_upper holds, for 95 % of bootstrap draws of trunks, the first value from
    which the estimated gain of the rest is below the margin; "beyond" when it never is.

    Args:
        panel: errors of the task.
        axis: direction of scale.
        margin: relative gain per doubling that matters.
        min_trunks: trunks below which nothing is estimated.
        draws: of the bootstrap over trunks.
        seed: of the bootstrap.
        twins: untrained encoders of the same mode, split, read-out and task.
    """
    row: dict[str, Any] = {"axis": axis.name, **panel.names, "metric": panel.metric}
    if panel.signal < MIN_SIGNAL:
        return row | {"verdict": no_signal(panel.metric), "reason": "most models do not beat the trivial predictor"}
    used, net, missing = net_or_raw(panel, axis, twins)
    if used is None:
        return row | {"verdict": NOT_TESTABLE, "reason": missing}
    panel = used
    candidates = list(tails(panel, net, axis, margin, min_trunks))
    if not candidates:
        whole = axis_design(panel.cells, axis)
        few = whole and shortage(whole.df, whole.clusters)
        return row | {"verdict": NOT_TESTABLE, "reason": few or shortage(None)}
    row |= dict(zip(("onset_lower", "onset_upper"), onset_interval(panel, axis, margin, draws, seed), strict=True))
    last = candidates[-1]
    degraded = onset(candidates, [tail.p_degraded for tail in candidates])
    saturated = onset(candidates, [tail.p_saturated for tail in candidates])
    percent = f"{100 * margin:g} %"
    if degraded is not None:
        return row | tail_columns(degraded, "degraded", f"the error rises from {degraded.start} on")
    if saturated is not None:
        return row | tail_columns(
            saturated, NO_RELEVANT_GAIN, f"a gain of {percent} per doubling is rejected from {saturated.start} on"
        )
    if adjusted([tail.p_improving for tail in candidates])[-1] < ALPHA:
        return row | tail_columns(
            last, "improving", f"a gain above {percent} per doubling from {last.start} to the end"
        )
    return row | tail_columns(last, "undecided", "no tail of the axis lies on one side; shown is the last")


def tail_columns(tail: Tail, verdict: str, reason: str) -> dict[str, Any]:
    """Return the columns of a row that a tail decides."""
    names = ("start", "at", "gain", "lower", "upper", "raw_gain")
    columns = {name: getattr(tail, name) for name in names} | {"n_cells": tail.cells, "n_trunks": tail.trunks}
    return columns | {"verdict": verdict, "reason": reason}


def onset_interval(panel: Panel, axis: Axis, margin: float, draws: int, seed: int) -> tuple[str | None, str | None]:
    """Return the 95 % range, over drawn trunks, of the first value whose tail gains less than the margin.

    Names of values along the axis; "beyond" when every tail gains at least the margin. Draws without any pair of trunks
    that differ are left out; (None, None) when these are most.
    """
    values = starts(panel, axis)
    weights = drawn_trunks(np.random.default_rng(seed), panel.cells["trunk"].to_numpy(), draws)
    means = panel.cells.groupby(NAMED[axis.column])[axis.column].transform("mean").to_numpy(dtype=float)
    slopes = np.array([tail_slopes(panel, axis, weights * (means >= at)) for _, at in values])
    slopes = slopes[:, np.isfinite(slopes).all(axis=0)]
    if slopes.shape[1] < draws / 2:
        return None, None
    flat = slopes > np.log1p(-margin)
    first = np.where(flat.any(axis=0), np.argmax(flat, axis=0), len(values))
    low, high = np.quantile(first, TAILS, method="closest_observation").astype(int)
    names = [name for name, _ in values] + ["beyond"]
    return names[low], names[high]


def tail_slopes(panel: Panel, axis: Axis, weights: np.ndarray) -> np.ndarray:
    """Return weighted slopes of log error per doubling with fixed effects; NaN where nothing varies.

    Args:
        panel: n checkpoints.
        axis: direction of scale.
        weights: float64 (b, n), how often each checkpoint counts.

    Returns:
        float64 (b,).
    """
    x = np.log2(panel.cells[axis.column].to_numpy(dtype=float))
    groups = panel.cells.groupby(list(axis.fixed), sort=False).ngroup().to_numpy()
    return weighted_estimators(x, groups, weights) @ panel.y
