"""Rank correlations of predictors known before transfer with scores, task by task and over tasks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.correlation import Association, associate, fisher_mean, two_sided_p
from clm.statistics.fits.curves import levels
from clm.statistics.intervals import percentile_interval
from clm.statistics.prediction import judge_rows
from clm.statistics.predictors import LOSS, Predictors, strata_of
from clm.statistics.reliability import noise_ceiling
from clm.statistics.resampling import Resamples, resamples
from clm.statistics.within import BUDGET, SIZE, comparable, scope_columns, within_scope
from clm.tables.columns import POOLED, PRIMARY
from clm.tables.panels import MIN_SIGNAL, Panel
from clm.tables.predictors import within_size

MIN_TRUNKS_P = 10  # minimum for a permutation test; one more for each covariate


@dataclass(frozen=True)
class Settings:
    """How associations are judged.

    Attributes:
        count: bootstrap draws and permutations.
        seed: of both.
        min_trunks: minimum number of trunks for a correlation.
        margin: |correlation| below which a predictor is of no use.
        aggregate: tasks that count in the pooled row.
    """

    count: int
    seed: int
    min_trunks: int
    margin: float
    aggregate: tuple[str, ...]


@dataclass(frozen=True)
class TaskAssociation:
    """An association with the data behind it."""

    task: str
    association: Association
    chosen: tuple[int, ...]
    trunks: int
    ceiling: float | None
    signal: bool
    scopes: Mapping[str, Association | None]


class Ranking:
    """Associations of one family (mode, split, read-out), with shared resamples."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.drawn: dict[tuple, Resamples] = {}

    def resamples(self, cells: pd.DataFrame, strata: np.ndarray) -> Resamples:
        """Return the resamples of a set of checkpoints; equal sets share them, so that tasks are paired."""
        key = (tuple(cells["checkpoint"]), tuple(strata))
        if key not in self.drawn:
            budgets, trunks = cells["budget"].to_numpy(dtype=str), cells["trunk"].to_numpy()
            count, seed = self.settings.count, self.settings.seed
            self.drawn[key] = resamples(trunks, budgets, strata, count, seed, MIN_TRUNKS_P)
        return self.drawn[key]

    def find(self, panel: Panel, name: str, values: np.ndarray) -> TaskAssociation | None:
        """Return the association of one predictor with one task, or None if there are too few data."""
        strata = strata_of(name, panel.cells)
        used = comparable(values, panel.y, strata)
        if used is None or panel.cells["trunk"].iloc[used].nunique() < self.settings.min_trunks:
            return None
        cells = panel.cells.iloc[used].reset_index(drop=True)
        drawn = self.resamples(cells, strata[used])
        association = associate(values[used], -panel.y[used], covariates_of(name, cells), strata[used], drawn)
        top = noise_ceiling(panel.errors[:, used], None if panel.draws is None else panel.draws[:, used])
        chosen = tuple(cells["checkpoint"])
        signal = panel.signal >= MIN_SIGNAL
        scopes = self.scopes(name, cells, values[used], -panel.y[used]) if panel.names["features"] == PRIMARY else {}
        task, trunks = panel.names["task"], cells["trunk"].nunique()
        return TaskAssociation(task, association, chosen, trunks, top, signal, scopes)

    def scopes(
        self, name: str, cells: pd.DataFrame, values: np.ndarray, score: np.ndarray
    ) -> dict[str, Association | None]:
        """Return the associations within a budget and within a size, or only within a size (see `within_size`)."""
        names = (SIZE,) if within_size(name) else (BUDGET, SIZE)
        return {scope: within_scope(values, score, cells, scope, self.resamples) for scope in names}

    def rows(self, name: str, associations: Sequence[TaskAssociation]) -> list[dict[str, Any]]:
        """Return the rows of one predictor: each task, then the Fisher-z mean over all tasks that count.

        The pooled row uses tasks with signal on the most frequent set of checkpoints, so that resamples are paired.
        """
        rows = [self.row(name, item.task, item.association, item) for item in associations]
        counting = [item for item in associations if item.task in self.settings.aggregate and item.signal]
        if len(counting) < 2:
            return rows
        common = Counter(item.chosen for item in counting).most_common(1)[0][0]
        paired = [item for item in counting if item.chosen == common]
        tops = [item.ceiling for item in paired if item.ceiling is not None]
        top = float(np.mean(tops)) if len(tops) == len(paired) else None
        scopes = {scope: pooled([item.scopes[scope] for item in paired]) for scope in shared_scopes(paired)}
        link = pooled([item.association for item in paired])
        whole = TaskAssociation(POOLED, link, common, paired[0].trunks, top, True, scopes)
        return [*rows, self.row(name, POOLED, whole.association, whole)]

    def row(self, name: str, task: str, link: Association, item: TaskAssociation) -> dict[str, Any]:
        """Return one row of correlations.csv."""
        lower, upper = percentile_interval(link.boot)
        partial_lower, partial_upper = percentile_interval(link.partial_boot)
        p = two_sided_p(link.spearman, link.null)
        partial_p = two_sided_p(link.partial, link.partial_null) if item.trunks > MIN_TRUNKS_P else None
        row = {"predictor": name, "task": task, "pearson": link.pearson, "spearman": link.spearman}
        row |= {"lower": lower, "upper": upper, "p": p, "partial_loss": link.partial, "partial_lower": partial_lower}
        row |= {"partial_upper": partial_upper, "partial_p": partial_p, "n_cells": len(item.chosen)}
        row |= {"n_trunks": item.trunks, "ceiling": item.ceiling} | both_columns(link, item.trunks)
        for scope in (BUDGET, SIZE):
            row |= scope_columns(scope, item.scopes.get(scope))
        return row | {"signal": item.signal}


