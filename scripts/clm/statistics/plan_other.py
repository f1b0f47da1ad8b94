"""Claims of a planned study that are not about a slope: sensitivity, predictors, dependence on the task."""

from collections.abc import Iterator, Mapping
from typing import Any

from clm.statistics.components import Components
from clm.statistics.gains import AXES, axis_design
from clm.statistics.plan import GAIN, claim_row, lacking, told, untrained_needed
from clm.statistics.power import dependence_effects
from clm.statistics.power_other import LEAST_TRUNKS, correlation_bound, correlation_effect, sensitivity_effect
from clm.statistics.replicates import Plan, simulate

NOT_JUDGED = "a test: the share of tasks is shown and not judged"
CORRELATION = "rank correlation"
MOST_CORRELATIONS = 300  # replicates of the bootstrap of a correlation


def other_plan(plan: Plan, parts: Components, settings: Mapping[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """Yield the other claims on transfer of one mode and split.

    Args:
        plan: the study.
        parts: variance components of that mode and split.
        settings: `gain_margin`, `correlation_margin`, `seed`.
        count: replicates.
    """
    seed, margin = settings["seed"], settings["gain_margin"]
    effect = untrained_needed(plan) or plan.blind or sensitivity_effect(plan, parts, count, seed)
    yield claim_row("sensitive", "sensitive", told(effect), "net gain of the control")
    yield from correlation_plan(plan, parts, settings["correlation_margin"], count, seed)
    design = axis_design(plan.cells, AXES[3])
    different = alike = lacking(plan, design, "C", plan.tasks)
    if design is not None and not different:
        different, alike = dependence_effects(simulate(plan, design, parts, "(alike)", count, seed), seed)
    yield claim_row("task_dependence", "supported", different, "SD of gains between tasks")
    yield claim_row("task_dependence", "contradicted", alike, "SD of gains between tasks", margin)
    for axis in AXES[:3]:
        yield claim_row(f"review_saturation.{axis.name}", "shown", NOT_JUDGED, GAIN)


def correlation_plan(plan: Plan, parts: Components, margin: float, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the claims that the loss, the Hessian and the landscape do not predict transfer.

    The last two are judged given the loss, which costs one trunk.
    """
    trunks, common, count = plan.cells["trunk"].nunique(), parts.common, min(count, MOST_CORRELATIONS)
    for name, covariates in (("loss_predicts_not", 0), ("hessian_predicts_not", 1), ("landscape_predicts_not", 1)):
        drawn, least = (trunks - covariates, plan.tasks, common, count, seed), LEAST_TRUNKS + covariates
        missing = f"{least} trunks instead of {trunks}" if trunks < least else None
        yield claim_row(name, "contradicted", missing or correlation_effect(*drawn, margin), CORRELATION)
        yield claim_row(name, "supported", missing or correlation_bound(*drawn), CORRELATION, margin)


def study_plan() -> dict[str, Any]:
    """Return the claim that no configuration makes testable."""
    needs = "a number of a map of parameter space that is named beforehand and could contradict the claim"
    return claim_row("parameter_space", "supported", needs, "none")
