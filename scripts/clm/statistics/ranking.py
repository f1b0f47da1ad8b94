"""Which number known before transfer ranks checkpoints as their scores do, task by task and over tasks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.correlation import (
    MIN_CELLS,
    Association,
    Resamples,
    associate,
    ceiling,
    fisher_mean,
    percentile_interval,
    resamples,
    two_sided_p,
)
from clm.statistics.panels import MIN_SIGNAL, Panel
from clm.tables.cells import KEYS

POOLED = "(all)"
LOSS = "loss"
MIN_TRUNKS_P = 10  # for a permutation test; one more for each covariate
CEILING = 0.6  # of a score too noisy to be predicted by anything
ALPHA = 0.05
# not comparable across sizes: they grow with the number of parameters and change when weights are rescaled
WITHIN_SIZE = ("trace", "trace_per_parameter", "encoder_trace", "eigenvalue_", "most_negative", "gradient_norm")
FULL_ONLY = ("linear_probe",)  # the frozen score is a linear probe itself


@dataclass(frozen=True)
class Settings:
    """How associations are judged.

    Attributes:
        count: bootstrap draws and permutations.
        seed: of both.
        min_trunks: below which nothing is correlated.
        margin: |correlation| below which a predictor is of no use.
        aggregate: tasks that count in the pooled row.
    """

    count: int
    seed: int
    min_trunks: int
    margin: float
    aggregate: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """An association with what it was made from."""

    task: str
    association: Association
    chosen: tuple[int, ...]
    trunks: int
    ceiling: float | None
    signal: bool


class Predictors:
    """The long table of predictors, looked up by task and checkpoint."""

    def __init__(self, table: pd.DataFrame) -> None:
        own = table["task"].isna()
        self.names = list(dict.fromkeys(table["name"]))
        self.everywhere = table[own].groupby([*KEYS, "name"])["value"].mean().unstack()
        self.by_task = {task: rows for task, rows in table[~own].groupby("task")}

    def values(self, panel: Panel) -> pd.DataFrame:
        """Return one column per predictor in the order of the panel's cells, NaN where unknown.

        Numbers of a task are means over seeds of the panel's split, or of no split when they belong to none.
        """
        keys = pd.MultiIndex.from_frame(panel.cells[list(KEYS)].astype({"seed": "Int64"}))
        found = self.everywhere.reindex(keys)
        rows = self.by_task.get(panel.names["task"])
        if rows is not None:
            fitting = rows["split"].isna() | (rows["split"] == panel.names["split"])
            several = (rows["label"] == "mean").any()
            labelled = rows["label"].isna() | (rows["label"] == "mean") if several else True
            own = rows[fitting & labelled].groupby([*KEYS, "name"])["value"].mean().unstack()
            found = found.join(own.reindex(keys), rsuffix="_of_task")
        kept = [
            name for name in self.names if name in found and (panel.names["mode"] == "full" or name not in FULL_ONLY)
        ]
        return found[kept].reset_index(drop=True)


def strata_of(name: str, cells: pd.DataFrame) -> np.ndarray:
    """Return the number of the stratum of each cell within which a predictor may be compared."""
    if name.startswith(WITHIN_SIZE):
        return cells.groupby("size", sort=False).ngroup().to_numpy()
    return np.zeros(len(cells), dtype=int)


class Ranking:
    """Associations of one family (mode, split, read-out), with shared resamples."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.drawn: dict[tuple, Resamples] = {}

    def resamples(self, cells: pd.DataFrame, strata: np.ndarray) -> Resamples:
        """Return the resamples of a set of checkpoints; equal sets share them, so that tasks pair."""
        key = (tuple(cells["checkpoint"]), tuple(strata))
        if key not in self.drawn:
            budgets, trunks = cells["budget"].to_numpy(dtype=str), cells["trunk"].to_numpy()
            count, seed = self.settings.count, self.settings.seed
            self.drawn[key] = resamples(trunks, budgets, strata, count, seed, MIN_TRUNKS_P)
        return self.drawn[key]

    def find(self, panel: Panel, name: str, values: np.ndarray) -> Found | None:
        """Return the association of one predictor with one task, or None when there is too little to see."""
        known = np.isfinite(values)
        strata = strata_of(name, panel.cells)
        alone = np.array([np.sum(known & (strata == stratum)) < 2 for stratum in strata])
        used = np.flatnonzero(known & ~alone)
        trunks = panel.cells["trunk"].to_numpy()[used]
        if len(used) < MIN_CELLS or len(np.unique(trunks)) < self.settings.min_trunks or np.ptp(values[used]) == 0:
            return None
        cells = panel.cells.iloc[used]
        covariate = None if name == LOSS else cells["loss"].to_numpy(dtype=float)
        drawn = self.resamples(cells, strata[used])
        association = associate(values[used], -panel.y[used], covariate, strata[used], drawn)
        top = ceiling(panel.errors[:, used], None if panel.draws is None else panel.draws[:, used])
        chosen = tuple(cells["checkpoint"])
        signal = panel.signal >= MIN_SIGNAL
        return Found(panel.names["task"], association, chosen, len(np.unique(trunks)), top, signal)

    def rows(self, name: str, found: Sequence[Found]) -> list[dict[str, Any]]:
        """Return the rows of one predictor: each task, then all tasks that count, by the Fisher-z mean.

        The pooled row takes tasks with signal on the commonest set of checkpoints, so that resamples pair.
        """
        rows = [self.row(name, item.task, item.association, item) for item in found]
        counting = [item for item in found if item.task in self.settings.aggregate and item.signal]
        if len(counting) < 2:
            return rows
        common = Counter(item.chosen for item in counting).most_common(1)[0][0]
        paired = [item for item in counting if item.chosen == common]
        tops = [item.ceiling for item in paired if item.ceiling is not None]
        top = float(np.mean(tops)) if len(tops) == len(paired) else None
        whole = Found(POOLED, pooled([item.association for item in paired]), common, paired[0].trunks, top, True)
        return [*rows, self.row(name, POOLED, whole.association, whole)]

    def row(self, name: str, task: str, link: Association, item: Found) -> dict[str, Any]:
        """Return one row of correlations.csv."""
        lower, upper = percentile_interval(link.boot)
        partial_lower, partial_upper = percentile_interval(link.partial_boot)
        p = two_sided_p(link.spearman, link.null)
        partial_p = two_sided_p(link.partial, link.partial_null) if item.trunks > MIN_TRUNKS_P else None
        row = {"predictor": name, "task": task, "pearson": link.pearson, "spearman": link.spearman}
        row |= {"lower": lower, "upper": upper, "p": p, "partial_loss": link.partial, "partial_lower": partial_lower}
        row |= {"partial_upper": partial_upper, "partial_p": partial_p, "n_cells": len(item.chosen)}
        row |= {"n_trunks": item.trunks, "ceiling": item.ceiling}
        return row | {"verdict": verdict_of(row, self.settings.margin) if item.signal else "no_signal"}


