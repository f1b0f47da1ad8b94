"""Our verdicts beside those of the review."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from clm.figures.gains import chosen
from clm.figures.palette import BLACK, GREY
from clm.figures.style import legend_below, new_figure, no_data
from clm.figures.tables import in_order
from clm.statistics.verdicts import NO_SIGNAL
from clm.wording.names import mode_name, task_name

REVIEW_TEXT = ("axis", "mode", "split", "features", "task", "verdict", "review_verdict")
REVIEW_NUMBERS = ("agrees",)
LETTERS = {"improving": "I", "saturated": "S", "no relevant gain": "N", "degraded": "D", "undecided": "u"}
LETTERS |= {"not sensitive": "b", "not testable here": "–"} | dict.fromkeys(NO_SIGNAL.values(), "–")
AXES = ("N", "D", "U")
DARK = ("improving", "saturated", "no relevant gain", "degraded")  # decided; the letter says which way
TABLES = {"saturation": (REVIEW_TEXT, REVIEW_NUMBERS)}


def draw(saturation: pd.DataFrame, split: str) -> Figure:
    """Draw our verdict beside that of the review for each task and axis; frames mark where they differ.

    Args:
        saturation: columns REVIEW_TEXT and REVIEW_NUMBERS of saturation.csv.
        split: the split shown; modes side by side.
    """
    rows = chosen(saturation, split)
    rows = rows[rows["axis"].isin(list(AXES))]
    tasks, modes = in_order(rows["task"]), in_order(rows["mode"])
    figure = new_figure(max(1.6, 0.19 * len(tasks) + 0.6) + 0.65)
    axes = figure.subplots(1, max(len(modes), 1), sharey=True, squeeze=False)[0]
    if not modes:
        no_data(axes[0])
    for axis, mode in zip(axes, modes, strict=False):
        draw_pairs(axis, rows[rows["mode"] == mode], tasks)
        axis.set_title(mode_name(mode))
    axes[0].set_yticks(range(len(tasks)), [task_name(task) for task in tasks])
    present = {*rows["verdict"], *rows["review_verdict"]}
    handles = [Patch(facecolor=shade(name), edgecolor=GREY, linewidth=0.4, label=f"{letter} {name.replace('_', ' ')}")
               for name, letter in LETTERS.items() if name in present]  # fmt: skip
    handles.append(Patch(facecolor="white", edgecolor=BLACK, linewidth=1.2, label="the two differ"))
    legend_below(figure, handles, columns=4)
    return figure


def shade(verdict: str) -> str:
    """Return the shade of a verdict: dark where it is decided."""
    return "#5A5A5A" if verdict in DARK else "#F2F2F2"


def draw_pairs(axis: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """Draw one mode: a pair of columns (ours, review) per axis of scale."""
    for i, name in enumerate(AXES):
        for row in rows[rows["axis"] == name].itertuples():
            y = tasks.index(row.task)
            for place, verdict in ((2.3 * i, row.verdict), (2.3 * i + 1, row.review_verdict)):
                if verdict in LETTERS:
                    axis.add_patch(
                        Rectangle(
                            (place - 0.5, y - 0.45), 1, 0.9, facecolor=shade(verdict), edgecolor=GREY, linewidth=0.4
                        )
                    )
                    axis.text(place, y, LETTERS[verdict], ha="center", va="center", fontsize=6,
                              color="white" if verdict in DARK else BLACK,
                              fontweight="bold")  # fmt: skip
            if row.agrees == 0:
                axis.add_patch(Rectangle((2.3 * i - 0.5, y - 0.45), 2, 0.9, fill=False, edgecolor=BLACK, linewidth=1.2))
        known = rows[(rows["axis"] == name) & rows["agrees"].notna()]
        told = f"{known['agrees'].sum():.0f} of {len(known)} agree" if len(known) else "none to compare"
        axis.text(2.3 * i + 0.5, len(tasks) - 0.35, told, ha="center", va="top", fontsize=6, color=GREY)
    places = [2.3 * i + j for i in range(len(AXES)) for j in (0, 1)]
    axis.set_xticks(places, [f"{name} {who}" for name in AXES for who in ("ours", "review")], rotation=30, ha="right")
    axis.xaxis.tick_bottom()
    axis.tick_params(length=0)
    axis.set(xlim=(-0.7, 2.3 * len(AXES) - 0.6), ylim=(len(tasks) + 0.3, -0.6))
    axis.spines[:].set_visible(False)
