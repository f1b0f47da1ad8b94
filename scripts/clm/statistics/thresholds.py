"""From which size, number of tokens or number of molecules on does more stop helping a task, or start harming it?

The verdicts are on net gains, against untrained encoders of the same size, which cancel along tokens and molecules. The
whole axis has the verdict of saturation.csv; the tails that begin later are judged by the same rules, as one family
over all tasks of an axis, mode and split.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.estimates import Estimate
from clm.statistics.gains import Axis, axis_design, gain_of, net_or_raw, relative
from clm.statistics.net_gain import NetPanel, Twins, slope
from clm.statistics.onsets import NAMED, onset_interval, starts
from clm.statistics.regression import slope_design
from clm.statistics.verdicts import (
    DEGRADED,
    IMPROVING,
    NO_RELEVANT_GAIN,
    NOT_SENSITIVE,
    NOT_TESTABLE,
    SATURATED,
    UNDECIDED,
    Judged,
    judge_gains,
    no_signal,
    shortage,
)
from clm.tables.panels import MIN_SIGNAL, Panel

# Verdicts that hold from some value on, in order of precedence
LASTING = ((DEGRADED,), (SATURATED, NO_RELEVANT_GAIN), (NOT_SENSITIVE,))


@dataclass(frozen=True)
class Tail:
    """The slope over the cells from one value of an axis to its end.

    Attributes:
        start: name of that value.
        at: the value.
        estimate: net slope of log error per doubling over the tail.
        raw_gain: relative gain of the error itself.
        cells, trunks: numbers of cells and trunks behind the slope.
        whole: whether it is the whole axis.
    """

    start: str
    at: float
    estimate: Estimate
    raw_gain: float
    cells: int
    trunks: int
    whole: bool


@dataclass(frozen=True)
class Tails:
    """The tails of one task along one axis, the longest first; if there are none, the verdict that explains why.

    Attributes:
        panel: errors of the task.
        found: the tails.
        barred: verdict and reason if there are none.
        used: errors whose slope is the net gain.
    """

    panel: Panel
    found: list[Tail]
    barred: tuple[str, str] | None = None
    used: Panel | None = None


def tails(panel: Panel, net: NetPanel | None, axis: Axis, min_trunks: int) -> Iterator[Tail]:
    """Yield the tail from each value along an axis that enough trunks cover, the longest first.

    Args:
        panel: errors whose slope is the net gain along the axis.
        net: the net panel with the untrained encoders, None if they cancel and are missing.
        axis: axis of scale.
        min_trunks: minimum number of trunks in a tail.
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
        raw = estimate.value + untrained_slope(design.weights, cells, net)
        yield Tail(name, value, estimate, gain_of(raw), int(design.used.sum()), design.clusters, bool(kept.all()))


def untrained_slope(weights: np.ndarray, cells: pd.DataFrame, net: NetPanel | None) -> float:
    """Return the slope of the log errors of untrained encoders: the raw slope minus the net slope."""
    if net is None:
        return 0.0
    means = {size: float(net.twins.errors[size].to_numpy(dtype=float).mean()) for size in cells["size"].unique()}
    return float(weights @ cells["size"].map(means).to_numpy(dtype=float))


def task_tails(panel: Panel, axis: Axis, min_trunks: int, twins: Twins | None) -> Tails:
    """Return the tails of one task along one axis.

    Args:
        panel: errors of the task.
        axis: axis of scale.
        min_trunks: minimum number of trunks for an estimate.
        twins: untrained encoders of the same mode, split, read-out and task.
    """
    if panel.signal < MIN_SIGNAL:
        return Tails(panel, [], (no_signal(panel.metric), "most models do not beat the trivial predictor"))
    used, net, missing = net_or_raw(panel, axis, twins)
    if used is None:
        return Tails(panel, [], (NOT_TESTABLE, missing))
    found = list(tails(used, net, axis, min_trunks))
    if found:
        return Tails(panel, found, used=used)
    whole = axis_design(used.cells, axis)
    few = whole and shortage(whole.df, whole.clusters)
    return Tails(panel, [], (NOT_TESTABLE, few or shortage(None)))


def judge_tails(
    tasks: Sequence[Tails], margin: float, sensitive: bool, whole: Mapping[str, Judged]
) -> list[list[Judged]]:
    """Return a verdict for each tail of each task of one axis, mode and split.

    Args:
        tasks: the tails of each task.
        margin: relative gain per doubling that matters.
        sensitive: whether the study detects gains on the control task in this mode and split.
        whole: {task: verdict on the whole axis}, of saturation.csv.
    """
    shorter = [tail.estimate for task in tasks for tail in task.found if not tail.whole]
    verdicts = iter(judge_gains(shorter, margin, sensitive))
    return [
        [whole[task.panel.names["task"]] if tail.whole else next(verdicts) for tail in task.found] for task in tasks
    ]


def threshold_row(tails: Tails, judged: Sequence[Judged], axis: Axis, margin: float, draws: int, seed: int) -> dict:
    """Return one row of thresholds.csv.

    degraded, saturated, no relevant gain, not sensitive: from `start` to the end of the axis; `start` is the smallest
    value for which this holds, and degraded takes precedence. improving: the last tail still gains more than the
    margin. In 95 % of bootstrap draws of trunks, the first value from which the estimated gain of the rest is below the
    margin lies in the range onset_lower to onset_upper; "beyond" if it never is.

    Args:
        tails: of the task.
        judged: a verdict for each of them.
        axis: axis of scale.
        margin: relative gain per doubling that matters.
        draws: of the bootstrap over trunks.
        seed: of the bootstrap.
    """
    row: dict[str, Any] = {"axis": axis.name, **tails.panel.names, "metric": tails.panel.metric}
    if tails.barred:
        return row | dict(zip(("verdict", "reason"), tails.barred, strict=True))
    ends = onset_interval(tails.used, axis, margin, draws, seed)
    row |= dict(zip(("onset_lower", "onset_upper"), ends, strict=True))
    for verdicts in LASTING:
        for tail, verdict in zip(tails.found, judged, strict=True):
            if verdict.verdict in verdicts:
                return row | tail_columns(tail, verdict.verdict, verdict.reason)
    last = tails.found[-1]
    if judged[-1].verdict == IMPROVING:
        return row | tail_columns(last, IMPROVING, judged[-1].reason)
    return row | tail_columns(last, UNDECIDED, "no tail of the axis is decided; shown is the last")


def tail_columns(tail: Tail, verdict: str, reason: str) -> dict[str, Any]:
    """Return the columns of a row that is decided by a tail."""
    columns = {"start": tail.start, "at": tail.at, **relative(tail.estimate), "raw_gain": tail.raw_gain}
    return columns | {"n_cells": tail.cells, "n_trunks": tail.trunks, "verdict": verdict, "reason": reason}
