"""Relation between the error of a task and the loss: rank correlation, straight line, choice of tasks to show."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from clm.figures.palette import BLUE
from clm.tables.columns import KEYS, LINEAR_PROBE, PRIMARY, UNTRAINED


def rank_correlation(rows: pd.DataFrame, runs: pd.DataFrame, corpus: str) -> float:
    """Return the Spearman correlation of loss and error over the probed checkpoints of the main corpus, NaN below 4."""
    points = probed_points(rows[rows["corpus"] == corpus], runs)
    return float(points["common"].corr(points["error"], method="spearman")) if len(points) > 3 else float("nan")


def probed_points(rows: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return `error` and `common` loss of probed checkpoints, mean over split seeds."""
    cells = rows[(rows["mode"] == LINEAR_PROBE) & rows["features"].isin([PRIMARY, ""]) & (rows["corpus"] != UNTRAINED)]
    points = cells.groupby([*KEYS], as_index=False)[["error"]].mean().merge(runs[[*KEYS, "common"]], on=list(KEYS))
    return points[points["common"] > 0]


def exemplary(follows: dict[str, float], most: int) -> list[str]:
    """Return at most `most` tasks, evenly spaced in descending order of correlation."""
    order = sorted(follows, key=lambda task: (not math.isfinite(follows[task]), -np.nan_to_num(follows[task])))
    if len(order) <= most:
        return order
    order = [task for task in order if not task.startswith("control_")] or order
    places = np.unique(np.rint(np.linspace(0, len(order) - 1, most)).astype(int))
    return [order[place] for place in places]


def draw_trend(axis: Axes, points: pd.DataFrame) -> None:
    """Draw the straight line of log error on log loss through probed checkpoints."""
    if len(points) < 4 or points["common"].nunique() < 2:
        return
    x, y = np.log(points["common"]), np.log(points["error"])
    slope, level = np.polyfit(x, y, 1)
    ends = np.array([x.min(), x.max()])
    axis.plot(np.exp(ends), np.exp(level + slope * ends), color=BLUE, linewidth=1.2, zorder=4)
