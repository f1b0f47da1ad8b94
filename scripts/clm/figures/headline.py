"""The headline: loss and errors along tokens, parameters and molecules, and errors against the fingerprint forest."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from clm.figures.palette import BLACK, BLUE, GREY, MEANINGS, ORANGE, PALE, SKY, VERMILLION
from clm.figures.style import new_figure, no_data, spread
from clm.statistics.headline_curves import CONTROL, LOSS, MEDIAN, TASK
from clm.tables.columns import FINE_TUNED, LINEAR_PROBE, UNTRAINED
from clm.wording.headline import SCALES, panel_lines
from clm.wording.names import AXES, scale_name, short_number, task_name

HEADLINE_TEXT = ("axis", "mode", "split", "verdict", "reason")
HEADLINE_NUMBERS = ("n_tasks", "n_trunks", "gain", "lower", "upper", "loss_fall", "loss_lower", "loss_upper")
CURVE_TEXT = ("axis", "mode", "series", "task", "name")
CURVE_NUMBERS = ("x", "value", "lower", "upper")
RATIO_TEXT = ("task", "split", "model", "kind")
RATIO_NUMBERS = ("parameters", "ratio")
TABLES = {
    "headline": (HEADLINE_TEXT, HEADLINE_NUMBERS),
    "headline_curves": (CURVE_TEXT, CURVE_NUMBERS),
    "relative_errors": (RATIO_TEXT, RATIO_NUMBERS),
}
TICKS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1, 4 / 3, 2, 4)
WORDS = ("1/16", "1/8", "1/4", "1/2", "3/4", "1", "4/3", "2", "4")
KINDS = {UNTRAINED: (GREY, "x"), LINEAR_PROBE: (BLUE, "o"), FINE_TUNED: (VERMILLION, "D")}
KIND_WORDS = {UNTRAINED: "untrained (×)", LINEAR_PROBE: "linear probe", FINE_TUNED: "fine-tuned"}
FEW = 3  # minimum number of fine-tuned tasks to draw their median
MANY, EXTREMES = 12, 4  # above MANY fine-tuned tasks only the EXTREMES best and worst are labelled


def draw(headline: pd.DataFrame, curves: pd.DataFrame, ratios: pd.DataFrame, split: str, gain_margin: float) -> Figure:
    """Draw a panel per axis of scale with one vertical axis, and a narrow one of errors against the forest.

    Args:
        headline: columns HEADLINE_TEXT and HEADLINE_NUMBERS of headline.csv.
        curves: columns CURVE_TEXT and CURVE_NUMBERS of headline_curves.csv.
        ratios: columns RATIO_TEXT and RATIO_NUMBERS of relative_errors.csv.
        split: of the comparison with the forest.
        gain_margin: gain per doubling that matters.
    """
    figure = new_figure(3.8, width=9.4)
    first, second, third, last = figure.subplots(1, 4, width_ratios=(3, 3, 3, 2))
    for axis, name in zip((first, second, third), SCALES, strict=True):
        rows = curves[(curves["axis"] == name) & (curves["value"] > 0)]
        draw_axis(axis, rows)
        factor = rows["x"].max() / rows["x"].min() if len(rows) else None
        write_title(axis, panel_lines(headline, name, factor, gain_margin))
        axis.set_xlabel(f"pretraining {AXES[name]}" if name != "N" else AXES[name])
        if axis is not first:
            axis.sharey(first)
            axis.tick_params(axis="y", labelleft=False)
    limits(first, curves)
    for axis, name in zip((first, second, third), SCALES, strict=True):
        label_lines(axis, curves[(curves["axis"] == name) & (curves["value"] > 0)], name == SCALES[0])
    first.set_ylabel("relative to the smallest scale")
    measured = ~ratios["task"].isin(curves.loc[curves["series"] == CONTROL, "task"])
    draw_ratios(last, ratios[(ratios["split"] == split) & (ratios["ratio"] > 0) & measured])
    return figure


def draw_axis(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw all series along one axis of scale."""
    axis.axhline(1, color=GREY, linewidth=0.6, zorder=0)
    if rows.empty:
        no_data(axis, "nothing to compare")
        return
    probed, tuned = (rows[rows["mode"] == mode] for mode in (LINEAR_PROBE, FINE_TUNED))
    for line in each(probed[probed["series"] == TASK]):
        axis.plot(line["x"], line["value"], color=PALE, linewidth=0.7, zorder=1)
    for line in each(rows[rows["series"] == CONTROL]):
        marker = "D" if line["mode"].iloc[0] == FINE_TUNED else ""
        axis.plot(line["x"], line["value"], color=ORANGE, linewidth=0.9, linestyle="--", marker=marker, markersize=2.2)
    several = tuned.loc[tuned["series"] == TASK, "task"].nunique() >= FEW
    for line in each(tuned[tuned["series"] == TASK]):
        axis.plot(line["x"], line["value"], color=VERMILLION, linewidth=0.7 if several else 1.1, marker="D",
                  markersize=2.4, markerfacecolor="white", alpha=0.7 if several else 1, zorder=3)  # fmt: skip
        axis.vlines(line["x"], line["lower"], line["upper"], color=VERMILLION, linewidth=0.5, alpha=0.6)
    for line, color, shown in ((probed, BLUE, True), (tuned, VERMILLION, several)):
        for middle in each(line[line["series"] == MEDIAN]) if shown else ():
            axis.fill_between(middle["x"], middle["lower"], middle["upper"], color=color, alpha=0.18, linewidth=0)
            axis.plot(middle["x"], middle["value"], color=color, linewidth=2.2, marker="o", markersize=3, zorder=4)
    loss = rows[rows["series"] == LOSS].sort_values("x")
    axis.plot(loss["x"], loss["value"], color=BLACK, linewidth=2.4, marker="D", markersize=3.6, zorder=5)
    axis.set_xscale("log")
    places = rows.drop_duplicates("name").sort_values("x")
    axis.xaxis.set_major_locator(FixedLocator(places["x"].tolist()))
    names = [scale_name(name) for name in places["name"]]
    close = np.diff(np.log(places["x"])).min(initial=9) < np.log(places["x"].max() / places["x"].min()) / 4.5
    axis.set_xticklabels(names, rotation=30 if close and len(names) > 3 else 0)
    axis.xaxis.set_minor_locator(NullLocator())


