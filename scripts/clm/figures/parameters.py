"""Maps of parameter space: the checkpoints of one trunk and where fine-tuning leads."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, GREY, PALE, VERMILLION
from clm.figures.style import legend_below, new_figure, no_data
from clm.figures.tables import in_order, read_table
from clm.provenance.files import read_json
from clm.wording.names import corpus_name, scale_name, task_name

MAP_TEXT = ("point", "kind", "budget", "task")
MAP_NUMBERS = ("pc1", "pc2", "walk1", "walk2")
SHAPES = ("^", "s", "D", "v", "P", "X", "p", "h", "<", ">")


def read(*maps: Path) -> list[dict[str, tuple[pd.DataFrame, dict[str, Any]]]]:
    """Return {title: (points, variance)} from pairs of points (.csv) and variance (.json)."""
    tables = [path for path in maps if path.suffix == ".csv"]
    return [
        {
            trunk_title(path): (read_table(path, MAP_TEXT, MAP_NUMBERS), read_json(path.with_suffix(".json")))
            for path in tables
        }
    ]


def trunk_title(path: Path) -> str:
    """Return the title of a map from its path .../{corpus}/{size}/{subset}/seed{seed}.csv."""
    corpus, size, subset = path.parts[-4:-1] if len(path.parts) > 3 else ("", "", "")
    seed = path.stem.replace("seed", "seed ")
    return f"{corpus_name(corpus)}, {scale_name(size)} parameters, {scale_name(subset)} molecules, {seed}"


def draw(maps: dict[str, tuple[pd.DataFrame, dict[str, list[float]]]]) -> Figure:
    """Draw the map of each trunk beside the same map of a random walk of as many steps.

    Args:
        maps: title to points (columns MAP_TEXT and MAP_NUMBERS) and the fractions of variance by component,
            explained_variance and null_explained_variance.
    """
    figure = new_figure(2.6 * max(len(maps), 1) + 0.6)
    grid = figure.subplots(max(len(maps), 1), 2, squeeze=False)
    nothing = {"": (pd.DataFrame(columns=[*MAP_TEXT, *MAP_NUMBERS]), {})}
    for (left, right), (title, (points, variance)) in zip(grid, (maps or nothing).items(), strict=True):
        draw_map(left, points, ("pc1", "pc2"), variance.get("explained_variance") or [])
        left.set_title(title)
        walked = points[points["kind"] != "finetuned"]
        draw_map(right, walked, ("walk1", "walk2"), variance.get("null_explained_variance") or [])
        right.set_title("for comparison: a random walk of as many steps")
    every = pd.concat([points for points, _ in (maps or nothing).values()])
    legend_below(figure, map_legend(every), columns=5)
    return figure


def draw_map(axis: Axes, points: pd.DataFrame, columns: tuple[str, str], shares: list[float]) -> None:
    """Draw start, checkpoints joined in order of budget, and fine-tuned end points in one plane."""
    for setter, i in ((axis.set_xlabel, 0), (axis.set_ylabel, 1)):
        share = f" ({100 * shares[i]:.0f} % of variance)" if i < len(shares) and shares[i] is not None else ""
        setter(f"component {i + 1}{share}")
    known = points.dropna(subset=list(columns))
    if known.empty:
        return no_data(axis)
    x, y = columns
    path = known[known["kind"] != "finetuned"]
    axis.plot(path[x], path[y], color=PALE, linewidth=0.9, zorder=1)
    steps = path[path["kind"] == "checkpoint"]
    axis.plot(
        path.loc[path["kind"] == "initial", x], path.loc[path["kind"] == "initial", y], "*", color=BLACK, markersize=7
    )
    axis.plot(steps[x], steps[y], "o", color=BLACK, markersize=3.5, zorder=3)
    for row in steps.drop_duplicates("budget", keep="last").itertuples():
        axis.annotate(scale_name(row.budget), (getattr(row, x), getattr(row, y)), xytext=(3, 3),
                      textcoords="offset points", fontsize=5, color=GREY)  # fmt: skip
    tasks = in_order(points.loc[points["kind"] == "finetuned", "task"])
    for i, task in enumerate(tasks):
        ends = known[(known["kind"] == "finetuned") & (known["task"] == task)]
        axis.plot(ends[x], ends[y], SHAPES[i % len(SHAPES)], color=VERMILLION, markersize=4, markerfacecolor="none")
    axis.margins(0.12)


def map_legend(points: pd.DataFrame) -> list[Line2D]:
    """Return handles of the start, the checkpoints and each task's end points."""
    handles = [
        Line2D([], [], linestyle="", marker="*", color=BLACK, markersize=6, label="initial weights"),
        Line2D([], [], marker="o", color=PALE, markerfacecolor=BLACK, markeredgecolor=BLACK, markersize=3.5,
               label="checkpoint (tokens)"),
    ]  # fmt: skip
    for i, task in enumerate(in_order(points.loc[points["kind"] == "finetuned", "task"])):
        handles.append(Line2D([], [], linestyle="", marker=SHAPES[i % len(SHAPES)], color=VERMILLION, markersize=4,
                              markerfacecolor="none", label=f"fine-tuned: {task_name(task)}"))  # fmt: skip
    return handles
