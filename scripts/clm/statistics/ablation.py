"""Does the conclusion hang on the choice of tasks? Medians over tasks, recomputed with one part left out at a time."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from clm.statistics.claims import judge_dependence, judge_median
from clm.statistics.verdicts import NO_SIGNAL, NOT_TESTABLE, UNDECIDED
from clm.tables.columns import NOTHING, POOLED, PRIMARY

DEPENDENCE = "task_dependence"
ELASTICITY = "elasticity"
NO_CHANGE, REVERSAL, TO_UNDECIDED, FROM_UNDECIDED = "none", "reversal", "to undecided", "from undecided"
EFFECT = ("statistic", "mode", "split", "task", "gain", "lower", "upper")


def effects(saturation: pd.DataFrame, elasticity: pd.DataFrame, corpus: str, aggregate: list[str]) -> pd.DataFrame:
    """Return what is aggregated: columns EFFECT, one row per statistic, mode, split and task that counts.

    Args:
        saturation: saturation.csv; its axes become statistics, and compute also "task_dependence".
        elasticity: elasticity.csv.
        corpus: the corpus of the elasticity.
        aggregate: tasks that count.
    """
    gains = saturation.assign(statistic=saturation["axis"])
    differences = gains[gains["axis"] == "C"].assign(statistic=DEPENDENCE)
    slopes = elasticity[elasticity["corpus"] == corpus].assign(statistic=ELASTICITY)
    slopes = slopes.rename(columns={"slope": "gain"})
    rows = pd.concat([table for table in (gains, slopes, differences) if len(table)] or [gains])
    kept = (rows["features"] == PRIMARY) & rows["task"].isin(aggregate) & rows["gain"].notna()
    return rows.loc[kept & ~rows["verdict"].isin(NO_SIGNAL.values()), list(EFFECT)].reset_index(drop=True)


def strata(rows: pd.DataFrame) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Yield (statistic, mode, split, rows) of each stratum, and of all modes and splits together as "(all)"."""
    for statistic, group in rows.groupby("statistic", sort=False):
        for (mode, split), part in group.groupby(["mode", "split"], sort=False):
            yield statistic, mode, split, part
        yield statistic, POOLED, POOLED, group


def parts(rows: pd.DataFrame, families: Mapping[str, str]) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield (what kind of part, its name, the rows without it): nothing, then each task, family, mode and split.

    A mode or split is left out only where there are several.
    """
    yield NOTHING, NOTHING, rows
    family = rows["task"].map(families)
    for kind, values in (("task", rows["task"]), ("family", family), ("mode", rows["mode"]), ("split", rows["split"])):
        names = list(dict.fromkeys(values))
        for name in names if kind in ("task", "family") or len(names) > 1 else []:
            yield kind, name, rows[values != name]


def per_task(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per task: means over modes and splits of estimates and of interval ends.

    The mean of half widths is that of errors which are fully correlated: the same checkpoints, the same molecules.
    """
    return rows.groupby("task", sort=False)[["gain", "lower", "upper"]].mean()


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
        margins: {"gain": ..., "elasticity": ...}, what matters.
        sensitive: {(mode, split): whether the study sees gains on the control task}.
        draws: of the bootstrap over tasks.
        seed: of the bootstrap.
    """
    tasks = per_task(rows)
    if statistic == DEPENDENCE:
        return {"n_tasks": len(tasks)} | judge_dependence(tasks, margins["gain"])
    margin = margins["elasticity" if statistic == ELASTICITY else "gain"]
    places = set(rows[["mode", "split"]].itertuples(index=False, name=None))
    seen = all(sensitive.get(place, False) for place in places)
    return {"n_tasks": len(tasks)} | judge_median(tasks, margin, draws, seed, seen)


def change(verdict: str, with_all: str) -> str:
    """Return how a verdict differs from that with everything, in words; "none" where it is the same."""
    if verdict == with_all:
        return NO_CHANGE
    if verdict == UNDECIDED:
        return TO_UNDECIDED
    return FROM_UNDECIDED if with_all == UNDECIDED else REVERSAL


def ablation_rows(
    rows: pd.DataFrame,
    families: Mapping[str, str],
    margins: Mapping[str, float],
    sensitive: Mapping[tuple[str, str], bool],
    draws: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Return the rows of ablation.csv; `change` says how the verdict differs from that with everything.

    A part without which nothing can be tested is not left out: that says nothing about the choice of tasks.
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
    """Return {kind of change: names of the parts that make it} of one conclusion, reversals first."""
    found = {kind: rows[rows["change"] == kind] for kind in (REVERSAL, TO_UNDECIDED, FROM_UNDECIDED)}
    return {kind: (part["left_out"] + " " + part["name"]).tolist() for kind, part in found.items()}
