"""Does a property of the task predict how much it gains from scale? Gain against each task descriptor."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.gains import NUMBERS as GAIN_NUMBERS
from clm.figures.gains import TEXT as GAIN_TEXT
from clm.figures.gains import chosen, limits
from clm.figures.palette import BLUE, GREY, PALE
from clm.figures.style import legend_below, log_axis, new_figure, no_data
from clm.tables.columns import LINEAR_PROBE
from clm.tables.descriptors import DESCRIPTORS
from clm.wording.names import AXES

TEXT = ("task", "kind")
SHOWN = tuple(item for item in DESCRIPTORS if item.axis)
NUMBERS = (*(item.column for item in SHOWN), "control")
KINDS = {"classification": (BLUE, "s"), "regression": (BLUE, "o")}
ENOUGH_TASKS = 12
TABLES = {"tasks": (TEXT, NUMBERS), "saturation": (GAIN_TEXT, GAIN_NUMBERS)}


def draw(tasks: pd.DataFrame, saturation: pd.DataFrame, split: str) -> Figure:
    """Draw the gain of linear probes per doubling of N (or D if N has none) against the most correlated descriptor.

    Args:
        tasks: columns TEXT and NUMBERS of tasks.csv.
        saturation: columns of clm.figures.gains of saturation.csv.
        split: the split shown.
    """
    axis_name, gains = gains_of(chosen(saturation, split))
    joined = tasks.merge(gains, on="task", how="inner")
    known = {item.column: rho for item in SHOWN if (rho := correlation(joined, item.column)) is not None}
    figure = new_figure(2.6 if known else 0.5, width=5.2)
    axis = figure.subplots()
    if not known:
        axis.set_axis_off()
        no_data(axis, f"fewer than {ENOUGH_TASKS} tasks: no correlation over tasks")
        return figure
    best = max(known, key=lambda column: abs(known[column]))
    item = next(item for item in SHOWN if item.column == best)
    draw_descriptor(axis, joined, item.column, item.logarithmic)
    axis.set(xlabel=item.axis, ylabel=f"lower error per doubling\nof {AXES[axis_name]} (%), linear probe")
    figure.suptitle(f"Exploratory: the strongest of {len(known)} descriptors", fontsize=8)
    legend_below(figure, legend(joined))
    return figure


def correlation(joined: pd.DataFrame, column: str) -> float | None:
    """Return the rank correlation of a descriptor with the gain, None if too few tasks have both."""
    tasks = joined[(joined["control"] != 1) & joined[column].notna()]
    if len(tasks) < ENOUGH_TASKS or tasks[column].nunique() < 2 or tasks["gain"].nunique() < 2:
        return None
    return float(tasks[column].corr(tasks["gain"], method="spearman"))


def gains_of(rows: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return the axis of scale shown and one gain in percent per task."""
    probed = rows[(rows["mode"] == LINEAR_PROBE) & rows["gain"].notna()].copy()
    probed[list(GAIN_NUMBERS)] *= 100
    axis = next((name for name in ("N", "D", "U") if (probed["axis"] == name).any()), "N")
    return axis, probed.loc[probed["axis"] == axis, ["task", *GAIN_NUMBERS]].drop_duplicates("task")


def draw_descriptor(axis: Axes, joined: pd.DataFrame, column: str, logarithmic: bool) -> None:
    """Draw one panel; the rank correlation is written only where there are enough tasks for one."""
    rows = joined[joined[column].notna() & ((joined[column] > 0) | (not logarithmic))]
    axis.axhline(0, color=GREY, linewidth=0.6, zorder=0)
    axis.vlines(rows[column], rows["lower"], rows["upper"], color=PALE, linewidth=0.7, zorder=1)
    for (kind, control), group in rows.groupby(["kind", rows["control"] == 1]):
        color, marker = KINDS.get(kind, (GREY, "D"))
        face = "white" if control else color
        axis.scatter(
            group[column], group["gain"], s=11, marker=marker, facecolor=face, edgecolor=color, linewidth=0.8, zorder=3
        )
    tasks = rows[rows["control"] != 1]  # results on computed labels do not carry over to assays
    note = f"n = {len(tasks)}"
    if (rho := correlation(rows, column)) is not None:
        note = f"ρ = {rho:.2f}, {note}".replace("-", "−")
    axis.set_title(note, fontsize=6, color=GREY, loc="right", pad=2)
    if len(rows):
        axis.set_ylim(*limits(rows))
    if logarithmic and len(rows):
        log_axis(axis, "x")
    else:
        axis.locator_params(axis="x", nbins=4)


def legend(joined: pd.DataFrame) -> list[Line2D]:
    """Return handles of the kinds of task that occur."""
    handles = [
        Line2D([], [], linestyle="", marker=marker, color=color, markersize=3.5, label=kind)
        for kind, (color, marker) in KINDS.items()
        if (joined["kind"] == kind).any()
    ]
    if (joined["control"] == 1).any():
        handles.append(Line2D([], [], linestyle="", marker="o", color=GREY, markerfacecolor="white", markersize=3.5,
                              label="hollow: control task of known truth"))  # fmt: skip
    return handles