def covariates_of(name: str, cells: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Return the covariates of partial correlations of a predictor: loss, then compute.

    Compute that differs by less than a batch of tokens counts as equal.
    """
    if name == LOSS:
        return ()
    return cells["loss"].to_numpy(dtype=float), levels(cells["flops"].to_numpy(dtype=float)).astype(float)


def both_columns(link: Association, trunks: int) -> dict[str, float | None]:
    """Return the columns on the correlation given loss and compute together; p from 12 trunks on."""
    lower, upper = percentile_interval(link.both_boot)
    p = two_sided_p(link.both, link.both_null) if trunks >= MIN_TRUNKS_P + 2 else None
    return {"partial_loss_flops": link.both, "both_lower": lower, "both_upper": upper, "both_p": p}


def shared_scopes(items: Sequence[TaskAssociation]) -> list[str]:
    """Return the scopes in which all given tasks have an association."""
    return [scope for scope in (BUDGET, SIZE) if all(item.scopes.get(scope) is not None for item in items)]


def pooled(links: Sequence[Association]) -> Association:
    """Return the Fisher-z mean of associations over tasks, for each resample."""
    parts = {name: fisher_mean([getattr(link, name) for link in links]) for name in Association.__dataclass_fields__}
    return Association(**{name: float(part) if np.ndim(part) == 0 else part for name, part in parts.items()})


def correlate(
    members: list[Panel], known: Predictors, ranking: Ranking, sensitive: bool
) -> tuple[list[dict[str, Any]], dict[str, dict[str, float]]]:
    """Return the rows of one family, and {predictor: {task: Spearman}} for the orientation of predictors.

    Args:
        members: panels of one mode, split and read-out.
        known: the predictors.
        ranking: with the settings and the shared resamples.
        sensitive: whether the study detects gains on the control task in this mode and split.
    """
    values = [known.values(panel) for panel in members]
    rows, links = [], {}
    for name in known.names:
        pairs = [
            (panel, table[name].to_numpy(dtype=float))
            for panel, table in zip(members, values, strict=True)
            if name in table
        ]
        associations = [item for panel, x in pairs if (item := ranking.find(panel, name, x)) is not None]
        links[name] = {item.task: item.association.spearman for item in associations}
        metrics = {panel.names["task"]: panel.metric for panel in members} | {POOLED: members[0].metric}
        rows += [row | {"metric": metrics[row["task"]]} for row in ranking.rows(name, associations)]
    return judge_rows(rows, ranking.settings.margin, sensitive), links
