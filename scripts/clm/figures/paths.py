"""Losses on straight lines between weights, and cosines of task vectors."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from clm.figures.palette import BLUE, GREY, VERMILLION, marks
from clm.figures.style import new_figure, no_data
from clm.figures.tables import in_order

MAP = ("corpus", "size", "subset", "seed")
PATH_TEXT = (*MAP, "kind", "task", "from", "to")
PATH_NUMBERS = ("a", "loss")
VECTOR_TEXT = (*MAP, "a", "seed_a", "b", "seed_b")
VECTOR_NUMBERS = ("cosine",)
TABLES = {"paths": (PATH_TEXT, PATH_NUMBERS), "task_vectors": (VECTOR_TEXT, VECTOR_NUMBERS)}


def draw(paths: pd.DataFrame, vectors: pd.DataFrame) -> Figure:
    """Draw a row per mapped trunk: pretraining loss between checkpoints, task loss to end points, cosines.

    Args:
        paths: columns PATH_TEXT and PATH_NUMBERS of paths.csv.
        vectors: columns VECTOR_TEXT and VECTOR_NUMBERS of task_vectors.csv.
    """
    keys = list(dict.fromkeys(paths[list(MAP)].itertuples(index=False, name=None))) or [("",) * 4]
    figure = new_figure(2.5 * len(keys) + 0.3)
    grid = figure.subplots(len(keys), 3, squeeze=False)
    for (left, middle, right), key in zip(grid, keys, strict=True):
        own = paths[(paths[list(MAP)] == list(key)).all(axis=1)]
        draw_pretraining(left, own[own["task"] == ""])
        draw_tasks(middle, own[own["task"] != ""])
        draw_cosines(right, vectors[(vectors[list(MAP)] == list(key)).all(axis=1)])
        if key[0]:
            left.set_title(f"{key[0]}, {key[1]}, {key[2]} molecules, seed {key[3]}")
    return figure


def lines_of(rows: pd.DataFrame) -> list[tuple[tuple[str, ...], np.ndarray, np.ndarray]]:
    """Return (kind, task, from, to), positions and losses of each line, in the order of the table."""
    groups = rows.dropna(subset=["a", "loss"]).groupby(["kind", "task", "from", "to"], sort=False)
    return [(key, group["a"].to_numpy(), group["loss"].to_numpy()) for key, group in groups]


def draw_pretraining(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw the loss between checkpoints above the straight line between both ends; later budgets are darker."""
    lines = lines_of(rows)
    if not lines:
        return no_data(axis)
    count = sum(key[0] == "budgets" for key, *_ in lines)
    for i, ((kind, _, start, end), a, loss) in enumerate(lines):
        above = loss - ((1 - a) * loss[0] + a * loss[-1])
        color = shade(0.35 + 0.65 * (i + 1) / count) if kind == "budgets" else VERMILLION
        axis.plot(a, above, "-" if kind == "budgets" else "--", color=color, label=f"{start} to {end}")
    axis.axhline(0, color=GREY, linewidth=0.5, zorder=0)
    axis.set(xlabel="position on the line", ylabel="pretraining loss above chord (nats)")
    axis.legend(fontsize=5.5)


def shade(share: float) -> tuple[float, ...]:
    """Return blue mixed with white."""
    return tuple(1 - share * (1 - value) for value in to_rgb(BLUE))


def draw_tasks(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw the task loss from the pretrained encoder (0) to the end points of the first seed (1) and the second (2)."""
    lines = lines_of(rows)
    if not lines:
        return no_data(axis)
    colors = marks(in_order(rows["task"]))
    for (kind, task, _, _), a, loss in lines:
        first = kind == "fine-tuning"
        axis.plot(a + (not first), loss, "-" if first else "--", color=colors[task].color, marker=colors[task].marker,
                  markevery=[0, -1], markersize=3.5, label=task if first else None)  # fmt: skip
    axis.set_xticks([0, 1, 2], ["pretrained", "fine-tuned", "other seed"])
    axis.set(ylabel="task loss (validation part)", xlim=(-0.15, 2.15), ylim=(0, 1.15 * rows["loss"].max()))
    axis.legend(fontsize=5.5)


def draw_cosines(axis: Axes, vectors: pd.DataFrame) -> None:
    """Draw the cosines between task vectors as a matrix with numbers."""
    known = vectors.dropna(subset=["cosine"])
    if known.empty:
        return no_data(axis)
    sides = [list(known[[side, f"seed_{side}"]].itertuples(index=False, name=None)) for side in "ab"]
    names = sorted(dict.fromkeys([*sides[0], *sides[1]]), key=lambda name: name[0] != "pretraining")
    values = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(values, 1)
    for a, b, cosine in zip(*sides, known["cosine"], strict=True):
        i, j = names.index(a), names.index(b)
        values[i, j] = values[j, i] = cosine
    axis.imshow(values, vmin=-1, vmax=1, cmap="RdBu_r")
    for (i, j), value in np.ndenumerate(values):
        if np.isfinite(value):
            axis.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=5,
                      color="white" if abs(value) > 0.7 else "black")  # fmt: skip
    labels = [f"{task} s{seed}" if seed else task for task, seed in names]
    axis.set_xticks(range(len(names)), labels, fontsize=5.5, rotation=90)
    axis.set_yticks(range(len(names)), labels, fontsize=5.5)
    axis.tick_params(length=0)
    axis.set_title("cosine of ways")