def pooled(links: Sequence[Association]) -> Association:
    """Return the Fisher-z mean of associations over tasks, resample by resample."""
    parts = {name: fisher_mean([getattr(link, name) for link in links]) for name in Association.__dataclass_fields__}
    return Association(**{name: float(part) if np.ndim(part) == 0 else part for name, part in parts.items()})


def verdict_of(row: Mapping[str, Any], margin: float) -> str:
    """Return "predicts", "fails to predict" or "undecided" of one row.

    Judged is what a predictor adds to the loss (the loss itself: its plain correlation). predicts: the interval excludes
    0 and p < .05. fails to predict: the whole interval of |rho| lies below the margin although the score is reliable
    enough to be predicted.
    """
    part = "" if row["predictor"] == LOSS else "partial_"
    lower, upper, p = row[f"{part}lower"], row[f"{part}upper"], row[f"{part}p"]
    if lower is None:
        return "undecided"
    if p is not None and p < ALPHA and (lower > 0 or upper < 0):
        return "predicts"
    reliable = row["ceiling"] is not None and row["ceiling"] >= CEILING
    return "fails to predict" if reliable and max(-lower, upper) < margin else "undecided"


def regret_choices(
    values: pd.DataFrame, links: Mapping[str, Mapping[str, float]], task: str
) -> dict[str, tuple[np.ndarray, float]]:
    """Return {predictor: (values, sign)}; the sign comes from the other tasks, except that a low loss is good.

    Args:
        values: predictors of the cells of a task.
        links: {predictor: {task: Spearman correlation with the score}}.
        task: the task left out.
    """
    found = {}
    for name in values:
        others = [rho for other, rho in links.get(name, {}).items() if other != task]
        sign = -1.0 if name == LOSS else float(np.sign(np.nanmean(others))) if others else 0.0
        if sign and not name.startswith(WITHIN_SIZE):
            found[name] = (values[name].to_numpy(dtype=float), sign)
    return found
