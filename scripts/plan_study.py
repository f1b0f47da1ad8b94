"""Show which claims a study could decide before it runs, from the variance of the results of a finished one.

python scripts/plan_study.py results/default studies/gpu.yaml
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import UserError, run
from clm.statistics.carried import Finished, carried, finished_parts, pilot, unreadable
from clm.statistics.components import Components, loss_components
from clm.statistics.plan import SHARE, headline_plan, loss_plan, task_plan, worth_rows
from clm.statistics.plan_other import CORRELATION, other_plan, study_plan
from clm.statistics.plan_outcome import PLAN_COLUMNS
from clm.statistics.planned import beyond, counted_tasks, planned_modes
from clm.statistics.replicates import Plan
from clm.statistics.sight import Control, finished_controls, sighted
from clm.study.parts import read_part
from clm.study.resolved import resolved_configuration
from clm.tables.columns import POOLED, UNTRAINED
from clm.tables.frames import write_table
from clm.tables.named import RUNS, SCORES, named_table
from clm.tables.panels import study_runs

PLAIN = (SHARE, CORRELATION)  # units that are no percentage


def plan_study(finished: Path, configs: list[Path], /, replicates: int = 1000, out: Path | None = None) -> list[str]:
    """Return for every claim the smallest effect that is decided with 80 % power, and the benefit of one more of each.

    Args:
        finished: folder of a finished study, such as results/default: its tables runs.csv and transfer.csv (also
            compressed) give the variance of results. Its sizes, budgets and tasks may differ from those of the plan.
        configs: overlays of the study that has not run, as for `--configfile`; if none, the default study.
        replicates: number of simulated studies behind each number.
        out: also write the claims to this CSV; when the study has run, compare_plan.py compares it with the results.
    """
    parts = list(planned_parts(finished, configs, replicates))
    if out is not None:
        write_table(out, (part for part in parts if not isinstance(part, str)), PLAN_COLUMNS)
    return [part if isinstance(part, str) else claim_line(part) for part in parts]


def planned_parts(finished: Path, configs: list[Path], replicates: int) -> Iterator[str | dict[str, Any]]:
    """Yield the plan: remarks as text, claims as rows of PLAN_COLUMNS; arguments as for `plan_study`."""
    config = resolved_configuration(configs, files=False)  # its files may be in another folder
    runs, found, seen, missing = finished_study(finished, config)
    settings, plans = config["analysis"], planned_modes(config)
    most = max(plans.values(), key=lambda plan: len(plan.cells))
    yield from ("pretraining", *loss_parts(finished, most, runs, settings, replicates))
    for mode in dict.fromkeys(mode for mode, _ in plans):
        together = []
        for split, plan in ((split, plan) for (of, split), plan in plans.items() if of == mode):
            parts, remarks = carried(found, mode, split, plan)
            yield from ("", f"{mode}, {split} split: {plan.cells['trunk'].nunique()} trunks, {plan.tasks} tasks")
            if parts is None:
                why = missing or f"{finished} has no {mode} scores that tell how much they vary"
                yield f"  not testable: {why}; needs {pilot(mode)}"
                continue
            plan, expected = sighted(plan, seen.get((mode, split)), replicates, settings["seed"])
            yield from (f"  {remark}" for remark in [*remarks, *expected])
            yield from placed(split_parts(plan, parts, runs, settings, replicates), mode, split)
            together.append((plan, parts))
        if len(together) == 1:
            yield from ("", f"{mode}, {POOLED} splits: as on the one split")
        elif together:
            yield from ("", f"{mode}, {POOLED} splits together: effects of trunks are taken to be the same on them")
            yield from placed(headline_plan(together, runs, settings, replicates), mode, POOLED)


def placed(parts: Iterable[str | dict[str, Any]], mode: str, split: str) -> Iterator[str | dict[str, Any]]:
    """Yield parts of a plan, claims with their mode and split."""
    yield from (part if isinstance(part, str) else part | {"mode": mode, "split": split} for part in parts)


def loss_parts(
    finished: Path, plan: Plan, runs: pd.DataFrame, settings: Mapping[str, Any], replicates: int
) -> Iterator[str | dict[str, Any]]:
    """Yield the plan for pretraining, and the claim that no study can test."""
    far = beyond(runs, plan.cells)
    extrapolated = f"; extrapolated to {', '.join(far)}" if far else ""
    yield f"  losses: a plane in logs through {len(runs)} checkpoints of {finished}{extrapolated}"
    yield "  variance: deviations between trunks, and from a bend that all trunks share"
    yield from loss_plan(plan, loss_components(runs), runs, settings, replicates)
    yield study_plan()


def split_parts(
    plan: Plan, parts: Components, runs: pd.DataFrame, settings: Mapping[str, Any], replicates: int
) -> Iterator[str | dict[str, Any]]:
    """Yield the plan for transfer in one mode and split."""
    yield from other_plan(plan, parts, settings, replicates)
    yield from headline_plan([(plan, parts)], runs, settings, replicates)
    yield from task_plan(plan, parts, runs, settings, replicates)
    yield "  smallest pooled gain per doubling that is told from none, with one more"
    yield from worth_lines(worth_rows(plan, parts, settings["seed"], replicates))


def finished_study(
    folder: Path, config: dict[str, Any]
) -> tuple[pd.DataFrame, dict[tuple[str, str], Finished], dict[tuple[str, str], Control], str | None]:
    """Return a finished study's checkpoints, variance components, control, and the reason if it has no components.

    Raises:
        UserError: the folder has no tables of scores.
    """
    tables = folder / "tables"
    paths = [path for name in ("transfer.csv", "transfer.csv.gz") if (path := tables / name).exists()]
    if not (tables / "runs.csv").exists() or not paths:
        raise UserError(f"{tables} has no runs.csv and transfer.csv; name the folder of a finished study")
    checkpoints, scores = named_table(tables / "runs.csv", RUNS), named_table(paths[0], SCORES)
    judged = next((name for name in checkpoints["corpus"] if name != UNTRAINED), None)
    if judged is None:
        raise UserError(f"{tables / 'runs.csv'}: no pretrained encoder; name the folder of a finished study")
    runs, sampled = study_runs(checkpoints, [judged]), tables / "draws.parquet"
    draws = read_part(sampled, pd.read_parquet) if sampled.exists() else pd.DataFrame()
    tasks = scores["task"].unique()
    controls = {name: config["tasks"][name]["control"] for name in tasks if "control" in config["tasks"].get(name, {})}
    found = finished_parts(scores, runs, draws, counted_tasks(config, tasks))
    return runs, found, finished_controls(scores, runs, draws, controls), unreadable(scores)


def claim_line(row: Mapping[str, Any]) -> str:
    """Return the line of a claim: its smallest effect, or what it needs."""
    effect, unit = row["effect"], row["unit"]
    size = "" if effect is None else f"{effect:.3g}" if unit in PLAIN else f"{effect:.2%}"
    told = f"{size:>8}  {unit}" if row["testable"] else f"not testable: needs {row['needs']}"
    return f"  {row['claim']:<24} {row['outcome']:<15} {told}"


def worth_lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a table: the addition, and the resulting smallest gain along tokens, parameters and molecules."""
    lines = [f"  {'':<26}" + "".join(f"{axis:>10}" for axis in ("N", "D", "U"))]
    for row in rows:
        values = ("-" if row[axis] is None else f"{row[axis]:.2%}" for axis in ("N", "D", "U"))
        lines.append(f"  {row['one more']:<26}" + "".join(f"{value:>10}" for value in values))
    return lines


if __name__ == "__main__":
    run(plan_study)
