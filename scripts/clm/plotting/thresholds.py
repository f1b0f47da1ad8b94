"""From where on each task saturates or degrades, and our verdicts beside those of the review."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from clm.plotting.gains import VERDICTS, chosen
from clm.plotting.palette import BLACK, GREY, PALE
from clm.plotting.style import legend_below, log_axis, new_figure, no_data
from clm.plotting.tables import by_size, in_order
from clm.tables.columns import LINEAR_PROBE

TEXT = ("axis", "mode", "split", "task", "verdict", "start", "onset_lower", "onset_upper")
NUMBERS = ("at",)
RUNS_TEXT = ("corpus", "size", "subset", "budget", "status")
RUNS_NUMBERS = ("parameters", "tokens", "molecules")
AXES = {"N": ("size", "parameters", "parameters N"), "D": ("budget", "tokens", "tokens D"),
        "U": ("subset", "molecules", "molecules U")}  # fmt: skip
BEYOND = 1.6  # place of "beyond the last value", times that value
REVIEW_TEXT = ("axis", "mode", "split", "features", "task", "verdict", "review_verdict")
REVIEW_NUMBERS = ("agrees",)
LETTERS = {"improving": "I", "saturated": "S", "degraded": "D", "undecided": "u", "no_signal": "–", "too_few": "–"}


def draw_thresholds(thresholds: pd.DataFrame, runs: pd.DataFrame, corpus: str, split: str) -> Figure:
    """Draw for each task and axis the values on which a verdict holds, and the range of the onset.

    Args:
        thresholds: columns TEXT and NUMBERS of thresholds.csv.
        runs: columns RUNS_TEXT and RUNS_NUMBERS of runs.csv, for the values of the axes.
        corpus: the corpus whose checkpoints are judged.
        split: the split shown; mode frozen.
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
        verdict for verdict in ("improving", "saturated", "degraded", "undecided") if (rows["verdict"] == verdict).any()
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
        if row.verdict in ("no_signal", "too_few"):
            axis.text(ends[0], y, row.verdict.replace("_", " "), fontsize=5, color=GREY, va="center")
            continue
        whole = row.verdict == "undecided"
        axis.hlines(y, ends[0] if whole else row.at, ends[-1], color=color, linewidth=0.8 if whole else 3.5)
        if row.onset_lower in places and row.onset_upper in places:
            low, high = places[row.onset_lower], places[row.onset_upper]
            axis.plot([low, high], [y + 0.3, y + 0.3], "|-", color=BLACK, linewidth=0.7, markersize=3)


def draw_agreement(saturation: pd.DataFrame, split: str) -> Figure:
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
        axis.set_title("frozen encoder" if mode == LINEAR_PROBE else f"{mode} fine-tuning")
    axes[0].set_yticks(range(len(tasks)), tasks)
    present = {*rows["verdict"], *rows["review_verdict"]}
    handles = [Patch(color=VERDICTS[name], label=f"{letter} {name.replace('_', ' ')}")
               for name, letter in LETTERS.items() if name in present]  # fmt: skip
    handles.append(Patch(facecolor="white", edgecolor=BLACK, linewidth=1.2, label="the two differ"))
    legend_below(figure, handles, columns=7)
    return figure


def draw_pairs(axis: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """Draw one mode: a pair of columns (ours, review) per axis of scale."""
    for i, name in enumerate(AXES):
        for row in rows[rows["axis"] == name].itertuples():
            y = tasks.index(row.task)
            for place, verdict in ((2.3 * i, row.verdict), (2.3 * i + 1, row.review_verdict)):
                if verdict in LETTERS:
                    axis.add_patch(Rectangle((place - 0.5, y - 0.45), 1, 0.9, color=VERDICTS[verdict], linewidth=0))
                    axis.text(place, y, LETTERS[verdict], ha="center", va="center", fontsize=6, color="white",
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
