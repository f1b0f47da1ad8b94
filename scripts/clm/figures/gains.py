"""Forest plots: relative gain per doubling of each axis, and transfer elasticity, a row per task."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import CARETLEFT, CARETRIGHT

from clm.figures.palette import BLACK, GREY, MEANINGS, VERDICTS, verdict_mark
from clm.figures.style import legend_below, new_figure
from clm.figures.tables import in_order, main_corpus
from clm.tables.columns import FINE_TUNED, LINEAR_PROBE, PRIMARY
from clm.wording.counts import verdict_counts
from clm.wording.names import AXES, mode_name, task_name

TEXT = ("axis", "mode", "split", "features", "task", "verdict")
NUMBERS = ("gain", "lower", "upper")
ELASTICITY_TEXT = ("mode", "split", "features", "corpus", "task", "verdict")
ELASTICITY_NUMBERS = ("slope", "lower", "upper")
THRESHOLD = 1.0  # percent per doubling, the threshold of the review of arXiv 2602.11618
OFFSET = {FINE_TUNED: -0.17, LINEAR_PROBE: 0.17}
SHAPES = ("improving", "degraded", "saturated", "undecided", "not sensitive", "not testable here")
WORDS = {"improving": "error falls", "degraded": "error rises", "saturated": "less than the threshold"}
TABLES = {"saturation": (TEXT, NUMBERS), "elasticity": (ELASTICITY_TEXT, ELASTICITY_NUMBERS)}


def draw(saturation: pd.DataFrame, elasticity: pd.DataFrame, split: str, aggregate: list[str]) -> Figure:
    """Draw gains over D, N, U and C on one scale, and elasticity; tasks sorted by gain, control tasks below a line.

    Args:
        saturation: columns TEXT and NUMBERS of saturation.csv; gains are fractions of the error.
        elasticity: columns ELASTICITY_TEXT and ELASTICITY_NUMBERS of elasticity.csv.
        split: the split shown.
        aggregate: tasks that count.
    """
    gains = chosen(saturation, split)
    gains[list(NUMBERS)] *= 100
    slopes = chosen(elasticity, split)
    # losses on different corpora are not comparable: the corpus with most cells represents the study
    slopes = slopes[slopes["corpus"] == main_corpus(slopes)].rename(columns={"slope": "gain"})
    tasks, controls = task_order(gains, slopes, aggregate)
    figure = new_figure(max(1.6, 0.2 * len(tasks) + 0.5) + 0.85, width=8.4)
    axes = figure.subplots(1, len(AXES) + 1, sharey=True)
    shared = limits(gains[gains["axis"].isin(list(AXES))])
    for axis, (name, label) in zip(axes[:-1], AXES.items(), strict=True):
        rows = gains[gains["axis"] == name]
        forest(axis, rows, tasks, shared)
        axis.axvline(THRESHOLD, color=BLACK, linestyle="--", linewidth=0.7, zorder=0)
        axis.set(xlabel="lower error per doubling (%)")
        axis.set_title(f"{label}\n{verdict_counts(rows[rows['task'].isin(aggregate)])}", fontsize=6.2)
    forest(axes[-1], slopes, tasks, limits(slopes))
    axes[-1].set(xlabel="d log error / d log loss")
    axes[-1].set_title(f"elasticity\n{verdict_counts(slopes[slopes['task'].isin(aggregate)])}", fontsize=6.2)
    axes[0].set_yticks(range(len(tasks)), [task_name(task) for task in tasks])
    axes[0].set_ylim(max(len(tasks), 1) - 0.4, -0.6)
    for axis in axes if controls else ():
        axis.axhline(len(tasks) - controls - 0.5, color=GREY, linewidth=0.5)
    legend_below(figure, legend(gains, slopes), columns=5)
    return figure


def chosen(rows: pd.DataFrame, split: str) -> pd.DataFrame:
    """Keep the rows of one split with the primary features."""
    primary = rows["features"].isin([PRIMARY, ""]) | (rows["mode"] == FINE_TUNED)
    return rows[(rows["split"] == split) & primary].copy()


def task_order(gains: pd.DataFrame, slopes: pd.DataFrame, aggregate: list[str]) -> tuple[list[str], int]:
    """Return the tasks by decreasing gain along tokens (fine-tuned if measured), then the control tasks.

    In both groups, tasks without a gain come last. Also return the number of control tasks.
    """
    names = in_order(pd.concat([gains["task"], slopes["task"]]))
    value: dict[str, float] = {}
    for mode in OFFSET:
        along = gains[(gains["axis"] == "D") & (gains["mode"] == mode)].drop_duplicates("task")
        for task, gain in zip(along["task"], along["gain"], strict=True):
            if math.isfinite(gain):
                value.setdefault(task, gain)
    order = sorted(names, key=lambda name: (name not in aggregate, name not in value, -value.get(name, 0.0)))
    return order, sum(name not in aggregate for name in names)


def forest(axis: Axes, rows: pd.DataFrame, tasks: list[str], ends: tuple[float, float]) -> None:
    """Draw estimate and 95 % interval of each task, fine-tuned above probed; arrows where they leave the panel."""
    rows = rows[rows["gain"].notna() & rows["task"].isin(tasks) & rows["mode"].isin(OFFSET)]
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    axis.tick_params(axis="y", length=0)
    if rows.empty:
        axis.text(0.5, 0.5, "no data", transform=axis.transAxes, ha="center", va="center", color=GREY)
        return
    low, high = ends
    axis.set_xlim(low, high)
    for row in rows.itertuples():
        y = tasks.index(row.task) + OFFSET[row.mode]
        mark = verdict_mark(row.verdict, MEANINGS[row.mode])
        axis.hlines(y, max(row.lower, low), min(row.upper, high), color=mark.color, linewidth=0.8)
        for beyond, edge, arrow in ((row.lower < low, low, CARETLEFT), (row.upper > high, high, CARETRIGHT)):
            if beyond:
                axis.plot(edge, y, marker=arrow, color=mark.color, markersize=2.5, clip_on=False)
        if low <= row.gain <= high:
            axis.plot(row.gain, y, mark.marker, color=mark.color, markerfacecolor=mark.face, markersize=3.4,
                      markeredgewidth=0.8)  # fmt: skip


def limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return a range that contains every estimate, nine tenths of the interval ends, and zero."""
    ends = pd.concat([rows["lower"], rows["upper"]]).dropna()
    lower = ends.quantile(0.05) if len(ends) else 0.0
    upper = ends.quantile(0.95) if len(ends) else 0.0
    low, high = np.nanmin([lower, rows["gain"].min(), 0.0]), np.nanmax([upper, rows["gain"].max(), 0.0])
    margin = 0.06 * (high - low or 1.0)
    return float(low - margin), float(high + margin)


def legend(gains: pd.DataFrame, slopes: pd.DataFrame) -> list[Line2D]:
    """Return legend handles: occurring verdicts by shape and fill, modes by colour, the threshold."""
    present = {VERDICTS.get(name) for name in {*gains["verdict"], *slopes["verdict"]}}
    handles = []
    for name in SHAPES:
        if VERDICTS[name] in present:
            mark = verdict_mark(name, BLACK)
            handles.append(Line2D([], [], linestyle="", marker=mark.marker, color=BLACK, markerfacecolor=mark.face,
                                  markersize=3.4, label=WORDS.get(name, name)))  # fmt: skip
    used = {*gains["mode"], *slopes["mode"]}
    handles += [
        Line2D([], [], color=MEANINGS[mode], linewidth=2, label=mode_name(mode)) for mode in OFFSET if mode in used
    ]
    handles.append(Line2D([], [], color=BLACK, linestyle="--", linewidth=0.7, label=f"threshold, {THRESHOLD:g} %"))
    return handles
