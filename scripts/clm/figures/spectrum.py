"""Spectral density of the Hessian in units of each model's largest eigenvalue: across sizes only shapes compare."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.curves import name_of
from clm.figures.palette import GREY, ramp
from clm.figures.style import new_figure, no_data
from clm.tables.columns import KEYS

NODE_TEXT = (*KEYS, "start")
NODE_NUMBERS = ("eigenvalue", "weight")
BLUR = 0.02  # SD of the normal curve that represents a node, in units of the largest eigenvalue
LEAST = 0.01  # in units of the largest eigenvalue: smaller nodes cannot be resolved from zero
TABLES = {"spectrum_nodes": (NODE_TEXT, NODE_NUMBERS)}


def draw(nodes: pd.DataFrame) -> Figure:
    """Draw the density (left) and the fraction of positive and negative eigenvalues beyond each size (right).

    Args:
        nodes: columns NODE_TEXT and NODE_NUMBERS of spectrum_nodes.csv.
    """
    figure = new_figure(2.6)
    left, right = figure.subplots(1, 2)
    known = nodes.dropna(subset=list(NODE_NUMBERS))
    groups = list(known.groupby(list(KEYS), sort=False))
    if not groups:
        no_data(left)
        no_data(right)
        return figure
    for color, (key, own) in zip(ramp(len(groups)), groups, strict=True):
        values = (own["eigenvalue"] / own["eigenvalue"].max()).to_numpy()
        weights = (own["weight"] / own["start"].nunique()).to_numpy()
        label = name_of(key[:4], [other[:4] for other, _ in groups])
        left.plot(*density(values, weights), color=color, label=label)
        draw_tail(right, values, weights, color)
        draw_tail(right, -values, weights, color, linestyle="--")
    left.set(yscale="log", ylim=(1e-6, None), xlabel="eigenvalue / largest eigenvalue", ylabel="density")
    left.legend()
    right.set(xscale="log", yscale="log", xlim=(LEAST, 1.2), xlabel="|eigenvalue| / largest eigenvalue",
              ylabel="share of eigenvalues beyond")  # fmt: skip
    signs = (("positive", "-"), ("negative", "--"))
    right.legend(handles=[Line2D([], [], color=GREY, linestyle=line, label=name) for name, line in signs])
    return figure


def density(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions, and at these the sum of normal curves centred at `values` with areas `weights`."""
    places = np.linspace(values.min() - 4 * BLUR, values.max() + 4 * BLUR, 600)
    distance = (places[:, None] - values) / BLUR
    return places, np.exp(-0.5 * distance**2) @ weights / (BLUR * np.sqrt(2 * np.pi))


def draw_tail(axis: Axes, values: np.ndarray, weights: np.ndarray, color: str, linestyle: str = "-") -> None:
    """Draw the fraction beyond each positive value as steps."""
    order = np.argsort(values)[::-1]
    order = order[values[order] > LEAST]
    axis.step(values[order], np.cumsum(weights[order]), where="post", color=color, linestyle=linestyle)
