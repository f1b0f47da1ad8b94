"""Say which claims a study could decide before it runs, from how much the results of a finished one vary.

python scripts/plan_study.py results/default studies/gpu.yaml
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import UserError, run
from clm.statistics.components import Components, alike, components_of, loss_components
from clm.statistics.gains import AXES, axis_design
from clm.statistics.net_gain import untrained_twins
from clm.statistics.plan import loss_rows, transfer_rows, worth_rows
from clm.statistics.planned import counted_tasks, planned_modes
from clm.study.controls import expand_controls
from clm.study.merge import project_configuration
from clm.tables.columns import PRIMARY, UNTRAINED
from clm.tables.frames import read_table
from clm.tables.panels import panels, study_runs

PLAIN = ("elasticity", "rank correlation")  # units that are no percentage


def plan_study(finished: Path, configs: list[Path], /, replicates: int = 1000) -> list[str]:
    """Return for every claim the smallest effect that is decided with 80 % power, and what one more of each buys.

    Args:
        finished: folder of a finished study, such as results/default: its tables tell how much results vary.
        configs: overlays of the study that has not run, as for `--configfile`; none: the default study.
        replicates: simulated studies behind each number.
    """
    config = project_configuration(configs)
    expand_controls(config)
    runs, found = finished_components(finished, config)
    settings = config["analysis"]
    plans = planned_modes(config)
    most = max(plans.values(), key=lambda plan: len(plan.cells))
    lines = ["pretraining", *claim_lines(loss_rows(most, loss_components(runs), settings, replicates))]
    for (mode, split), plan in plans.items():
        parts = found.get((mode, split)) or next((p for (m, _), p in found.items() if m == mode), None)
        lines += ["", f"{mode}, {split} split: {plan.cells['trunk'].nunique()} trunks, {plan.tasks} tasks"]
        if parts is None:
            lines.append(f"  not testable: {finished} has no such scores that tell how much they vary")
            continue
        lines += claim_lines(transfer_rows(plan, parts, runs, settings, replicates))
        lines += ["  smallest pooled gain per doubling that is told from none, with one more"]
        lines += worth_lines(worth_rows(plan, parts, settings["seed"], replicates))
    return lines


def finished_components(folder: Path, config: dict[str, Any]) -> tuple[pd.DataFrame, dict[tuple[str, str], Components]]:
    """Return the checkpoints of a finished study and the variance components of each of its modes and splits.

    Raises:
        UserError: the folder has no tables of scores.
    """
    tables = folder / "tables"
    if not (tables / "runs.csv").exists() or not (tables / "transfer.csv").exists():
        raise UserError(f"{tables} has no runs.csv and transfer.csv; name the folder of a finished study")
    checkpoints = read_table(tables / "runs.csv")
    judged = next(name for name in checkpoints["corpus"] if name != UNTRAINED)
    runs, scores = study_runs(checkpoints, [judged]), read_table(tables / "transfer.csv")
    draws = pd.read_parquet(tables / "draws.parquet") if (tables / "draws.parquet").exists() else pd.DataFrame()
    twins, groups = untrained_twins(scores, draws), {}
    counted = counted_tasks(config, scores["task"].unique())
    for panel in panels(scores, runs, draws):
        if panel.names["features"] == PRIMARY and panel.names["task"] in counted:
            groups.setdefault((panel.names["mode"], panel.names["split"]), []).append(panel)
    found = {}
    for key, members in groups.items():
        used = alike(members)
        designs = {axis.name: axis_design(used[0].cells, axis) for axis in AXES}
        if len(used) > 1:
            found[key] = components_of(used, designs, [twins.get(tuple(panel.names.values())) for panel in used])
    return runs, found


def claim_lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one line per claim: its smallest effect, or what it needs."""
    lines = []
    for row in rows:
        name = row["claim"] + (f" ({row['axis']})" if row["axis"] else "")
        size = (
            "" if row["effect"] is None else f"{row['effect']:.3g}" if row["unit"] in PLAIN else f"{row['effect']:.2%}"
        )
        told = f"{size:>8}  {row['unit']}" if row["testable"] else f"not testable: needs {row['needs']}"
        lines.append(f"  {name:<36} {told}")
    return lines


def worth_lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a table: what is added, and the smallest gain along tokens, parameters and molecules with it."""
    lines = [f"  {'':<26}" + "".join(f"{axis:>10}" for axis in ("N", "D", "U"))]
    for row in rows:
        values = ("-" if row[axis] is None else f"{row[axis]:.2%}" for axis in ("N", "D", "U"))
        lines.append(f"  {row['one more']:<26}" + "".join(f"{value:>10}" for value in values))
    return lines


if __name__ == "__main__":
    run(plan_study)
