"""Verdicts on gain: the effect of doubling parameters, tokens, molecules or compute on the error of a task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.estimates import Estimate
from clm.statistics.multiplicity import FAMILY
from clm.statistics.net_gain import NetPanel, Twins, net_panel, slope, test_part
from clm.statistics.regression import Design, slope_design
from clm.statistics.verdicts import NOT_TESTABLE, by_family, judge_gains, no_signal, shortage
from clm.tables.panels import MIN_SIGNAL, Panel


@dataclass(frozen=True)
class Axis:
    """One axis of scale: its column in runs.csv, the columns held fixed, and the order in which fixed values grow."""

    name: str
    column: str
    fixed: tuple[str, ...]


# Tokens vary within a trunk, so along tokens the trunk itself is held fixed. Compute is spent on parameters or tokens;
# more molecules at equal tokens cost none, so along compute the subset is held fixed.
AXES = (
    Axis("N", "parameters", ("subset", "budget")),
    Axis("D", "tokens", ("trunk",)),
    Axis("U", "molecules", ("size", "budget")),
    Axis("C", "flops", ("subset",)),
)
CANCELS = ("D", "U")  # axes along which all compared cells have the same untrained encoder


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
    """Return the relative gain of error per doubling, 1 - e(2x)/e(x), for a slope of ln e per log2 x."""
    return float(1 - np.exp(slope))


def net_or_raw(panel: Panel, axis: Axis, twins: Twins | None) -> tuple[Panel | None, NetPanel | None, str | None]:
    """Return the errors whose slope is the net gain along an axis, their net panel, and the reason if there are none.

    Along tokens and molecules all compared cells have the same untrained encoder, which cancels, so that raw errors
    have the same slope if it is missing.
    """
    net = net_panel(panel, twins)
    if net is not None:
        return net.panel, net, None
    if axis.name in CANCELS:
        return panel, None, None
    sizes = panel.cells["size"].unique()
    return None, None, f"needs: untrained encoders; {(twins or Twins({}, {}, {})).reason(sizes[0])}"


def gain_row(panel: Panel, axis: Axis, min_trunks: int, twins: Twins | None) -> dict[str, Any]:
    """Return net gain, interval and raw gain of one task along one axis; the verdict is added with its family.

    Args:
        panel: errors of the task.
        axis: axis of scale.
        min_trunks: minimum number of trunks for an estimate.
        twins: untrained encoders of the same mode, split, read-out and task.
    """
    row: dict[str, Any] = {"axis": axis.name, **panel.names, "metric": panel.metric, "estimate": None}
    used, net, missing = net_or_raw(panel, axis, twins)
    cells = panel if used is None else used
    design = axis_design(cells.cells, axis)
    row |= {"n_cells": int(design.used.sum()) if design else 0, "n_trunks": design.clusters if design else 0}
    row |= {"signal": panel.signal, "exclusions": cells.exclusions, "missing": missing}
    if design is None or design.clusters < min_trunks:
        return row | {"missing": missing or shortage(None)}
    row |= {"missing": missing or shortage(design.df, design.clusters)}
    row |= {"df": design.df, "sampled": test_part(design.weights, cells) is not None}
    raw = axis_design(panel.cells, axis)
    row |= {f"raw_{name}": value for name, value in relative(slope(raw, panel)).items()}
    if used is None:
        return row
    estimate = slope(design, used, net)
    return row | relative(estimate) | {"p": estimate.p_zero(), "estimate": estimate}


def relative(estimate: Estimate) -> dict[str, float]:
    """Return gain, lower and upper, relative gains per doubling, of a slope of log error."""
    low, high = estimate.interval()
    return {"gain": gain_of(estimate.value), "lower": gain_of(high), "upper": gain_of(low)}


def judge(rows: list[dict[str, Any]], margin: float, sensitive: Mapping[tuple[str, str], bool]) -> list[dict[str, Any]]:
    """Add p_holm, p_equivalence, family, family_size, verdict and reason to the rows of `gain_row`.

    Tasks without signal are not tested, so they do not count in their family.

    Args:
        rows: of `gain_row`.
        margin: relative gain per doubling that matters.
        sensitive: {(mode, split): whether the study detects gains on a control task}; False if absent.
    """
    judged = [dict(row) for row in rows]
    for key, positions in by_family(pd.DataFrame(rows), FAMILY).items() if rows else ():
        members = [judged[i] for i in positions]
        barred = [no_signal(row["metric"]) if row["signal"] < MIN_SIGNAL else None for row in members]
        seen = sensitive.get((members[0]["mode"], members[0]["split"]), False)
        results = judge_gains([row["estimate"] for row in members], margin, seen, barred)
        size = sum(np.isfinite(result.p_difference) for result in results)
        for row, result in zip(members, results, strict=True):
            reason = row["missing"] if result.verdict == NOT_TESTABLE and row["missing"] else result.reason
            row |= {"family": " ".join(key), "family_size": size, "p_holm": result.p_difference}
            row |= {"p_equivalence": result.p_equivalence, "p_one_sided": result.p_one_sided}
            row |= {"verdict": result.verdict, "reason": "; ".join([reason, *remarks(row)])}
    return judged


def remarks(row: Mapping[str, Any]) -> list[str]:
    """Return remarks on the cells behind a row."""
    texts = []
    if row["exclusions"]:
        texts.append(f"{row['exclusions']} checkpoints without a usable error left out")
    if row["n_cells"] and row["signal"] < 1:
        texts.append(f"{100 * (1 - row['signal']):.0f} % of the checkpoints are no better than trivial")
    if row.get("sampled") is False:
        texts.append("the interval leaves out the uncertainty of the test set")
    return texts
