"""Correlation of loss and error within the windows of published studies, and the effect of range restriction on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.correlation import MIN_CELLS, Association, associate
from clm.statistics.intervals import percentile_interval
from clm.statistics.ranking import MIN_TRUNKS_P, pooled
from clm.statistics.reliability import noise_ceiling
from clm.statistics.resampling import resamples
from clm.tables.columns import FINE_TUNED, LINEAR_PROBE, POOLED
from clm.tables.panels import MIN_SIGNAL, Panel

VAGUE = 1.0  # width from which on an interval is compatible with anything


@dataclass(frozen=True)
class Window:
    """The window of one paper.

    Attributes:
        paper: its name.
        mode: its mode of transfer.
        ratio: ratio of the largest to the smallest pretraining loss, None for all.
        within_trunk: whether only token budgets differ.
        published: its finding.
    """

    paper: str
    mode: str
    ratio: float | None
    within_trunk: bool
    published: str


WINDOWS = (
    Window("MolEncoder (10.1039/d5dd00369e)", FINE_TUNED, 1.5, False, "Spearman .10 to .40, n = 9, not significant"),
    Window("BERTology (arXiv 2603.13627)", FINE_TUNED, 6.0, False, "Spearman .90 to .98, n = 9"),
    Window(
        "CLIMB (github.com/leifsieben/CLIMB)", LINEAR_PROBE, None, True, "error rises after 10 M tokens on 3 of 5 sets"
    ),
    Window("whole range of this study", "any", None, False, "none"),
)


@dataclass(frozen=True)
class Link:
    """The correlation of log loss and log error of one task in one window."""

    task: str
    association: Association
    checkpoints: tuple[int, ...]
    trunks: int
    spread: float
    ratio: float
    ceiling: float | None


def link(panel: Panel, window: Window, draws: int, seed: int, min_trunks: int) -> Link | None:
    """Return the correlation within a window, positive if a lower loss goes with a lower error, or None."""
    loss = panel.cells["loss"].to_numpy(dtype=float)
    kept = np.ones(len(loss), dtype=bool) if window.ratio is None else loss <= window.ratio * loss.min()
    trunks = panel.cells["trunk"].to_numpy()
    strata = trunks if window.within_trunk else np.zeros(len(loss), dtype=int)
    kept &= np.array([np.sum(kept & (strata == stratum)) > 1 for stratum in strata])
    if kept.sum() < MIN_CELLS or len(np.unique(trunks[kept])) < min_trunks or panel.signal < MIN_SIGNAL:
        return None
    budgets = panel.cells["budget"].to_numpy(dtype=str)
    drawn = resamples(trunks[kept], budgets[kept], strata[kept], draws, seed, MIN_TRUNKS_P)
    association = associate(loss[kept], panel.y[kept], (), strata[kept], drawn)
    log_loss = np.log(loss[kept])
    group_means = pd.Series(log_loss).groupby(strata[kept]).transform("mean").to_numpy()
    top = noise_ceiling(panel.errors[:, kept], None if panel.draws is None else panel.draws[:, kept])
    return Link(
        panel.names["task"], association, tuple(panel.cells["checkpoint"][kept]), len(np.unique(trunks[kept])),
        float(np.std(log_loss - group_means)), float(loss[kept].max() / loss[kept].min()), top,
    )  # fmt: skip


def range_restricted(rho: float, share: float) -> float:
    """Return the correlation that remains when the SD of one variable shrinks to the fraction `share`.

    This is the inverse of Thorndike's case 2 (Personnel Selection, 1949): rho u / sqrt(1 - rho^2 + rho^2 u^2).
    """
    return float(rho * share / np.sqrt(1 - rho**2 + (rho * share) ** 2))


def expectation(rho: float, share: float, count: int) -> tuple[float, float, float]:
    """Return the correlation expected from range restriction and the 90 % range of samples of `count` checkpoints.

    Fisher's z treats checkpoints as independent; those of one trunk are not, so the true range is wider.
    """
    expected = range_restricted(float(np.clip(rho, -0.999, 0.999)), share)
    reach = 1.645 / np.sqrt(max(count - 3, 1))
    low, high = np.tanh(np.arctanh(expected) + np.array([-reach, reach]))
    return expected, float(low), float(high)


def window_rows(
    members: Sequence[Panel], aggregate: Sequence[str], draws: int, seed: int, min_trunks: int
) -> list[dict[str, Any]]:
    """Return the rows of one mode and split: each window and task, then all tasks that count by the Fisher-z mean."""
    whole = {panel.names["task"]: link(panel, WINDOWS[-1], draws, seed, min_trunks) for panel in members}
    rows = []
    for window in WINDOWS:
        links = [item for panel in members if (item := link(panel, window, draws, seed, min_trunks)) is not None]
        links += pool_tasks([item for item in links if item.task in aggregate])
        whole |= {item.task: item for item in pool_tasks([w for w in whole.values() if w and w.task in aggregate])}
        rows += [window_row(window, item, whole.get(item.task)) for item in links]
    return rows


def pool_tasks(links: list[Link]) -> list[Link]:
    """Return one link for all tasks on the same checkpoints, their Fisher-z mean, or nothing for fewer than two."""
    links = [item for item in links if item.checkpoints == links[0].checkpoints]
    if len(links) < 2:
        return []
    first, tops = links[0], [item.ceiling for item in links if item.ceiling is not None]
    mean = pooled([item.association for item in links])
    top = float(np.mean(tops)) if tops else None
    return [Link(POOLED, mean, first.checkpoints, first.trunks, first.spread, first.ratio, top)]


def window_row(window: Window, item: Link, whole: Link | None) -> dict[str, Any]:
    """Return one row; expected is the correlation over the whole range after restriction to this window."""
    lower, upper = percentile_interval(item.association.boot)
    row = {"question": "window", "paper": window.paper, "task": item.task, "contrast": window.mode}
    row |= {"estimate": item.association.spearman, "lower": lower, "upper": upper, "published": window.published}
    row |= {
        "n_cells": len(item.checkpoints),
        "n_trunks": item.trunks,
        "loss_ratio": item.ratio,
        "ceiling": item.ceiling,
    }
    if whole is None or window is WINDOWS[-1]:
        return row | {"verdict": "reference"}
    expected, low, high = expectation(whole.association.spearman, item.spread / whole.spread, len(item.checkpoints))
    row |= {"expected": expected, "expected_lower": low, "expected_upper": high}
    if item.checkpoints == whole.checkpoints and not window.within_trunk:
        return row | {"verdict": "the whole range"}
    if lower is None or upper - lower > VAGUE:
        return row | {"verdict": "undecided"}
    if lower > high or upper < low:
        return row | {"verdict": "differs from what the range explains"}
    return row | {"verdict": "as the range explains" if lower <= expected <= upper else "undecided"}
