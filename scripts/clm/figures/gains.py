"""Forest plots: relative gain per doubling of each axis, and transfer elasticity, a row per task."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, BLUE, GREEN, GREY, ORANGE, PALE, VERMILLION
from clm.figures.style import legend_below, new_figure
from clm.figures.tables import in_order, main_corpus
from clm.statistics.verdicts import LITTLE_ARRIVES, NO_RELEVANT_GAIN, NO_SIGNAL, NOT_SENSITIVE, NOT_TESTABLE
from clm.tables.columns import FINE_TUNED, LINEAR_PROBE, PRIMARY

TEXT = ("axis", "mode", "split", "features", "task", "verdict")
NUMBERS = ("gain", "lower", "upper")
ELASTICITY_TEXT = ("mode", "split", "features", "corpus", "task", "verdict")
ELASTICITY_NUMBERS = ("slope", "lower", "upper")
# Verdicts on gain and on elasticity that say the same share a colour
VERDICTS = {
    "improving": GREEN,
    "arrives": GREEN,
    "saturated": BLUE,
    NO_RELEVANT_GAIN: BLUE,
    LITTLE_ARRIVES: BLUE,
    "degraded": VERMILLION,
    "undecided": GREY,
    NOT_SENSITIVE: PALE,
    NOT_TESTABLE: PALE,
} | dict.fromkeys(NO_SIGNAL.values(), ORANGE)
AXES = {"N": "parameters N", "D": "tokens D", "U": "molecules U"}
THRESHOLD = 1.0  # percent per doubling, the threshold of the review of arXiv 2602.11618
OFFSET = {LINEAR_PROBE: -0.17, FINE_TUNED: 0.17}
TABLES = {"saturation": (TEXT, NUMBERS), "elasticity": (ELASTICITY_TEXT, ELASTICITY_NUMBERS)}


def draw(saturation: pd.DataFrame, elasticity: pd.DataFrame, split: str) -> Figure:
    """Draw gains over N, D and U and elasticity side by side, tasks in descending order of elasticity.

    Args:
        saturation: columns TEXT and NUMBERS of saturation.csv; gains are shares of the error.
        elasticity: columns ELASTICITY_TEXT and ELASTICITY_NUMBERS of elasticity.csv.
        split: the split shown.
    """
    gains = chosen(saturation, split)
    gains[list(NUMBERS)] *= 100
    slopes = chosen(elasticity, split)
    # losses on different corpora do not compare: the corpus with most cells stands for the study
    slopes = slopes[slopes["corpus"] == main_corpus(slopes)].rename(columns={"slope": "gain"})
    tasks = task_order(gains, slopes)
    figure = new_figure(max(1.6, 0.2 * len(tasks) + 0.5) + 0.65)
    axes = figure.subplots(1, 4, sharey=True)
    for axis, (name, label) in zip(axes[:3], AXES.items(), strict=True):
        forest(axis, gains[gains["axis"] == name], tasks)
        axis.axvline(THRESHOLD, color=BLACK, linestyle="--", linewidth=0.7, zorder=0)
        axis.set(title=label, xlabel="lower error per doubling (%)")
    forest(axes[3], slopes, tasks)
    axes[3].set(title="elasticity", xlabel="d log error / d log loss")
    axes[0].set_yticks(range(len(tasks)), tasks)
    axes[0].set_ylim(len(tasks) - 0.4, -0.6)
    legend_below(figure, legend(gains, slopes), columns=5)
    return figure


def chosen(rows: pd.DataFrame, split: str) -> pd.DataFrame:
    """Keep the rows of one split with the primary features."""
    primary = rows["features"].isin([PRIMARY, ""]) | (rows["mode"] == FINE_TUNED)
    return rows[(rows["split"] == split) & primary].copy()


def task_order(gains: pd.DataFrame, slopes: pd.DataFrame) -> list[str]:
    """Return the tasks by elasticity of linear probes, highest first; tasks without one last, as the table has them."""
    names = in_order(pd.concat([slopes["task"], gains["task"]]))
    probed = slopes[slopes["mode"] == LINEAR_PROBE].drop_duplicates("task").set_index("task")["gain"]
    value = {name: probed.get(name, math.nan) for name in names}
    return sorted(names, key=lambda name: (not math.isfinite(value[name]), -np.nan_to_num(value[name])))


def forest(axis: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """Draw estimate and 95 % interval of each task, probed and fine-tuned; arrows where it leaves the panel."""
    rows = rows[rows["gain"].notna() & rows["task"].isin(tasks) & rows["mode"].isin(OFFSET)]
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    axis.tick_params(axis="y", length=0)
    if rows.empty:
        axis.text(0.5, 0.5, "no data", transform=axis.transAxes, ha="center", va="center", color=GREY)
        return
    low, high = limits(rows)
    axis.set_xlim(low, high)
    for row in rows.itertuples():
        y = tasks.index(row.task) + OFFSET[row.mode]
        color = VERDICTS.get(row.verdict, GREY)
        axis.hlines(y, max(row.lower, low), min(row.upper, high), color=color, linewidth=0.9)
        for beyond, edge, arrow in ((row.lower < low, low, "<"), (row.upper > high, high, ">")):
            if beyond:
                axis.plot(edge, y, arrow, color=color, markersize=2.5, clip_on=False)
        if low <= row.gain <= high:
            face = color if row.mode == LINEAR_PROBE else "white"
            marker = "o" if row.mode == LINEAR_PROBE else "s"
            axis.plot(row.gain, y, marker, color=color, markerfacecolor=face, markersize=3.2, markeredgewidth=0.8)


def limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return a range that holds every estimate and nine tenths of the interval ends, and zero."""
    ends = pd.concat([rows["lower"], rows["upper"]]).dropna()
    lower = ends.quantile(0.05) if len(ends) else 0.0
    upper = ends.quantile(0.95) if len(ends) else 0.0
    low = min(lower, rows["gain"].min(), 0.0)
    high = max(upper, rows["gain"].max(), 0.0)
    margin = 0.06 * (high - low or 1.0)
    return float(low - margin), float(high + margin)


def legend(gains: pd.DataFrame, slopes: pd.DataFrame) -> list[Line2D]:
    """Return handles: verdicts that occur by colour, modes by marker, the threshold."""
    present = {*gains["verdict"], *slopes["verdict"]}
    names: dict[str, list[str]] = {}
    for name, color in VERDICTS.items():
        if name in present:
            names.setdefault(color, []).append(name.replace("_", " "))
    handles = [
        Line2D([], [], color=color, marker="o", markersize=3.2, label=" / ".join(same)) for color, same in names.items()
    ]
    for label, face, marker in (("linear probe", BLACK, "o"), ("fine-tuned", "white", "s")):
        handles.append(Line2D([], [], linestyle="", marker=marker, color=BLACK, markerfacecolor=face, markersize=3.2,
                              label=label))  # fmt: skip
    handles.append(Line2D([], [], color=BLACK, linestyle="--", linewidth=0.7, label="1 % per doubling"))
    return handles
