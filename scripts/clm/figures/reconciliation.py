"""Published findings recomputed: windows of loss, read-out layers, equal loss."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, BLUE, GREY
from clm.figures.style import legend_below, new_figure, no_data
from clm.figures.tables import in_order
from clm.tables.columns import LINEAR_PROBE, POOLED
from clm.wording.names import mode_name, split_name, task_name

TEXT = ("question", "paper", "mode", "split", "task", "contrast", "verdict")
NUMBERS = ("estimate", "lower", "upper", "expected", "expected_lower", "expected_upper")
LAYERS = {"last layer": (BLACK, "o", -0.17), "middle layer": (BLUE, "s", 0.17)}
CONTRAST = "parameters at equal loss"
TABLES = {"reconciliation": (TEXT, NUMBERS)}


def draw(table: pd.DataFrame, split: str) -> Figure:
    """Draw three panels: correlations in windows, gains by layer, gains at equal loss.

    Args:
        table: columns TEXT and NUMBERS of reconciliation.csv.
        split: shown by layer and at equal loss (linear probe); windows show every mode and split.
    """
    windows = table[table["question"] == "window"]
    keys = list(dict.fromkeys(windows[["mode", "split", "paper"]].itertuples(index=False, name=None)))
    probed = table[(table["mode"] == LINEAR_PROBE) & (table["split"] == split)]
    tasks = [task for task in in_order(probed.loc[probed["question"] != "window", "task"]) if task != POOLED]
    tasks += [POOLED] if tasks else []
    figure = new_figure(0.19 * max(len(keys), len(tasks), 4) + 1.1)
    axes = figure.subplots(1, 3, width_ratios=(1.15, 1, 1))
    draw_windows(axes[0], windows, keys)
    draw_layers(axes[1], probed[probed["question"] == "layers"], tasks)
    draw_forest(axes[2], probed[probed["question"] == "isoloss"], tasks)
    handles = [
        Line2D([], [], color=GREY, marker="o", linestyle="", markersize=2, label="task"),
        Line2D([], [], color=BLACK, marker="o", markersize=3.2, label="all tasks / last layer"),
        Line2D(
            [], [], color=GREY, marker="D", markerfacecolor="white", markersize=3.2, label="expected from the range"
        ),
        Line2D([], [], color=BLUE, marker="s", markerfacecolor="white", markersize=3.2, label="middle layer"),
    ]
    legend_below(figure, handles)
    return figure


def draw_windows(axis: Axes, rows: pd.DataFrame, keys: list[tuple[str, str, str]]) -> None:
    """Draw the correlation of loss and error in each window: tasks, their mean, the value under range restriction."""
    axis.set(title="windows of published studies", xlabel="Spearman ρ of loss and error", xlim=(-1.05, 1.05))
    if not keys:
        no_data(axis)
        return
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    for y, key in enumerate(keys):
        own = rows[(rows[["mode", "split", "paper"]] == list(key)).all(axis=1)]
        single = own[own["task"] != POOLED]
        axis.plot(single["estimate"], np.full(len(single), y + 0.22), "o", color=GREY, markersize=1.8)
        for row in own[own["task"] == POOLED].itertuples():
            axis.hlines(y - 0.05, row.lower, row.upper, color=BLACK, linewidth=0.9)
            axis.plot(row.estimate, y - 0.05, "o", color=BLACK, markersize=3.2)
            if np.isfinite(row.expected):
                axis.hlines(y - 0.28, row.expected_lower, row.expected_upper, color=GREY, linewidth=0.8)
                axis.plot(row.expected, y - 0.28, "D", color=GREY, markerfacecolor="white", markersize=2.8)
    names = [
        f"{paper.split(' (')[0].replace(' of this study', '')}, {mode_name(mode)}, {split_name(split)}"
        for mode, split, paper in keys
    ]
    axis.set_yticks(range(len(keys)), names, fontsize=5.5)
    axis.set_ylim(len(keys) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)


def draw_layers(axis: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """Draw the gain per doubling of tokens read from the last and from the middle layer."""
    axis.set(title="read-out layer", xlabel="gain per doubling\nof tokens (%)")
    start(axis, rows, tasks)
    for name, (color, marker, offset) in LAYERS.items():
        points(axis, rows[rows["contrast"] == name], tasks, color, marker, offset)


def draw_forest(axis: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """Draw the gain per doubling of parameters among checkpoints of equal loss, where it can be tested."""
    rows = rows[rows["estimate"].notna()]
    axis.set(title="larger model, equal loss", xlabel="gain per doubling\nof parameters (%)")
    start(axis, rows, tasks)
    points(axis, rows[rows["contrast"] == CONTRAST], tasks, BLACK, "o", 0.0)
    axis.set_yticklabels([])


def start(axis: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """Prepare a panel with a row per task."""
    if rows.empty:
        no_data(axis, "not testable here")
        return
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    axis.set_yticks(
        range(len(tasks)), ["all tasks" if task == POOLED else task_name(task) for task in tasks], fontsize=5.5
    )
    axis.set_ylim(len(tasks) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)


def points(axis: Axes, rows: pd.DataFrame, tasks: list[str], color: str, marker: str, offset: float) -> None:
    """Draw estimates in percent with 95 % intervals."""
    for row in rows[rows["estimate"].notna() & rows["task"].isin(tasks)].itertuples():
        y = tasks.index(row.task) + offset
        axis.hlines(y, 100 * row.lower, 100 * row.upper, color=color, linewidth=0.9)
        axis.plot(100 * row.estimate, y, marker, color=color, markersize=3,
                  markerfacecolor="white" if marker == "s" else color)  # fmt: skip
