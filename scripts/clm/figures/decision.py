"""The decision table as a figure: regret (against chance, in hindsight), rank correlation and cost of predictors."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, GREEN, GREY, VERMILLION
from clm.figures.style import legend_below, log_axis, new_figure, no_data
from clm.tables.readable import mode_name

TEXT = ("mode", "split", "predictor", "needs", "stage", "verdict")
NUMBERS = ("spearman", "spearman_lower", "spearman_upper", "against_random", "against_random_lower")
NUMBERS += ("against_random_upper", "hindsight", "n_tasks")
VERDICTS = {"costs nothing": BLACK, "recommended": GREEN, "not recommended": VERMILLION, "undecided": GREY}
LEAST = 0.1  # seconds: where the axis of costs begins
TABLES = {"decision": (TEXT, NUMBERS), "costs": (("stage",), ("wall_seconds",))}


def draw(decision: pd.DataFrame, costs: pd.DataFrame) -> Figure:
    """Draw a row of three panels per mode and split: regret, correlation, cost; predictors by regret.

    Args:
        decision: columns TEXT and NUMBERS of decision.csv.
        costs: columns `stage` and `wall_seconds` of costs.csv.
    """
    seconds = {"": 0.0} | costs.groupby("stage")["wall_seconds"].median().to_dict()
    keys = list(dict.fromkeys(decision[["mode", "split"]].itertuples(index=False, name=None)))
    groups = [decision[(decision["mode"] == mode) & (decision["split"] == split)] for mode, split in keys]
    heights = [0.145 * len(group) + 0.6 for group in groups] or [1.5]
    figure = new_figure(sum(heights) + 0.5)
    axes = figure.subplots(len(heights), 3, squeeze=False, height_ratios=heights)
    if not groups:
        no_data(axes[0, 0])
    for row, (mode, split), group in zip(axes, keys, groups, strict=False):
        group = group.reset_index(drop=True)
        count = group["n_tasks"].max()
        tasks = f"{count:.0f} task{'s' if count > 1 else ''}"
        estimates(row[0], group, "against_random", 100, "error against random (%)")
        row[0].plot(100 * group["hindsight"], group.index, "|", color=GREY, markersize=3)
        estimates(row[1], group, "spearman", 1, "rank correlation with the score")
        draw_cost(row[2], group["stage"].map(seconds))
        row[0].set_title(f"{mode_name(mode)}, {split} split, {tasks}",
                         loc="left")  # fmt: skip
        for axis in row:
            axis.set_ylim(len(group) - 0.4, -0.6)
            axis.set_yticks(
                range(len(group)), [] if axis is not row[0] else [n.replace("_", " ") for n in group["predictor"]]
            )
            axis.tick_params(axis="y", length=0, labelsize=5.5)
    present = [name for name in VERDICTS if name in set(decision["verdict"])]
    legend_below(figure, [Line2D([], [], color=VERDICTS[n], marker="o", markersize=3.2, label=n) for n in present])
    return figure


def estimates(axis: Axes, rows: pd.DataFrame, name: str, factor: float, label: str) -> None:
    """Draw estimates with their 95 % intervals where there are any."""
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    for y, row in rows.iterrows():
        color = VERDICTS.get(row["verdict"], GREY)
        if np.isfinite(row[f"{name}_lower"]):
            axis.hlines(y, factor * row[f"{name}_lower"], factor * row[f"{name}_upper"], color=color, linewidth=0.9)
        if np.isfinite(row[name]):
            axis.plot(factor * row[name], y, "o", color=color, markersize=3)
    axis.set_xlabel(label)


def draw_cost(axis: Axes, seconds: pd.Series) -> None:
    """Draw the seconds of the median job that measures a predictor; 0 at the left edge."""
    known = seconds[np.isfinite(seconds)]
    axis.set_xlim(LEAST / 1.5, max(known.max() if len(known) else 1, 1) * 3)
    log_axis(axis, "x", plain=False)
    for y, value in known.items():
        axis.hlines(y, LEAST / 1.5, max(value, LEAST / 1.5), color=GREY, linewidth=2.5)
        if value == 0:
            axis.text(LEAST / 1.2, y, "nothing more", va="center", fontsize=5, color=GREY)
    axis.set_xlabel("job that measures it (s)")
