"""Error of every method over that of the random forest on fingerprints, a panel per task."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.errors import MARKS, shift_of, with_kinds
from clm.figures.palette import GREY
from clm.figures.style import legend_below, no_data, panels
from clm.figures.tables import in_order
from clm.wording.names import mode_name, task_name
from clm.wording.titles import lowest_by_encoder

TEXT = ("task", "split", "model", "kind")
COLUMNS = 4  # of panels
NUMBERS = ("parameters", "ratio", "smallest", "largest")
TABLES = {"relative_errors": (TEXT, NUMBERS)}


def draw(ratios: pd.DataFrame, split: str) -> Figure:
    """Draw one panel per task, a row per method, smallest size on top and baselines at the bottom.

    Args:
        ratios: columns TEXT and NUMBERS of relative_errors.csv.
        split: the split shown.
    """
    shown = with_kinds(ratios[(ratios["split"] == split) & (ratios["ratio"] > 0)])
    tasks = in_order(shown["task"])
    rows = in_order(shown.sort_values("parameters", kind="stable", na_position="last")["model"])
    words = {model: shown.loc[shown["model"] == model, "words"].iloc[0] for model in rows}
    figure, axes = panels(len(tasks), COLUMNS, 0.7 + 0.16 * max(len(rows), 3))
    if not tasks:
        no_data(axes[0], "no random forest on fingerprints")
    for number, (axis, task) in enumerate(zip(axes, tasks, strict=False)):
        axis.set_title(task_name(task), parse_math=False)
        draw_task(axis, shown[shown["task"] == task], words)
        if number % COLUMNS:  # every panel has the same rows, so their names are written once
            axis.set_yticklabels([])
    if tasks:
        figure.suptitle(lowest_by_encoder(shown), fontsize=8)
    handles = [
        Line2D([], [], linestyle="", color=mark.color, marker=mark.marker, markersize=3.5, label=mode_name(kind))
        for kind, mark in MARKS.items()
        if kind in set(shown["kind"])
    ]
    legend_below(figure, handles)
    return figure


def draw_task(axis: Axes, shown: pd.DataFrame, words: dict[str, str]) -> None:
    """Draw the methods of one task, a row for each of `words`; kinds of one size are shifted to stay apart."""
    rows = list(words)
    axis.axvline(1, color=GREY, linewidth=0.6, zorder=0)
    for kind, mark in MARKS.items():
        chosen = shown[shown["kind"] == kind]
        at = [rows.index(model) + shift_of(kind) for model in chosen["model"]]
        axis.hlines(at, chosen["smallest"], chosen["largest"], color=mark.color, linewidth=0.7)
        axis.scatter(chosen["ratio"], at, color=mark.color, marker=mark.marker, s=11, linewidth=0.8, zorder=3)
    axis.set_yticks(range(len(rows)), list(words.values()), fontsize=5, parse_math=False)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlabel("error / forest's error")
    axis.locator_params(axis="x", nbins=4)
