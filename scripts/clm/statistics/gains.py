"""Verdicts on gain: what a doubling of parameters, tokens, molecules or compute does to the error of a task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.multiplicity import FAMILY, HOLM, adjusted_in_families
from clm.statistics.regression import Design, slope_design
from clm.statistics.slopes import Slope, combined_slope
from clm.tables.columns import ALPHA
from clm.tables.panels import MIN_SIGNAL, Panel


@dataclass(frozen=True)
class Axis:
    """One direction of scale: its column in runs.csv, what is held fixed, and in which order the fixed values grow."""

    name: str
    column: str
    fixed: tuple[str, ...]


# Tokens vary inside a trunk, so there the trunk itself is held fixed. Compute is spent on parameters or tokens;
# more molecules at equal tokens cost none, so the subset is fixed.
AXES = (
    Axis("N", "parameters", ("subset", "budget")),
    Axis("D", "tokens", ("trunk",)),
    Axis("U", "molecules", ("size", "budget")),
    Axis("C", "flops", ("subset",)),
)


def axis_design(cells: pd.DataFrame, axis: Axis) -> Design | None:
    """Return the estimator of the slope per doubling along an axis, or None when nothing varies along it.

    Args:
        cells: rows of runs.csv with `trunk`.
        axis: the axis.
    """
    x = np.log2(cells[axis.column].to_numpy(dtype=float))
    groups = cells.groupby(list(axis.fixed), sort=False).ngroup().to_numpy()
    return slope_design(x, groups, cells["trunk"].to_numpy())


def gain_of(slope: float) -> float:
    """Return the relative gain of error per doubling, 1 - e(2x)/e(x), of a slope of ln e per log2 x."""
    return float(1 - np.exp(slope))


def gain_row(panel: Panel, axis: Axis, margin: float, min_trunks: int) -> dict[str, Any]:
    """Return gain, interval, p values of one task along one axis; the verdict waits for its family.

    Args:
        panel: errors of the task.
        axis: direction of scale.
        margin: relative gain per doubling that matters.
        min_trunks: trunks below which nothing is estimated.
    """
    row: dict[str, Any] = {"axis": axis.name, **panel.names, "metric": panel.metric}
    design = axis_design(panel.cells, axis)
    row |= {"n_cells": int(design.used.sum()) if design else 0, "n_trunks": design.clusters if design else 0}
    row |= {"signal": panel.signal, "exclusions": panel.exclusions}
    if design is None or design.clusters < min_trunks:
        return row
    slope = combined_slope(design, panel.errors, panel.ratio, panel.draws)
    low, high = slope.interval()
    row |= {"gain": gain_of(slope.estimate), "lower": gain_of(high), "upper": gain_of(low), "p": slope.p_zero()}
    return row | {"p_equivalence": equivalence(slope, margin), "sampled": slope.sampled}


def equivalence(slope: Slope, margin: float) -> float:
    """Return the one-sided p against "the gain per doubling is at least `margin`"."""
    return slope.p_below(float(np.log1p(-margin)))


def judge(rows: list[dict[str, Any]], margin: float) -> list[dict[str, Any]]:
    """Add p_holm, family, family_size, verdict and reason to the rows of `gain_row`.

    Tasks without signal make no test, so they do not count in their family.
    """
    frame = pd.DataFrame(rows)
    if frame.empty:
        return []
    p = frame["p"].where(frame["signal"] >= MIN_SIGNAL) if "p" in frame else pd.Series(np.nan, index=frame.index)
    family = frame[list(FAMILY)].agg(" ".join, axis=1)
    frame = pd.DataFrame({"family": family, "family_size": p.notna().groupby(family).transform("sum"),
                          "p_holm": adjusted_in_families(frame, p, HOLM)})  # fmt: skip
    judged = []
    for row, columns in zip(rows, frame.to_dict("records"), strict=True):
        row = row | columns
        verdict, reason = verdict_of(row, margin)
        judged.append(row | {"verdict": verdict, "reason": "; ".join([reason, *remarks(row)])})
    return judged


def verdict_of(row: Mapping[str, Any], margin: float) -> tuple[str, str]:
    """Return verdict and reason of one row.

    improving: the whole interval lies above the margin; degraded: below 0; both must survive Holm's correction.
    saturated: a one-sided 5 % equivalence test rejects a gain of the margin. A test that is merely not significant
    shows nothing, so everything else is undecided.
    """
    percent = f"{100 * margin:g} %"
    if row["signal"] < MIN_SIGNAL:
        return "no_signal", "most models do not beat the trivial predictor"
    if row.get("gain") is None:
        return "too_few", "too few trunks differ along this axis"
    confirmed = row["p_holm"] < ALPHA
    if row["lower"] > margin and confirmed:
        return "improving", f"the interval lies above {percent} per doubling"
    if row["upper"] < 0 and confirmed:
        return "degraded", "the interval lies below 0"
    if row["p_equivalence"] < ALPHA:
        return "saturated", f"a gain of {percent} per doubling is rejected"
    if row["lower"] > margin or row["upper"] < 0:
        return "undecided", "does not survive Holm's correction over the tasks"
    return "undecided", f"the interval contains gains below and above {percent}"


def remarks(row: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know about the cells behind a row."""
    texts = []
    if row["exclusions"]:
        texts.append(f"{row['exclusions']} checkpoints without a usable error left out")
    if row["n_cells"] and row["signal"] < 1:
        texts.append(f"{100 * (1 - row['signal']):.0f} % of the checkpoints are no better than trivial")
    if row.get("sampled") is False:
        texts.append("the interval leaves out the uncertainty of the test set")
    return texts
