"""Control tasks with known truth: gains as scored and on the truth, and how much of the error is label noise."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLUE, GREY, ORANGE, PALE
from clm.figures.style import legend_below, new_figure, no_data
from clm.figures.tables import in_order
from clm.tables.columns import LINEAR_PROBE
from clm.wording.names import PROPERTIES

TEXT = ("task", "property", "mode", "split", "axis", "limit")
NUMBERS = (
    "molecules",
    "noise",
    "noise_fraction",
    "noise_fraction_lower",
    "noise_fraction_upper",
    "gain",
    "lower",
    "upper",
)
NUMBERS += ("truth_gain", "truth_lower", "truth_upper")
AXES = {"N": "parameters N", "D": "tokens D", "U": "molecules U", "C": "compute C"}
TABLES = {"controls": (TEXT, NUMBERS)}


def draw(controls: pd.DataFrame, split: str) -> Figure:
    """Draw gains per doubling on each axis and the share of noise, a row per control task (linear probes).

    Args:
        controls: columns TEXT and NUMBERS of controls.csv.
        split: that is shown.
    """
    rows = controls[(controls["mode"] == LINEAR_PROBE) & (controls["split"] == split)]
    tasks = in_order(rows["task"])
    figure = new_figure(max(1.2, 0.2 * len(tasks) + 0.6) + 0.5)
    axes = figure.subplots(1, len(AXES) + 1, sharey=True)
    for axis, name in zip(axes[:-1], AXES, strict=True):
        draw_gains(axis, rows[rows["axis"] == name], tasks)
        axis.set(title=AXES[name], xlabel="lower error per\ndoubling (%)")
    draw_shares(axes[-1], rows.drop_duplicates("task"), tasks)
    if tasks:
        axes[0].set_yticks(range(len(tasks)), [label(rows[rows["task"] == task].iloc[0]) for task in tasks], fontsize=6)
        axes[0].set_ylim(len(tasks) - 0.5, -0.5)
    handles = [Line2D([], [], color=GREY, marker="o", markersize=3.2, markerfacecolor="white", label="as scored"),
               Line2D([], [], color=BLUE, marker="o", markersize=3.2, label="on the known truth"),
               Line2D([], [], color=ORANGE, linewidth=4, label="label noise in the squared error")]  # fmt: skip
    legend_below(figure, handles)
    return figure


def label(row: pd.Series) -> str:
    """Return property, number of molecules and noise of a control task."""
    return f"{PROPERTIES.get(row['property'], row['property'])}, n = {row['molecules']:.0f}, noise {row['noise']:g}"


def draw_gains(axis: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """Draw the gain as scored above the gain on the truth, with intervals."""
    known = rows.dropna(subset=["gain"])
    if known.empty:
        return no_data(axis)
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    for prefix, color, face, shift in (("", GREY, "white", -0.15), ("truth_", BLUE, BLUE, 0.15)):
        for row in known.to_dict("records"):
            y = tasks.index(row["task"]) + shift
            axis.plot([100 * row[f"{prefix}lower"], 100 * row[f"{prefix}upper"]], [y, y], color=color, linewidth=0.9)
            axis.plot(100 * row[f"{prefix}gain"], y, "o", color=color, markerfacecolor=face, markersize=3.2)


def draw_shares(axis: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """Draw the share of noise with its interval; beyond the line at one half labels limit more than representations."""
    axis.set(title="what limits", xlabel="noise in error² (%)", xlim=(0, 100))
    known = rows.dropna(subset=["noise_fraction"])
    if known.empty:
        return no_data(axis)
    places = np.array([tasks.index(task) for task in known["task"]])
    axis.barh(places, 100 * known["noise_fraction"], height=0.5, color=ORANGE)
    for y, low, high in zip(
        places, 100 * known["noise_fraction_lower"], 100 * known["noise_fraction_upper"], strict=True
    ):
        axis.plot([low, high], [y, y], color="black", linewidth=0.8)
    axis.axvline(50, color=PALE, linestyle="--", linewidth=0.7, zorder=0)
