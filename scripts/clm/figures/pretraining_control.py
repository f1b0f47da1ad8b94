"""Untrained, shuffled and pretrained encoders side by side: net gain on each task, a panel per mode and size."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLUE, GREY, ORANGE, PALE, Mark
from clm.figures.style import legend_below, no_data, panels
from clm.figures.tables import in_order
from clm.tables.columns import POOLED, PRETRAINED, SHUFFLED, UNTRAINED
from clm.tables.readable import mode_name

TEXT = ("size", "subset", "budget", "mode", "split", "task", "kind")
NUMBERS = ("gain", "lower", "upper")
TABLES = {"pretraining_control": (TEXT, NUMBERS)}
MARKS = {UNTRAINED: Mark(GREY, "s"), SHUFFLED: Mark(ORANGE, "^"), PRETRAINED: Mark(BLUE, "o")}
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
        axis.set_title(f"{mode_name(mode)}, {size} parameters\n{subset} molecules, {budget} tokens", parse_math=False)
        draw_panel(axis, group, tasks[key])
    handles = [
        Line2D([], [], color=mark.color, marker=mark.marker, markersize=3.5, linewidth=0.9, label=LABELS[kind])
        for kind, mark in MARKS.items()
    ]
    legend_below(figure, handles if groups else [])
    return figure


def rows_of(group: pd.DataFrame) -> list[str]:
    """Return the tasks of a panel, the mean over tasks first."""
    names = in_order(group["task"])
    return sorted(names, key=lambda name: name != POOLED)


def draw_panel(axis: Axes, group: pd.DataFrame, tasks: list[str]) -> None:
    """Draw the net gains of one panel; kinds are shifted so that their bars stay apart."""
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    if POOLED in tasks:
        axis.axhline(0.5, color=PALE, linewidth=0.6, zorder=0)
    for place, (kind, mark) in enumerate(MARKS.items()):
        rows = group[group["kind"] == kind]
        at = [tasks.index(task) + 0.22 * (place - 1) for task in rows["task"]]
        axis.hlines(at, 100 * rows["lower"], 100 * rows["upper"], color=mark.color, linewidth=0.9)
        axis.scatter(100 * rows["gain"], at, color=mark.color, marker=mark.marker, s=11, linewidth=0.8, zorder=3)
    labels = ["mean over tasks" if task == POOLED else task for task in tasks]
    axis.set_yticks(range(len(tasks)), labels, fontsize=6, parse_math=False)
    axis.set_ylim(len(tasks) - 0.5, -0.5)
    axis.set_xlabel("fall of the error against untrained encoders (%)")
