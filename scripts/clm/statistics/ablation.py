"""Do conclusions depend on the choice of tasks? Medians over tasks, recomputed with one part left out at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.claims import MIN_TASKS, NO_EFFECT, judge_dependence
from clm.statistics.estimates import MIN_DF
from clm.statistics.gains import AXES, CANCELS, axis_design
from clm.statistics.headline import ELASTICITY, elasticity_design
from clm.statistics.hierarchical import TaskSlope, mean_slopes, net_task_slope
from clm.statistics.medians import median_interval
from clm.statistics.net_gain import NetPanel
from clm.statistics.verdicts import NO_SIGNAL, NOT_TESTABLE, OPEN, judge_limited
from clm.tables.columns import NOTHING, POOLED, PRIMARY

DEPENDENCE = "task_dependence"
NO_CHANGE, REVERSAL, TO_UNDECIDED, FROM_UNDECIDED = "none", "reversal", "to undecided", "from undecided"
EFFECT = ("statistic", "mode", "split", "task", "slope", "gain", "lower", "upper")


def effects(nets: Sequence[NetPanel], saturation: pd.DataFrame, aggregate: list[str]) -> pd.DataFrame:
    """Return the effects to aggregate: columns EFFECT, one row per statistic, mode, split and task that counts.

    Args:
        nets: net log errors of every mode, split and task with signal (`headline.study_nets`), whose slopes give the
            statistics that are medians over tasks.
        saturation: saturation.csv, whose gains along compute are compared between tasks ("task_dependence").
        aggregate: tasks that count.
    """
    rows = []
    for net in nets:
        names = {name: net.panel.names[name] for name in ("mode", "split", "task")}
        if net.panel.names["features"] == PRIMARY and names["task"] in aggregate:
            rows += [names | {"statistic": statistic, "slope": slope} for statistic, slope in net_slopes(net)]
    kept = (saturation["axis"] == "C") & (saturation["features"] == PRIMARY) & saturation["task"].isin(aggregate)
    kept &= saturation["gain"].notna() & ~saturation["verdict"].isin(NO_SIGNAL.values())
    told = saturation[kept].assign(statistic=DEPENDENCE).reindex(columns=list(EFFECT))
    return pd.concat([part for part in (pd.DataFrame(rows, columns=list(EFFECT)), told) if len(part)] or [told])


def net_slopes(net: NetPanel) -> Iterator[tuple[str, TaskSlope]]:
    """Yield the slope of the net log error along each axis and on the log loss, where there are enough trunks."""
    designs = {axis.name: axis_design(net.panel.cells, axis) for axis in AXES}
    for statistic, design in (designs | {ELASTICITY: elasticity_design(net.panel.cells)}).items():
        if design is not None and design.df >= MIN_DF and (statistic in CANCELS or net.twins.errors):
            yield statistic, net_task_slope(design, net)


def strata(rows: pd.DataFrame) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Yield (statistic, mode, split, rows) of each stratum, and of all modes and splits together as "(all)"."""
    for statistic, group in rows.groupby("statistic", sort=False):
        for (mode, split), part in group.groupby(["mode", "split"], sort=False):
            yield statistic, mode, split, part
        yield statistic, POOLED, POOLED, group


def parts(rows: pd.DataFrame, families: Mapping[str, str]) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield (kind of part, its name, rows without it): nothing left out, then each task, family, mode and split.

    A mode or split is left out only if there are several.
    """
    yield NOTHING, NOTHING, rows
    family = rows["task"].map(families)
    for kind, values in (("task", rows["task"]), ("family", family), ("mode", rows["mode"]), ("split", rows["split"])):
        names = list(dict.fromkeys(values))
        for name in names if kind in ("task", "family") or len(names) > 1 else []:
            yield kind, name, rows[values != name]


def per_task(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per task: means over modes and splits of estimates and of interval ends.

    Averaging half widths treats errors as fully correlated: they share checkpoints and molecules.
    """
    return rows.groupby("task", sort=False)[["gain", "lower", "upper"]].mean()


