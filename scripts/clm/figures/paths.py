"""Cosines between weight updates of an encoder: pretraining, and fine-tuning on each task."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clm.figures.style import no_data, panels
from clm.wording.names import corpus_name, scale_name, task_name

MAP = ("corpus", "size", "subset", "seed")
VECTOR_TEXT = (*MAP, "a", "seed_a", "b", "seed_b")
VECTOR_NUMBERS = ("cosine",)
TABLES = {"task_vectors": (VECTOR_TEXT, VECTOR_NUMBERS)}


def draw(vectors: pd.DataFrame) -> Figure:
    """Draw the cosines between weight updates, a panel per mapped trunk.

    Args:
        vectors: columns VECTOR_TEXT and VECTOR_NUMBERS of task_vectors.csv.
    """
    keys = list(dict.fromkeys(vectors[list(MAP)].itertuples(index=False, name=None))) or [("",) * 4]
    figure, axes = panels(len(keys), 3, 3.0, extra=0.4)
    for axis, key in zip(axes, keys, strict=True):
        draw_cosines(axis, vectors[(vectors[list(MAP)] == list(key)).all(axis=1)])
        if key[0]:
            corpus, size, subset, seed = key
            axis.set_title(
                f"{scale_name(size)} parameters, {scale_name(subset)} molecules of {corpus_name(corpus)}, seed {seed}"
            )
    figure.suptitle(finding(vectors), fontsize=8)
    return figure


def finding(vectors: pd.DataFrame) -> str:
    """Return the median cosines of weight updates between two seeds of a task and between two tasks, in words."""
    tuned = vectors[(vectors["seed_a"] != "") & (vectors["seed_b"] != "")].dropna(subset=["cosine"])
    same, other = (tuned.loc[(tuned["a"] == tuned["b"]) == equal, "cosine"] for equal in (True, False))
    named = (("two seeds of a task", same), ("two tasks", other))
    told = [f"{name} {round(values.median(), 2) + 0.0:.2f}" for name, values in named if len(values)]
    return "Cosine of weight updates: " + (", ".join(told) + " (median)" if told else "not measured")


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
            axis.text(j, i, f"{round(value, 2) + 0.0:.2f}", ha="center", va="center", fontsize=5,
                      color="white" if abs(value) > 0.7 else "black")  # fmt: skip
    labels = [f"{task_name(task)}, seed {seed}" if seed else task for task, seed in names]
    axis.set_xticks(range(len(names)), labels, fontsize=5.5, rotation=90)
    axis.set_yticks(range(len(names)), labels, fontsize=5.5)
    axis.tick_params(length=0)
