"""Which claims a planned study can decide: for each the smallest effect, or what it needs."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.components import Components
from clm.statistics.gains import AXES, axis_design
from clm.statistics.planned import fitted_loss, one_more
from clm.statistics.power import (
    difference,
    equivalence,
    median_effects,
    pooled_effects,
    quantile,
    relative,
    shortage,
)
from clm.statistics.power_other import correlation_effect, sensitivity_effect
from clm.statistics.regression import Design, slope_design
from clm.statistics.replicates import Plan, simulate

COLUMNS = ("claim", "axis", "mode", "split", "effect", "unit", "testable", "needs")
# claims over all tasks: whether they say that a gain is little
HEADLINE = {"headline": False, "headline: no relevant gain": True}
LIMITED = {"limited improvement supported": True, "limited improvement contradicted": False}
GAIN, FALL = "gain of error per doubling", "fall of the loss per doubling"


def claim_row(
    claim: str, axis: str | None, effect: float | str | None, unit: str, bound: float | None = None
) -> dict[str, Any]:
    """Return one row of a plan; a text in place of an effect is what the claim needs.

    Args:
        claim: its name.
        axis: along which it is made.
        effect: smallest effect that is decided, in `unit`.
        unit: of the effect.
        bound: for claims that an effect is little: what little means. They are testable if as small a bound is shown.
    """
    missing = effect if isinstance(effect, str) else None
    size = None if missing or effect is None else float(effect)
    if bound is not None and size is not None and size > bound:
        missing = f"more range, trunks or tasks: as planned only a bound of {size:.3g} is shown, not {bound:.3g}"
    return {"claim": claim, "axis": axis, "effect": size, "unit": unit, "testable": missing is None, "needs": missing}


def transfer_rows(
    plan: Plan, parts: Components, runs: pd.DataFrame, settings: Mapping[str, Any], count: int
) -> Iterator[dict[str, Any]]:
    """Yield the claims on transfer of one mode and split.

    Args:
        plan: the study.
        parts: variance components of that mode and split.
        runs: finished checkpoints, whose losses planned ones are taken to have by a plane in logs.
        settings: `gain_margin`, `elasticity_margin`, `seed`.
        count: replicates.
    """
    margin, seed = -float(np.log1p(-settings["gain_margin"])), settings["seed"]
    effect = sensitivity_effect(plan, parts, count, seed)
    yield claim_row(
        "sensitive", None, effect if isinstance(effect, str) else relative(effect), "net gain of the control"
    )
    for axis in AXES:
        design = axis_design(plan.cells, axis)
        yield from task_rows(plan, parts, axis.name, design, margin, seed, count)
        names = LIMITED if axis.name == "C" else HEADLINE
        missing = shortage(design, plan.tasks)
        if missing:
            yield from (claim_row(name, axis.name, missing, GAIN) for name in names)
            continue
        made = simulate(plan, design, parts, axis.name, count, seed)
        effects = median_effects(made, margin) if axis.name == "C" else pooled_effects(made)
        for (name, little), effect in zip(names.items(), effects, strict=True):
            bound = settings["gain_margin"] if little else None
            yield claim_row(name, axis.name, relative(effect), GAIN, bound)
    yield from elasticity_rows(plan, parts, runs, settings["elasticity_margin"], seed, count)
    trunks = plan.cells["trunk"].nunique()
    effect = correlation_effect(trunks, plan.tasks, parts.common, min(count, 500), seed)
    yield claim_row("loss correlates with transfer", None, effect, "rank correlation")


def task_rows(
    plan: Plan, parts: Components, axis: str, design: Design | None, margin: float, seed: int, count: int
) -> Iterator[dict[str, Any]]:
    """Yield what is decided on a single task along one axis: a gain, and that there is none."""
    missing = shortage(design)
    if missing:
        yield claim_row("task improves", axis, missing, GAIN)
        yield claim_row("task saturated", axis, missing, GAIN)
        return
    estimates = simulate(plan, design, parts, "(one task)", count, seed).estimates()
    yield claim_row("task improves", axis, relative(difference(estimates, plan.tasks, margin)), GAIN)
    yield claim_row("task saturated", axis, relative(equivalence(estimates)), GAIN, relative(margin))


def elasticity_rows(
    plan: Plan, parts: Components, runs: pd.DataFrame, margin: float, seed: int, count: int
) -> Iterator[dict[str, Any]]:
    """Yield the smallest elasticity that is said to arrive, and the smallest bound that holds an elasticity of zero."""
    loss, trunks = fitted_loss(runs, plan.cells), plan.cells["trunk"].to_numpy()
    design = slope_design(loss, np.zeros(len(loss), dtype=int), trunks)
    missing = shortage(design)
    if missing:
        yield claim_row("arrives", None, missing, "elasticity")
        yield claim_row("less than a tenth arrives", None, missing, "elasticity")
        return
    estimates = simulate(plan, design, parts, "(one task)", count, seed).estimates()
    yield claim_row("arrives", None, difference(estimates, plan.tasks, margin), "elasticity")
    bound = quantile(estimates.value + estimates.reach())
    yield claim_row("less than a tenth arrives", None, bound, "elasticity", margin)


def loss_rows(plan: Plan, parts: Components, settings: Mapping[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """Yield the smallest fall of the loss along each axis that is told from none; `parts` are those of log loss."""
    for axis in AXES:
        design = axis_design(plan.cells, axis)
        effect: float | str | None = shortage(design)
        if effect is None:
            made = simulate(plan, design, parts, axis.name, count, settings["seed"], tasks=1)
            effect = relative(difference(made.estimates(), 1))
        yield claim_row("loss falls", axis.name, effect, FALL)


def worth_rows(plan: Plan, parts: Components, seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield what one more trunk, budget, task or seed buys: the headline's smallest effect along each axis with it."""
    for what, changed in {"as planned": plan, **one_more(plan)}.items():
        row: dict[str, Any] = {"one more": what}
        for axis in AXES[:3]:
            design = axis_design(changed.cells, axis)
            missing = shortage(design, changed.tasks)
            made = None if missing else simulate(changed, design, parts, axis.name, count, seed)
            row[axis.name] = None if made is None else relative(pooled_effects(made)[0])
        yield row
