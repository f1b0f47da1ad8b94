"""Whether a planned study is expected to be sensitive, from the gain of the control in a finished one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.components import Components, components_of
from clm.statistics.net_gain import net_panel, untrained_twins
from clm.statistics.power_other import sensitivity_effect
from clm.statistics.replicates import Plan
from clm.statistics.sensitivity import last_budget, named_control, size_weights
from clm.tables.columns import PRIMARY
from clm.tables.panels import panels

NO_CONTROL = "the logp control without noise in this mode"


@dataclass(frozen=True)
class Control:
    """Trend and variance of the named control of a finished study, in one mode and split.

    Attributes:
        trend: least squares coefficients of its net gain on `plane`, float64 (3,).
        parts: variance components of its log error.
    """

    trend: np.ndarray
    parts: Components


def plane(cells: pd.DataFrame) -> np.ndarray:
    """Return a constant and the doublings of parameters and tokens of checkpoints, float64 (n, 3)."""
    doublings = (np.log2(cells[name].to_numpy(dtype=float)) for name in ("parameters", "tokens"))
    return np.column_stack([np.ones(len(cells)), *doublings])


def finished_controls(
    scores: pd.DataFrame, runs: pd.DataFrame, draws: pd.DataFrame, controls: Mapping[str, Mapping[str, Any]]
) -> dict[tuple[str, str], Control]:
    """Return {(mode, split): named control} of a finished study, where checkpoints have net gains.

    Args:
        scores: transfer.csv.
        runs: of `study_runs`.
        draws: draws.parquet, empty if it is not kept.
        controls: control tasks of the scores, as in `named_control`.
    """
    twins, named, found = untrained_twins(scores, draws), named_control(controls), {}
    for panel in panels(scores, runs, draws):
        names = panel.names
        if names["task"] == named and names["features"] == PRIMARY:
            untrained = twins.get(tuple(names.values()))
            net = net_panel(panel, untrained)
            if net is not None:
                parts = components_of([panel], {}, [untrained])
                trend = np.linalg.pinv(plane(net.panel.cells)) @ net.gains
                found[names["mode"], names["split"]] = Control(trend, parts)
    return found


def expected_gain(trend: np.ndarray, cells: pd.DataFrame) -> float:
    """Return the expected net gain of planned checkpoints with the largest budget, mean over sizes, in log error."""
    last = cells[last_budget(cells)]
    return float(size_weights(last["size"].to_numpy()) @ (plane(last) @ trend))


def sighted(plan: Plan, control: Control | None, count: int, seed: int) -> tuple[Plan, list[str]]:
    """Return the plan with what it needs to be sensitive, and the expected gain of the control as a sentence.

    Args:
        plan: the study, in one mode and split.
        control: the control of a finished study there, None if it has none.
        count: replicates of the power analysis.
        seed: of the draws.
    """
    if plan.blind or control is None:
        return plan, []
    needed, gain = sensitivity_effect(plan, control.parts, count, seed), expected_gain(control.trend, plan.cells)
    if isinstance(needed, str):
        return replace(plan, blind=needed), []
    expected = f"the logp control is expected to gain {-np.expm1(-gain):.1%} at the largest budget"
    remark = f"{expected}; {-np.expm1(-needed):.1%} show that the study is sensitive"
    if gain >= needed:
        return plan, [remark]
    return replace(plan, blind=f"a sensitive study: {remark}"), [remark]
