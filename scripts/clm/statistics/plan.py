"""The claims that a planned study can decide: for each the smallest effect, or what it needs.

A claim has its name in claims.json, without mode and split; other verdicts on single tasks are called "one task".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.components import Components
from clm.statistics.gains import AXES, CANCELS, axis_design
from clm.statistics.headline import ELASTICITY
from clm.statistics.net_gain import MIN_INITIALIZATIONS
from clm.statistics.planned import fitted_loss, one_more
from clm.statistics.power import (
    difference,
    equivalence,
    median_effects,
    pooled_effects,
    pooled_elasticity,
    quantile,
    relative,
    shortage,
)
from clm.statistics.power_loss import NO_FLAT_ENVELOPE, envelope_effect, fall_effects
from clm.statistics.regression import Design, slope_design
from clm.statistics.replicates import AllSplits, Plan, Replicates, simulate

GAIN, FALL, SHARE = "gain of error per doubling", "fall of the loss per doubling", "elasticity"
LITTLE_ARRIVES = "little arrives"
MOST_ENVELOPES = 300  # maximum replicates of an envelope, each drawn and fitted separately


def claim_row(
    claim: str,
    outcome: str,
    effect: float | str | None,
    unit: str,
    bound: float | None = None,
    blind: str | None = None,
) -> dict[str, Any]:
    """Return one row of a plan; a text in place of an effect states what the claim needs.

    Args:
        claim: its name.
        outcome: the verdict that needs such an effect.
        effect: smallest effect that is decided, in `unit`.
        unit: of the effect.
        bound: for claims that an effect is small, the largest effect that counts as small. They are testable if a bound
            as small as this can be shown.
        blind: what the study needs to be sensitive, which these claims require; None if it is sensitive.
    """
    missing = effect if isinstance(effect, str) else None
    size = None if missing or effect is None else float(effect)
    if bound is not None and size is not None and size > bound:
        missing = f"more range, trunks or tasks: as planned only a bound of {size:.3g} is shown, not {bound:.3g}"
    if bound is not None:
        missing = "; ".join(filter(None, (missing, blind))) or None
    row = {"claim": claim, "outcome": outcome, "effect": size, "unit": unit}
    return row | {"testable": missing is None, "needs": missing}


def told(effect: float | str | None) -> float | str | None:
    """Return a change per doubling in logs as a relative change; a text is returned unchanged."""
    return relative(effect) if isinstance(effect, float) else effect


def untrained_needed(plan: Plan) -> str | None:
    """Return the number of untrained encoders that net gains need, or None if the plan has them."""
    if plan.initializations >= MIN_INITIALIZATIONS:
        return None
    return f"{MIN_INITIALIZATIONS} untrained encoders of each size instead of {plan.initializations}"


def lacking(plan: Plan, design: Design | None, axis: str, tasks: int | None = None) -> str | None:
    """Return what claims along an axis need to be testable, or None if the plan has it."""
    twins = None if axis in CANCELS else untrained_needed(plan)
    return "; ".join(filter(None, (shortage(design, tasks), twins))) or None


def axis_of_loss(plan: Plan, runs: pd.DataFrame) -> Design | None:
    """Return the estimator of the slope on the losses that planned checkpoints are expected to have."""
    loss, trunks = fitted_loss(runs, plan.cells), plan.cells["trunk"].to_numpy()
    return slope_design(loss, np.zeros(len(loss), dtype=int), trunks)


def headline_plan(
    plans: Sequence[tuple[Plan, Components]], runs: pd.DataFrame, settings: Mapping[str, Any], count: int
) -> Iterator[dict[str, Any]]:
    """Yield the claims over tasks along each axis and on the elasticity, of one split or of all splits of a mode.

    Effects of trunks are assumed to be the same on all splits.

    Args:
        plans: one per split, with the variance components of its scores.
        runs: finished checkpoints, from which the losses of planned ones are predicted by a plane in logs.
        settings: `gain_margin`, `elasticity_margin`, `seed`.
        count: replicates.
    """
    blind = next(
        (plan.blind for plan, _ in plans if plan.blind), None
    )  # all splits of a pooled claim must be sensitive
    plan, margin, seed = replace(plans[0][0], blind=blind), -float(np.log1p(-settings["gain_margin"])), settings["seed"]
    designs = {axis.name: axis_design(plan.cells, axis) for axis in AXES} | {ELASTICITY: axis_of_loss(plan, runs)}
    for axis, design in designs.items():
        missing = lacking(plan, design, axis, plan.tasks)
        made = None if missing else replicates_of(plans, design, axis, count, seed)
        if axis == ELASTICITY:
            few = settings["elasticity_margin"]
            arrives, bound = (missing, missing) if made is None else pooled_elasticity(made, few)
            yield claim_row(f"headline.{axis}", "arrives", arrives, SHARE)
            yield claim_row(f"headline.{axis}", LITTLE_ARRIVES, bound, SHARE, few, plan.blind)
        elif axis == "C":
            bound, above = (missing, missing) if made is None else median_effects(made, margin)
            little = (settings["gain_margin"], plan.blind)
            yield claim_row("limited_improvement", "supported", told(bound), GAIN, *little)
            yield claim_row("limited_improvement", "contradicted", told(above), GAIN)
        else:
            slope, bound = (missing, missing) if made is None else pooled_effects(made)
            above = slope if isinstance(slope, str) else slope + margin
            yield claim_row(f"headline.{axis}", "improving", told(above), GAIN)
            yield claim_row(f"headline.{axis}", "degraded", told(slope), GAIN)
            yield claim_row(f"headline.{axis}", "saturated", told(bound), GAIN, settings["gain_margin"], plan.blind)


def replicates_of(
    plans: Sequence[tuple[Plan, Components]], design: Design, axis: str, count: int, seed: int
) -> Replicates | AllSplits:
    """Return simulated studies of one split, or of all splits together."""
    made = tuple(simulate(plan, design, parts, axis, count, seed) for plan, parts in plans)
    return made[0] if len(made) == 1 else AllSplits(made)


def task_plan(
    plan: Plan, parts: Components, runs: pd.DataFrame, settings: Mapping[str, Any], count: int
) -> Iterator[dict[str, Any]]:
    """Yield the claims on a single task: gains along each axis, and the elasticity."""
    margin, seed = -float(np.log1p(-settings["gain_margin"])), settings["seed"]
    for axis in AXES:
        design, name = axis_design(plan.cells, axis), f"one task.{axis.name}"
        improving: float | str | None
        improving = flat = lacking(plan, design, axis.name)
        if design is not None and not improving:
            estimates = simulate(plan, design, parts, "(one task)", count, seed).estimates()
            improving, flat = difference(estimates, plan.tasks, margin), equivalence(estimates)
        yield claim_row(name, "improving", told(improving), GAIN)
        yield claim_row(name, "saturated", told(flat), GAIN, settings["gain_margin"], plan.blind)
    design, name, few = axis_of_loss(plan, runs), f"one task.{ELASTICITY}", settings["elasticity_margin"]
    arrives = bound = lacking(plan, design, ELASTICITY)
    if design is not None and not arrives:
        estimates = simulate(plan, design, parts, "(one task)", count, seed).estimates()
        arrives = difference(estimates, plan.tasks, few)
        bound = quantile(estimates.value + estimates.reach())
    yield claim_row(name, "arrives", arrives, SHARE)
    yield claim_row(name, LITTLE_ARRIVES, bound, SHARE, few, plan.blind)


def loss_plan(
    plan: Plan, parts: Components, runs: pd.DataFrame, settings: Mapping[str, Any], count: int
) -> Iterator[dict[str, Any]]:
    """Yield the claims that the loss falls along each axis; `parts` are those of log loss."""
    for axis in ("N", "D", "U"):
        found = fall_effects(plan, parts, axis, count, settings["seed"])
        falls, flat = (found, found) if isinstance(found, str) else found
        yield claim_row(f"loss_falls.{axis}", "supported", told(falls), FALL)
        yield claim_row(f"loss_falls.{axis}", "contradicted", told(flat), FALL, settings["gain_margin"])
    loss, few = fitted_loss(runs, plan.cells), min(count, MOST_ENVELOPES)
    found = envelope_effect(plan, loss, parts, few, settings["seed"])
    yield claim_row("loss_falls.C", "supported", told(found), FALL)
    yield claim_row("loss_falls.C", "contradicted", NO_FLAT_ENVELOPE, FALL)


def worth_rows(plan: Plan, parts: Components, seed: int, count: int) -> Iterable[dict[str, Any]]:
    """Yield the headline's smallest effect along each axis with one more trunk, budget, task or seed."""
    for what, changed in {"as planned": plan, **one_more(plan)}.items():
        row: dict[str, Any] = {"one more": what}
        for axis in AXES[:3]:
            design = axis_design(changed.cells, axis)
            missing = lacking(changed, design, axis.name, changed.tasks)
            made = None if missing else simulate(changed, design, parts, axis.name, count, seed)
            row[axis.name] = None if made is None else relative(pooled_effects(made)[0])
        yield row
