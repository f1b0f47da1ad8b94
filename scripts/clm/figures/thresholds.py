"""From where on each task saturates or degrades."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.gains import VERDICTS
from clm.figures.palette import BLACK, GREY, PALE
from clm.figures.style import legend_below, log_axis, new_figure, no_data
from clm.figures.tables import by_size, in_order
from clm.statistics.verdicts import NO_RELEVANT_GAIN, NO_SIGNAL, NOT_TESTABLE
from clm.tables.columns import LINEAR_PROBE

TEXT = ("axis", "mode", "split", "task", "verdict", "start", "onset_lower", "onset_upper")
NUMBERS = ("at",)
RUNS_TEXT = ("corpus", "size", "subset", "budget", "status")
RUNS_NUMBERS = ("parameters", "tokens", "molecules")
AXES = {"N": ("size", "parameters", "parameters N"), "D": ("budget", "tokens", "tokens D"),
        "U": ("subset", "molecules", "molecules U")}  # fmt: skip
BEYOND = 1.6  # place of "beyond the last value", times that value
TABLES = {"thresholds": (TEXT, NUMBERS), "runs": (RUNS_TEXT, RUNS_NUMBERS)}


def draw(thresholds: pd.DataFrame, runs: pd.DataFrame, corpus: str, split: str) -> Figure:
    """Draw for each task and axis the values on which a verdict holds, and the range of the onset.

    Args:
        thresholds: columns TEXT and NUMBERS of thresholds.csv.
        runs: columns RUNS_TEXT and RUNS_NUMBERS of runs.csv, for the values of the axes.
        corpus: the corpus whose checkpoints are judged.
        split: the split shown, of linear probes.
    """
    rows = thresholds[(thresholds["mode"] == LINEAR_PROBE) & (thresholds["split"] == split)]
    tasks = in_order(rows["task"])
    figure = new_figure(max(1.6, 0.2 * len(tasks) + 0.5) + 0.65)
    axes = figure.subplots(1, len(AXES), sharey=True)
    used = runs[(runs["corpus"] == corpus) & (runs["status"] == "ok")]
    for axis, (name, (named, column, label)) in zip(axes, AXES.items(), strict=True):
        places = {key: used.loc[used[named] == key, column].mean() for key in by_size(used, named, column)}
        draw_axis(axis, rows[rows["axis"] == name], places, tasks)
        axis.set(title=label, xlabel={"budget": "token budget"}.get(named, named))
    axes[0].set_yticks(range(len(tasks)), tasks)
    axes[0].set_ylim(max(len(tasks), 1) - 0.4, -0.6)
    present = [
        verdict
        for verdict in ("improving", NO_RELEVANT_GAIN, "degraded", "undecided")
        if (rows["verdict"] == verdict).any()
    ]
    handles = [Line2D([], [], color=VERDICTS[name], linewidth=3, label=name) for name in present]
    handles.append(Line2D([], [], color=BLACK, marker="|", linewidth=0.7, markersize=4, label="95 % of the onset"))
    legend_below(figure, handles)
    return figure


def draw_axis(axis: Axes, rows: pd.DataFrame, places: dict[str, float], tasks: list[str]) -> None:
    """Draw one axis: a bar over the values for which a verdict holds, a thin line where none does."""
    axis.tick_params(axis="y", length=0)
    if rows.empty or len(places) < 2:
        no_data(axis)
        return
    ends = list(places.values())
    places = places | {"beyond": ends[-1] * BEYOND}
    axis.set_xlim(ends[0] / 1.3, places["beyond"] * 1.1)
    log_axis(axis, "x", plain=False)
    axis.set_xticks(ends, list(places)[:-1])
    axis.minorticks_off()
    axis.axvline(ends[-1] * BEYOND**0.5, color=PALE, linewidth=0.6, linestyle=":")
    for row in rows.itertuples():
        y, color = tasks.index(row.task), VERDICTS.get(row.verdict, GREY)
        if row.verdict in (NOT_TESTABLE, *NO_SIGNAL.values()):
            axis.text(ends[0], y, row.verdict.replace("_", " "), fontsize=5, color=GREY, va="center")
            continue
        whole = row.verdict == "undecided"
        axis.hlines(y, ends[0] if whole else row.at, ends[-1], color=color, linewidth=0.8 if whole else 3.5)
        if row.onset_lower in places and row.onset_upper in places:
            low, high = places[row.onset_lower], places[row.onset_upper]
            axis.plot([low, high], [y + 0.3, y + 0.3], "|-", color=BLACK, linewidth=0.7, markersize=3)
