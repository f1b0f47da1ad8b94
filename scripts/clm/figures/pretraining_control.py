"""Untrained, shuffled and pretrained encoders side by side: net gain on each task, a panel per mode and size."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, GREY, MEANINGS, PALE
from clm.figures.style import legend_below, no_data, panels
from clm.figures.tables import in_order
from clm.tables.columns import POOLED, PRETRAINED, SHUFFLED, UNTRAINED
from clm.wording.names import mode_name, scale_name, task_name
from clm.wording.titles import pretraining_gain

TEXT = ("size", "subset", "budget", "mode", "split", "task", "kind")
NUMBERS = ("gain", "lower", "upper")
TABLES = {"pretraining_control": (TEXT, NUMBERS)}
# Marker, and whether it is filled; the colour is that of the mode, grey where nothing was pretrained
MARKS = {UNTRAINED: ("s", True), SHUFFLED: ("^", False), PRETRAINED: ("o", True)}
LABELS = {UNTRAINED: "untrained", SHUFFLED: "pretrained on shuffled tokens", PRETRAINED: "pretrained"}
PANEL = ["mode", "size", "subset", "budget"]


def draw(control: pd.DataFrame, split: str) -> Figure:
    """Draw one panel per mode and cell, a row per task, the mean over tasks on top.

    Args:
        control: columns TEXT and NUMBERS of pretraining_control.csv.
        split: that is shown.
    """
    shown = control[(control["split"] == split) & control["kind"].isin(list(MARKS))].dropna(subset="gain")
    groups = list(shown.groupby(PANEL, sort=False))
    tasks = {key: rows_of(group) for key, group in groups}
    figure, axes = panels(len(groups), 2, 0.6 + 0.22 * max((len(names) for names in tasks.values()), default=4))
    if not groups:
        no_data(axes[0], "no trunk on shuffled tokens")
    for axis, (key, group) in zip(axes, groups, strict=False):
        mode, size, subset, budget = key
        size, subset, budget = map(scale_name, (size, subset, budget))
        lines = [f"{mode_name(mode)}, {size} parameters", f"{subset} molecules, {budget} tokens"]
        whole = group[(group["task"] == POOLED) & (group["kind"] == PRETRAINED)]
        lines += [pretraining_gain(whole.iloc[0])] if len(whole) else []
        axis.set_title("\n".join(lines), parse_math=False)
        draw_panel(axis, group, tasks[key], MEANINGS[mode])
    handles = [
        Line2D([], [], color=BLACK, marker=marker, mfc=BLACK if filled else "white", ms=3.5, lw=0.9, label=LABELS[kind])
        for kind, (marker, filled) in MARKS.items()
    ]
    legend_below(figure, handles if groups else [])
    return figure


def rows_of(group: pd.DataFrame) -> list[str]:
    """Return the tasks of a panel: the mean over tasks first, then by decreasing gain from pretraining."""
    gain = group[group["kind"] == PRETRAINED].groupby("task")["gain"].first()
    return sorted(in_order(group["task"]), key=lambda name: (name != POOLED, -gain.get(name, -math.inf)))


def draw_panel(axis: Axes, group: pd.DataFrame, tasks: list[str], mode_color: str) -> None:
    """Draw the net gains of one panel; kinds are shifted so that their bars stay apart."""
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    if POOLED in tasks:
        axis.axhline(0.5, color=PALE, linewidth=0.6, zorder=0)
    for place, (kind, (marker, filled)) in enumerate(MARKS.items()):
        rows, color = group[group["kind"] == kind], GREY if kind == UNTRAINED else mode_color
        at = [tasks.index(task) + 0.22 * (place - 1) for task in rows["task"]]
        axis.hlines(at, 100 * rows["lower"], 100 * rows["upper"], color=color, linewidth=0.9)
        face = color if filled else "white"
        axis.scatter(100 * rows["gain"], at, edgecolor=color, facecolor=face, marker=marker, s=11, lw=0.8, zorder=3)
    labels = ["mean over tasks" if task == POOLED else task_name(task) for task in tasks]
    axis.set_yticks(range(len(tasks)), labels, fontsize=6, parse_math=False)
    axis.set_ylim(len(tasks) - 0.5, -0.5)
    axis.set_xlabel("fall of the error against untrained encoders (%)")