def median_over_tasks(rows: pd.DataFrame, elasticity: bool, draws: int, seed: int) -> dict[str, float]:
    """Return the median over tasks with its interval: trunks are drawn jointly for all tasks, then tasks.

    Args:
        rows: of `effects`, one statistic.
        elasticity: whether it is a slope on the loss; other slopes become relative gains per doubling.
        draws: of the bootstrap.
        seed: of the bootstrap.
    """
    slopes = [mean_slopes(list(group)) for _, group in rows.groupby("task", sort=False)["slope"]]
    value, low, high = median_interval(slopes, draws, seed)
    if not elasticity:
        value, high, low = (float(-np.expm1(number)) for number in (value, low, high))
    return {"effect": value, "lower": low, "upper": high}


def conclude(
    statistic: str,
    rows: pd.DataFrame,
    margins: Mapping[str, float],
    sensitive: Mapping[tuple[str, str], bool],
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """Return n_tasks, effect, lower, upper, verdict and reason of one statistic over tasks.

    Args:
        statistic: an axis, "elasticity" or "task_dependence".
        rows: of `effects`.
        margins: {"gain": ..., "elasticity": ...}, the smallest relevant effects.
        sensitive: {(mode, split): whether the study detects gains on the control task}.
        draws: of the bootstrap over tasks.
        seed: of the bootstrap.
    """
    places = set(rows[["mode", "split"]].itertuples(index=False, name=None))
    seen, count = all(sensitive.get(place, False) for place in places), rows["task"].nunique()
    if statistic == DEPENDENCE:
        return {"n_tasks": count} | judge_dependence(per_task(rows), margins["gain"], seen)
    if count < MIN_TASKS:
        reason = f"needs: {MIN_TASKS} tasks, has {count}"
        return {"n_tasks": count} | NO_EFFECT | {"verdict": NOT_TESTABLE, "reason": reason}
    found = median_over_tasks(rows, statistic == ELASTICITY, draws, seed)
    margin = margins["elasticity" if statistic == ELASTICITY else "gain"]
    verdict, reason = judge_limited(*found.values(), margin, seen)
    return {"n_tasks": count} | NO_EFFECT | found | {"verdict": verdict, "reason": reason}


def change(verdict: str, with_all: str) -> str:
    """Return how a verdict differs from that with all parts, in words; "none" if it does not.

    "Not sensitive" decides as little as "undecided", so replacing one by the other is not a change.
    """
    decided, before = (one not in OPEN for one in (verdict, with_all))
    if verdict == with_all or not (decided or before):
        return NO_CHANGE
    if not decided:
        return TO_UNDECIDED
    return REVERSAL if before else FROM_UNDECIDED


def ablation_rows(
    rows: pd.DataFrame,
    families: Mapping[str, str],
    margins: Mapping[str, float],
    sensitive: Mapping[tuple[str, str], bool],
    draws: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Return the rows of ablation.csv; `change` states how the verdict differs from that with all parts.

    Parts without which nothing can be tested are not left out: that would show nothing about the choice of tasks.
    """
    records = []
    for statistic, mode, split, group in strata(rows):
        names, with_all = {"statistic": statistic, "mode": mode, "split": split}, None
        for kind, name, kept in parts(group, families):
            conclusion = conclude(statistic, kept, margins, sensitive, draws, seed)
            if kind != NOTHING and conclusion["verdict"] == NOT_TESTABLE:
                continue
            with_all = with_all or conclusion["verdict"]
            changed = {"change": change(conclusion["verdict"], with_all)}
            changed["changed"] = int(changed["change"] != NO_CHANGE)
            records.append(names | {"left_out": kind, "name": name} | conclusion | changed)
    return records


def changes(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return {kind of change: names of the parts that cause it} of one conclusion, reversals first."""
    found = {kind: rows[rows["change"] == kind] for kind in (REVERSAL, TO_UNDECIDED, FROM_UNDECIDED)}
    return {kind: (part["left_out"] + " " + part["name"]).tolist() for kind, part in found.items()}
