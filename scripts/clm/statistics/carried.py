"""Variance components of a finished study for planning a new one; components that it lacks are carried over."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from clm.statistics.components import Components, alike, components_of
from clm.statistics.gains import AXES, axis_design
from clm.statistics.headline import ELASTICITY, elasticity_design
from clm.statistics.net_gain import untrained_twins
from clm.statistics.replicates import Plan
from clm.tables.columns import ENCODER_MODES, PRIMARY
from clm.tables.panels import Panel, panels

PILOT_TRUNKS, PILOT_TASKS = 6, 2  # minimum to separate effects of trunks and tasks


@dataclass(frozen=True)
class Finished:
    """Variance components from the scores of one mode and split of a finished study.

    Attributes:
        parts: variance components, means over tasks.
        tasks: their names.
    """

    parts: Components
    tasks: tuple[str, ...]


def finished_parts(
    scores: pd.DataFrame, runs: pd.DataFrame, draws: pd.DataFrame, counted: list[str]
) -> dict[tuple[str, str], Finished]:
    """Return {(mode, split): components} of a finished study.

    Args:
        scores: transfer.csv.
        runs: of `study_runs`.
        draws: draws.parquet, empty if it is not kept.
        counted: tasks that count.
    """
    twins = untrained_twins(scores, draws)
    groups: dict[tuple[str, str], list[Panel]] = {}
    for panel in panels(scores, runs, draws):
        if panel.names["features"] == PRIMARY and panel.names["task"] in counted:
            groups.setdefault((panel.names["mode"], panel.names["split"]), []).append(panel)
    found = {}
    for key, members in groups.items():
        used = alike(members)
        if len(used) >= PILOT_TASKS:
            designs = {axis.name: axis_design(used[0].cells, axis) for axis in AXES}
            designs[ELASTICITY] = elasticity_design(used[0].cells)
            parts = components_of(used, designs, [twins.get(tuple(panel.names.values())) for panel in used])
            found[key] = Finished(parts, tuple(panel.names["task"] for panel in used))
    return found


def unreadable(scores: pd.DataFrame) -> str | None:
    """Return the reason why a table has no score of an encoder, or None."""
    modes = [str(mode) for mode in scores["mode"].dropna().unique()]
    if set(modes) & set(ENCODER_MODES):
        return None
    if not modes:
        return "its transfer.csv has no rows"
    return f"its transfer.csv is of another version: modes {', '.join(modes)} instead of {', '.join(ENCODER_MODES)}"


def pilot(mode: str) -> str:
    """Return the pilot study that would measure how much scores of a mode vary."""
    return (
        f"a pilot with {mode} scores of {PILOT_TRUNKS} trunks (two of them seeds of one cell) and 3 untrained encoders "
        f"of each size on {PILOT_TASKS} tasks"
    )


def carried(
    found: Mapping[tuple[str, str], Finished], mode: str, split: str, plan: Plan
) -> tuple[Components | None, list[str]]:
    """Return the components for one mode and split of a plan, and which of them are carried over.

    Args:
        found: of `finished_parts`.
        mode: of the plan.
        split: of the plan.
        plan: the plan for them.

    Returns:
        The components, None if no score of the mode is known, and sentences on what is carried over.
    """
    same_mode = [(other, one) for (of, other), one in found.items() if of == mode]
    if not same_mode:
        return None, []
    source, known = next(((other, one) for other, one in same_mode if other == split), same_mode[0])
    remarks = [f"components: means over {', '.join(known.tasks)}" + (f" on the {source} split" * (source != split))]
    new = [name for name in plan.names if name not in known.tasks]
    if new:
        remarks.append(f"carried over to {', '.join(new)}, as if their trunks and test sets varied as much")
    parts = known.parts
    if parts.seed == 0:
        lent = next((one.parts.seed for one in found.values() if one.parts.seed > 0), 0.0)
        parts = replace(parts, seed=lent)
        remarks.append("no drawn test sets: their error is that of another split" if lent else "test error left out")
    if parts.untrained == 0:
        lent = next((one.parts.untrained for one in found.values() if one.parts.untrained > 0), parts.level)
        parts = replace(parts, untrained=lent)
        remarks.append("untrained encoders vary as elsewhere, or as trunks do: this study has too few of them")
    return parts, remarks