def each(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the curves among rows, each in ascending order of its axis."""
    return [group.sort_values("x") for _, group in rows.groupby(["mode", "series", "task"], sort=False)]


def write_title(axis: Axes, lines: list[tuple[str, str]]) -> None:
    """Write the finding above a panel, a line per series in its colour."""
    for i, (mode, text) in enumerate(reversed(lines)):
        written = axis.annotate(
            text, (0, 1), (0, 4 + 9.6 * i), xycoords="axes fraction", textcoords="offset points", annotation_clip=False,
            fontsize=6.6, color=MEANINGS.get(mode, BLACK), fontweight="bold" if i == len(lines) - 1 else "normal",
        )  # fmt: skip
        written.set_in_layout(False)  # it may extend beyond its panel
    axis.set_title(" \n" * len(lines), fontsize=7.3)  # reserves the space above


def limits(axis: Axes, curves: pd.DataFrame) -> None:
    """Make the common vertical axis logarithmic with ticks at simple fractions."""
    values = curves.loc[curves["value"] > 0, "value"]
    low, high = min(values.min(), 0.9), max(values.max(), 1.12)
    axis.set_yscale("log")
    if len(values):
        axis.set_ylim(low / 1.06, high * 1.06)
        shown = [(tick, word) for tick, word in zip(TICKS, WORDS, strict=True) if low / 1.06 <= tick <= high * 1.06]
        axis.yaxis.set_major_locator(FixedLocator([tick for tick, _ in shown]))
        axis.set_yticklabels([word for _, word in shown])
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_minor_formatter(NullFormatter())


def label_lines(axis: Axes, rows: pd.DataFrame, whole: bool) -> None:
    """Label lines at their right ends: all in the first panel, fine-tuned tasks only in the others."""
    labels = sorted(task_labels(rows) + (other_labels(rows) if whole else []), key=lambda item: item[0])
    if not labels:
        return
    ends = np.log(axis.get_ylim())
    places = spread([(np.log(value) - ends[0]) / (ends[1] - ends[0]) for value, *_ in labels], 0.045, (0.0, 0.97))
    for (_, text, color), place in zip(labels, places, strict=True):
        axis.annotate(text, (1, place), (2, 0), xycoords="axes fraction", textcoords="offset points", fontsize=5.8,
                      color=color, va="center", annotation_clip=False)  # fmt: skip


def task_labels(rows: pd.DataFrame) -> list[tuple[float, str, str]]:
    """Return (value, text, color) of the labels of fine-tuned tasks: of all, or if these are many, of both extremes."""
    tuned = rows[rows["mode"] == FINE_TUNED]
    ends = [line.iloc[-1] for line in each(tuned[tuned["series"] == TASK])]
    named = sorted(((end["value"], task_name(end["task"]), VERMILLION) for end in ends), key=lambda item: item[0])
    if len(named) <= MANY:
        return named
    median = [
        (line["value"].iloc[-1], "fine-tuned, median", VERMILLION) for line in each(tuned[tuned["series"] == MEDIAN])
    ]
    return named[:EXTREMES] + median + named[-EXTREMES:]


def other_labels(rows: pd.DataFrame) -> list[tuple[float, str, str]]:
    """Return (value, text, color) of the labels of the loss, the median of linear probes and control tasks."""
    labels = []
    for line in each(rows[rows["mode"] != FINE_TUNED]):
        end = line.iloc[-1]
        if end["series"] == CONTROL:
            labels.append((end["value"], f"control: {task_name(end['task']).split(',')[0].split(' (')[0]}", ORANGE))
        elif end["series"] == LOSS:
            labels.append((end["value"], "loss", BLACK))
        elif end["series"] == MEDIAN:
            labels.append((end["value"], "probe, median", BLUE))
    return labels


def draw_ratios(axis: Axes, ratios: pd.DataFrame) -> None:
    """Draw the ratio of the error of the largest model of each kind to the fingerprint forest's, tasks sorted by it."""
    kept = ratios[ratios["kind"].isin(KINDS)].sort_values("parameters", kind="stable")
    table = kept.groupby(["task", "kind"])["ratio"].last().unstack()
    if table.empty:
        no_data(axis, "no fingerprint forest")
        axis.set_title("error / forest's", fontsize=6.6)
        return
    table = table.loc[table[[kind for kind in KINDS if kind in table]].min(axis=1).sort_values().index]
    axis.axvline(1, color=SKY, linewidth=1.2, zorder=0)
    for kind, (color, marker) in KINDS.items():
        if kind in table:
            axis.plot(table[kind], range(len(table)), marker, color=color, markersize=3, markeredgewidth=0.8)
    axis.set_yticks(range(len(table)), [task_name(name) for name in table.index], fontsize=5.8)
    axis.yaxis.tick_right()
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(table) - 0.4, -0.6)
    axis.set_xscale("log")
    values = table.to_numpy(dtype=float)
    low, high = np.nanmin(values) / 1.1, np.nanmax(values) * 1.1
    ticks = [tick for tick in (0.25, 0.5, 0.7, 1, 1.4, 2, 3, 4, 8) if low < tick < high]
    axis.xaxis.set_major_locator(FixedLocator(ticks))
    axis.set_xticklabels([short_number(tick) for tick in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel("error / error of the forest")
    better = [kind for kind in KINDS if kind in table]
    lines = [("", "Lower error than"), ("", "the fingerprint forest")]
    for kind in better:
        known = table[kind].dropna()
        lines.append((kind, f"{KIND_WORDS[kind]}: {(known < 1).sum()} of {len(known)}"))
    write_title(axis, lines)
