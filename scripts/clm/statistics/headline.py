"""The headline: net gain per doubling of tokens, parameters and molecules, pooled over all tasks that count.

The analysis was fixed before the results were known. There is one row per axis, mode and split, and one over all splits
of a mode, with the fall of the pretraining loss per doubling, and the elasticity: how much of that fall reaches the
tasks. Along compute it is the median over tasks, on which the claim of limited improvement is based.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.estimates import Estimate, Part
from clm.statistics.gains import AXES, CANCELS, axis_design
from clm.statistics.hierarchical import MIN_TASKS, TaskSlope, mean_slopes, net_task_slope, pool
from clm.statistics.medians import median_interval
from clm.statistics.net_gain import MIN_INITIALIZATIONS, NetPanel, Twins, net_panel, untrained_twins
from clm.statistics.regression import Design, slope_design
from clm.statistics.verdicts import NOT_TESTABLE, judge_elasticities, judge_gains, judge_limited, shortage
from clm.tables.columns import POOLED, PRIMARY
from clm.tables.panels import MIN_SIGNAL, panels

ELASTICITY = "elasticity"
COLUMNS = ("axis", "mode", "split", "n_tasks", "n_trunks", "df", "gain", "lower", "upper", "between_sd")
COLUMNS += ("loss_fall", "loss_lower", "loss_upper", "verdict", "reason")


def elasticity_design(cells: pd.DataFrame) -> Design | None:
    """Return the estimator of the slope on log validation loss, within one corpus and vocabulary."""
    loss = np.log(cells["loss"].to_numpy(dtype=float))
    return slope_design(loss, np.zeros(len(loss), dtype=int), cells["trunk"].to_numpy())


def task_slopes(nets: Sequence[NetPanel], design_of: Callable[[pd.DataFrame], Design | None]) -> list[TaskSlope]:
    """Return the slope of each task; several splits of a task are averaged first.

    Args:
        nets: net log errors, one panel per task and split.
        design_of: the estimator of the slope for the cells of a panel.
    """
    slopes: dict[str, list[TaskSlope]] = {}
    for net in nets:
        design = design_of(net.panel.cells)
        if design is not None:
            slopes.setdefault(net.panel.names["task"], []).append(net_task_slope(design, net))
    return [mean_slopes(of_task) for of_task in slopes.values()]


def study_nets(scores: pd.DataFrame, cells: pd.DataFrame, draws: pd.DataFrame) -> list[NetPanel]:
    """Return net log errors of every mode, split, read-out and task with signal.

    Without untrained encoders errors stay raw: then there are no gains along parameters, but those along tokens and
    molecules are valid.

    Args:
        scores: transfer.csv.
        cells: of `study_runs`.
        draws: draws.parquet.
    """
    twins, nets = untrained_twins(scores, draws), []
    for panel in panels(scores, cells, draws):
        if panel.signal >= MIN_SIGNAL:
            net = net_panel(panel, twins.get(tuple(panel.names.values())))
            nets.append(net or NetPanel(panel, Twins({}, {}, {}), dict.fromkeys(range(len(panel.cells)), "raw")))
    return nets


def headline_rows(
    nets: Sequence[NetPanel], sensitive: Mapping[tuple[str, str], bool], settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of headline.csv.

    Args:
        nets: net log errors of every mode, split and task with signal; other read-outs are ignored.
        sensitive: {(mode, split): whether the study detects gains on the control task}.
        settings: `aggregate` (tasks that count), `gain_margin`, `elasticity_margin`, `bootstrap`, `seed`.
    """
    used = [n for n in nets if n.panel.names["features"] == PRIMARY and n.panel.names["task"] in settings["aggregate"]]
    for mode in dict.fromkeys(net.panel.names["mode"] for net in used):
        of_mode = [net for net in used if net.panel.names["mode"] == mode]
        splits = list(dict.fromkeys(net.panel.names["split"] for net in of_mode))
        for split in [POOLED, *splits]:
            chosen = [net for net in of_mode if split in (POOLED, net.panel.names["split"])]
            seen = all(sensitive.get((mode, name), False) for name in (splits if split == POOLED else [split]))
            for axis in ("D", "N", "U", "C", ELASTICITY):
                yield {"axis": axis, "mode": mode, "split": split} | headline_row(chosen, axis, seen, settings)


def headline_row(nets: Sequence[NetPanel], axis: str, sensitive: bool, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return estimate and verdict for one axis or the elasticity; along compute, those of the median over tasks."""
    along = next((one for one in AXES if one.name == axis), None)
    design_of = elasticity_design if along is None else lambda cells: axis_design(cells, along)
    cells = max((net.panel.cells for net in nets), key=len)
    design = design_of(cells)
    usable = [net for net in nets if axis in CANCELS or net.twins.errors]
    slopes = task_slopes(usable, design_of)
    row: dict[str, Any] = {"n_tasks": len(slopes), "n_trunks": design.clusters if design else 0}
    if along is not None and design is not None:
        row |= loss_fall(cells, design)
    missing = shortage(min((one.df for one in slopes), default=None), row["n_trunks"])
    if design is not None and len(slopes) < MIN_TASKS:
        untrained = f" and {MIN_INITIALIZATIONS} untrained encoders of each size" if len(usable) < len(nets) else ""
        missing = f"needs: {MIN_TASKS} tasks, has {len(slopes)}{untrained}"
    if missing:
        return row | {"verdict": NOT_TESTABLE, "reason": missing}
    return row | (median_columns if axis == "C" else pooled_columns)(slopes, axis, sensitive, settings)


def pooled_columns(
    slopes: Sequence[TaskSlope], axis: str, sensitive: bool, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the pooled slope with interval, spread between tasks and verdict."""
    found = pool(slopes)
    row = {"df": found.estimate.df, "between_sd": found.between} | effect_of(found.estimate, axis == ELASTICITY)
    if axis == ELASTICITY:
        (judged,) = judge_elasticities([found.estimate], settings["elasticity_margin"], sensitive)
    else:
        (judged,) = judge_gains([found.estimate], settings["gain_margin"], sensitive)
    return row | {"verdict": judged.verdict, "reason": judged.reason}


def median_columns(
    slopes: Sequence[TaskSlope], axis: str, sensitive: bool, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the median net gain per doubling over tasks with interval, and the verdict on "improves little"."""
    ends = median_interval(slopes, settings["bootstrap"], settings["seed"])
    gain, upper, lower = (float(-np.expm1(value)) for value in ends)
    verdict, reason = judge_limited(gain, lower, upper, settings["gain_margin"], sensitive)
    row = {"df": min(one.df for one in slopes), "gain": gain, "lower": lower, "upper": upper}
    return row | {"verdict": verdict, "reason": reason}


def effect_of(estimate: Estimate, elasticity: bool) -> dict[str, float]:
    """Return gain, lower and upper: relative gains per doubling of a slope of log error, or the elasticity itself."""
    low, high = estimate.interval()
    if elasticity:
        return {"gain": estimate.value, "lower": low, "upper": high}
    gain, lower, upper = (float(-np.expm1(value)) for value in (estimate.value, high, low))
    return {"gain": gain, "lower": lower, "upper": upper}


def loss_fall(cells: pd.DataFrame, design: Design) -> dict[str, float]:
    """Return the relative fall of the pretraining loss per doubling with its interval from trunks."""
    value, variance = design.slope(np.log(cells["loss"].to_numpy(dtype=float)))
    part = Part(variance, design.df)
    found = effect_of(Estimate(value, part, part), elasticity=False)
    return {"loss_fall": found["gain"], "loss_lower": found["lower"], "loss_upper": found["upper"]}
