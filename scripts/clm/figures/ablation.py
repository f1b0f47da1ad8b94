"""Conclusions over tasks, with all data and with each task, family, mode and split left out."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, GREY, PALE
from clm.figures.style import legend_below, new_figure, no_data
from clm.tables.columns import NOTHING, POOLED
from clm.wording.names import mode_name, split_name, task_name
from clm.wording.titles import changed_verdicts

TEXT = ("statistic", "mode", "split", "left_out", "name", "verdict")
NUMBERS = ("n_tasks", "effect", "lower", "upper", "changed")
# statistic, title, axis label, factor, what matters
SHOWN = (
    ("N", "parameters N", "median gain per\ndoubling (%)", 100, "gain_margin"),
    ("D", "tokens D", "median gain per\ndoubling (%)", 100, "gain_margin"),
    ("U", "molecules U", "median gain per\ndoubling (%)", 100, "gain_margin"),
    ("C", "compute C", "median gain per\ndoubling (%)", 100, "gain_margin"),
    ("elasticity", "elasticity", "median elasticity", 1, "elasticity_margin"),
)
SHAPES = {"supported": "s", "contradicted": ">", "undecided": "o"}  # verdicts by shape, changed ones hollow
LABELS = {"supported": "little gain (supported)", "contradicted": "gain (contradicted)", "undecided": "undecided"}
TABLES = {"ablation": (TEXT, NUMBERS)}


def draw(ablation: pd.DataFrame, gain_margin: float, elasticity_margin: float) -> Figure:
    """Draw medians over tasks with their intervals, a row per part left out, a column per statistic.

    Args:
        ablation: columns TEXT and NUMBERS of ablation.csv; shown are the rows over all modes and splits.
        gain_margin: gain per doubling that matters.
        elasticity_margin: elasticity that matters.
    """
    margins = {"gain_margin": gain_margin, "elasticity_margin": elasticity_margin}
    rows = ablation[(ablation["mode"] == POOLED) & ablation["statistic"].isin([name for name, *_ in SHOWN])]
    parts = list(dict.fromkeys(rows[["left_out", "name"]].itertuples(index=False, name=None)))
    figure = new_figure(max(1.6, 0.16 * len(parts) + 0.5) + 0.65)
    axes = figure.subplots(1, len(SHOWN), sharey=True)
    for axis, (statistic, title, label, factor, margin) in zip(axes, SHOWN, strict=True):
        draw_statistic(axis, rows[rows["statistic"] == statistic], parts, factor)
        axis.axvline(factor * margins[margin], color="black", linestyle="--", linewidth=0.7, zorder=0)
        axis.set(title=title, xlabel=label)
    names = [readable(kind, name) for kind, name in parts]
    axes[0].set_yticks(range(len(parts)), names, fontsize=5.5)
    axes[0].set_ylim(len(parts) - 0.4, -0.6)
    handles = [Line2D([], [], color=BLACK, linestyle="", marker=SHAPES[name], markersize=3.2, label=LABELS[name])
               for name in SHAPES if (rows["verdict"] == name).any()]  # fmt: skip
    handles.append(
        Line2D([], [], color=GREY, marker="o", markersize=3.2, markerfacecolor="white", label="verdict changes")
    )
    handles.append(Line2D([], [], color="black", linestyle="--", linewidth=0.7, label="what matters"))
    legend_below(figure, handles)
    if parts:
        figure.suptitle(changed_verdicts(rows), fontsize=8)
    return figure


def readable(kind: str, name: str) -> str:
    """Return what is left out, tasks and modes in words."""
    if kind == NOTHING:
        return "nothing left out"
    names = {"task": task_name, "mode": mode_name, "split": split_name}
    return f"without {kind}: {names.get(kind, str)(name)}"


def draw_statistic(axis: Axes, rows: pd.DataFrame, parts: list[tuple[str, str]], factor: float) -> None:
    """Draw one statistic; the band is the interval with all data, hollow points have a different verdict."""
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    axis.tick_params(axis="y", length=0)
    known = rows[rows["effect"].notna()]
    if known.empty:
        no_data(axis)
        return
    whole = known[known["left_out"] == NOTHING]
    if len(whole):
        axis.axvspan(factor * whole["lower"].iloc[0], factor * whole["upper"].iloc[0], color=PALE, alpha=0.35, zorder=0)
    for row in known.itertuples():
        y, color = parts.index((row.left_out, row.name)), BLACK if row.verdict != "undecided" else GREY
        axis.hlines(y, factor * row.lower, factor * row.upper, color=color, linewidth=0.9)
        face = "white" if row.changed == 1 else color
        axis.plot(
            factor * row.effect,
            y,
            SHAPES.get(row.verdict, "o"),
            color=color,
            markerfacecolor=face,
            markersize=3.2,
            markeredgewidth=0.8,
        )
    missing = [part for part in parts if part not in set(zip(known["left_out"], known["name"], strict=True))]
    for part in missing:
        axis.text(0.5, parts.index(part), "too few tasks", transform=axis.get_yaxis_transform(), ha="center",
                  va="center", fontsize=5, color=GREY)  # fmt: skip
