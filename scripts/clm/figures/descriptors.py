"""Does a property of the task say how much it gains from scale? Gain against each task descriptor."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.gains import NUMBERS as GAIN_NUMBERS
from clm.figures.gains import TEXT as GAIN_TEXT
from clm.figures.gains import chosen, limits
from clm.figures.palette import BLUE, GREY, ORANGE, PALE
from clm.figures.style import legend_below, log_axis, no_data, panels
from clm.tables.columns import LINEAR_PROBE

TEXT = ("task", "kind")
# Column of tasks.csv, axis label, logarithmic
DESCRIPTORS = (
    ("molecules", "molecules", True),
    ("heavy_atoms", "heavy atoms (mean)", False),
    ("graph_diameter", "graph diameter (bonds)", False),
    ("label_variance", "label variance (units²)", True),
    ("class_balance", "share of positives", False),
    ("label_noise", "label noise (SD in duplicates)", False),
    ("scaffold_diversity", "scaffolds per molecule", False),
    ("rogi_xd", "roughness ROGI-XD", False),
    ("acyclic_share", "acyclic share", False),
    ("salt_share", "salt share", False),
    ("nearest_tanimoto_mean", "Tanimoto to corpus (mean)", False),
    ("unseen_token_share", "unseen-token share", False),
    ("overlap_share", "share found in corpus", False),
)
NUMBERS = (*(name for name, _, _ in DESCRIPTORS), "control")
KINDS = {"classification": (BLUE, "s"), "regression": (ORANGE, "o")}
ENOUGH_TASKS = 12
TABLES = {"tasks": (TEXT, NUMBERS), "saturation": (GAIN_TEXT, GAIN_NUMBERS)}


def draw(tasks: pd.DataFrame, saturation: pd.DataFrame, split: str) -> Figure:
    """Draw the gain of linear probes per doubling of N (of D when N has none) against each descriptor.

    Args:
        tasks: columns TEXT and NUMBERS of tasks.csv.
        saturation: columns of clm.figures.gains of saturation.csv.
        split: the split shown.
    """
    axis_name, gains = gains_of(chosen(saturation, split))
    joined = tasks.merge(gains, on="task", how="inner")
    shown = [entry for entry in DESCRIPTORS if joined[entry[0]].nunique() > 1]
    figure, axes = panels(len(shown), 4, 1.5, extra=0.45)
    if not shown:
        no_data(axes[0])
    for axis, (column, label, logarithmic) in zip(axes, shown, strict=False):
        draw_descriptor(axis, joined, column, logarithmic)
        axis.set_xlabel(label)
    figure.supylabel(f"lower error per doubling of {axis_name} (%), linear probe", fontsize=7)
    legend_below(figure, legend(joined))
    return figure


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
    tasks = rows[rows["control"] != 1]  # what holds for made-up labels says nothing about assays
    note = f"n = {len(tasks)}"
    if len(tasks) >= ENOUGH_TASKS and tasks[column].nunique() > 1 and tasks["gain"].nunique() > 1:
        note = f"ρ = {tasks[column].corr(tasks['gain'], method='spearman'):.2f}, {note}".replace("-", "−")
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
