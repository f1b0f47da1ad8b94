"""The decision table as a figure: regret (against chance, in hindsight), rank correlation and cost of predictors."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, GREY, MEANINGS
from clm.figures.style import legend_below, log_axis, new_figure, no_data
from clm.tables.columns import FINE_TUNED
from clm.wording.names import listed, mode_name, split_name
from clm.wording.predictors import predictor_name

TEXT = ("mode", "split", "predictor", "needs", "stage", "verdict")
NUMBERS = ("spearman", "spearman_lower", "spearman_upper", "against_random", "against_random_lower")
NUMBERS += ("against_random_upper", "hindsight", "n_tasks")
SHAPES = {"recommended": (">", True), "costs nothing": ("D", True), "not recommended": ("<", True),
          "undecided": ("o", False)}  # fmt: skip
MOST = 8  # predictors
LEAST = 0.1  # seconds, the lower end of the cost axis
TABLES = {"decision": (TEXT, NUMBERS), "costs": (("stage",), ("wall_seconds",))}


def draw(decision: pd.DataFrame, costs: pd.DataFrame) -> Figure:
    """Draw regret, correlation and cost of the best predictors in one protocol; predictors by regret.

    Args:
        decision: columns TEXT and NUMBERS of decision.csv.
        costs: columns `stage` and `wall_seconds` of costs.csv.
    """
    seconds = {"": 0.0} | costs.groupby("stage")["wall_seconds"].median().to_dict()
    mode, split, rows = one_protocol(decision)
    figure = new_figure(0.2 * max(len(rows), 4) + 1.5)
    axes = figure.subplots(1, 3)
    if rows.empty:
        no_data(axes[0])
        return figure
    count = rows["n_tasks"].max()
    figure.suptitle(f"{finding(decision, mode, split)} ({mode_name(mode)}, {split_name(split)} split, {count:.0f} "
                    f"task{'s' if count > 1 else ''})", fontsize=8)  # fmt: skip
    color = MEANINGS.get(mode, BLACK)
    estimates(axes[0], rows, "against_random", 100, "error against a random choice (%)", color)
    axes[0].plot(100 * rows["hindsight"], rows.index, "|", color=GREY, markersize=6)
    estimates(axes[1], rows, "spearman", 1, "rank correlation with the score", color)
    draw_cost(axes[2], rows["stage"].map(seconds))
    for axis in axes:
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.set_yticks(
            range(len(rows)), [] if axis is not axes[0] else [predictor_name(name) for name in rows["predictor"]]
        )
        axis.tick_params(axis="y", length=0, labelsize=6)
    handles = [
        Line2D([], [], linestyle="", color=color, marker=shape, markerfacecolor=color if filled else "white",
               markersize=3.6, label=name)
        for name, (shape, filled) in SHAPES.items() if name in set(rows["verdict"])
    ]  # fmt: skip
    handles.append(
        Line2D([], [], linestyle="", color=GREY, marker="|", markersize=6, label="against the best in hindsight")
    )
    legend_below(figure, handles)
    return figure


def one_protocol(decision: pd.DataFrame) -> tuple[str, str, pd.DataFrame]:
    """Return mode, split and rows (free rules and the best) of the protocol with most tasks, fine-tuned if tied."""
    if decision.empty:
        return "", "", decision
    tuned = (decision["mode"] == FINE_TUNED).astype(int)
    first = decision.assign(tuned=tuned).sort_values(["n_tasks", "tuned"], ascending=False, kind="stable").iloc[0]
    rows = decision[(decision["mode"] == first["mode"]) & (decision["split"] == first["split"])]
    free = rows["verdict"] == "costs nothing"
    others = rows[~free].sort_values("against_random", kind="stable").head(max(MOST - int(free.sum()), 1))
    shown = pd.concat([rows[free], others]).sort_values("against_random", kind="stable").reset_index(drop=True)
    return first["mode"], first["split"], shown


def finding(decision: pd.DataFrame, mode: str, split: str) -> str:
    """Return the verdicts of a protocol in words."""
    rows = decision[(decision["mode"] == mode) & (decision["split"] == split)]
    good = rows.loc[rows["verdict"] == "recommended", "predictor"].tolist()
    if good:
        names = listed([predictor_name(name) for name in good[:3]])
        return f"{names} beat{'s' if len(good) == 1 else ''} the free rules"
    return "No predictor is shown to beat the free rules"


def estimates(axis: Axes, rows: pd.DataFrame, name: str, factor: float, label: str, color: str) -> None:
    """Draw estimates with their 95 % intervals where there are any."""
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    for y, row in rows.iterrows():
        shape, filled = SHAPES.get(row["verdict"], SHAPES["undecided"])
        if np.isfinite(row[f"{name}_lower"]):
            axis.hlines(y, factor * row[f"{name}_lower"], factor * row[f"{name}_upper"], color=color, linewidth=0.9)
        if np.isfinite(row[name]):
            axis.plot(factor * row[name], y, shape, color=color, markersize=3.4,
                      markerfacecolor=color if filled else "white")  # fmt: skip
    axis.set_xlabel(label)


def draw_cost(axis: Axes, seconds: pd.Series) -> None:
    """Draw the seconds of the median job that measures a predictor; 0 at the left edge."""
    known = seconds[np.isfinite(seconds)]
    axis.set_xlim(LEAST / 1.5, max(known.max() if len(known) else 1, 1) * 3)
    log_axis(axis, "x", plain=False)
    for y, value in known.items():
        axis.hlines(y, LEAST / 1.5, max(value, LEAST / 1.5), color=GREY, linewidth=2.5)
        if value == 0:
            axis.text(LEAST / 1.2, y, "nothing more", va="center", fontsize=5, color=GREY)
    axis.set_xlabel("job that measures it (s)")
