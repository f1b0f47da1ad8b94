"""How alike the representations of checkpoints are: a map of all, a matrix of those at the last budget."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, GREY, marks
from clm.figures.style import legend_below, new_figure, no_data
from clm.figures.tables import in_order
from clm.tables.columns import KEYS, PRETRAINED, UNTRAINED

POINT_TEXT = ("kind", *KEYS, "status")
POINT_NUMBERS = ("axis1", "axis2", "share1", "share2")
PAIR_TEXT = tuple(f"{name}_{side}" for side in "ab" for name in ("kind", *KEYS))
PAIR_NUMBERS = ("cka", "shuffled")
TRUNK = ["corpus", "size", "subset", "seed"]
TABLES = {"cka": (PAIR_TEXT, PAIR_NUMBERS), "cka_map": (POINT_TEXT, POINT_NUMBERS)}


def draw(pairs: pd.DataFrame, points: pd.DataFrame) -> Figure:
    """Draw the map of all representations beside the alignment of those at the end of each trunk.

    Args:
        pairs: columns PAIR_TEXT and PAIR_NUMBERS of cka.csv.
        points: columns POINT_TEXT and POINT_NUMBERS of cka_map.csv, budgets of a trunk in ascending order.
    """
    names = last_budgets(points)
    figure = new_figure(max(3.4, 0.13 * len(names) + 1.5))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.1))
    sizes = marks(in_order(points.loc[points["kind"] == PRETRAINED, "size"]))
    corpora = in_order(points.loc[points["kind"] == PRETRAINED, "corpus"])
    draw_points(left, points, {name: mark.color for name, mark in sizes.items()}, corpora)
    draw_matrix(right, figure, pairs, names)
    legend_below(figure, legend({name: mark.color for name, mark in sizes.items()}, corpora))
    return figure


def draw_points(axis: Axes, points: pd.DataFrame, colors: dict[str, str], corpora: list[str]) -> None:
    """Draw the map; a trunk is a line from its untrained encoder to its last budget, which is filled."""
    known = points.dropna(subset=["axis1", "axis2"])
    if known.empty:
        return no_data(axis)
    axis.set_aspect("equal", adjustable="datalim")
    for setter, column in ((axis.set_xlabel, "share1"), (axis.set_ylabel, "share2")):
        setter(f"axis {column[-1]} of 1 − CKA ({100 * known[column].iloc[0]:.0f} % of spread)")
    starts = known[known["kind"] == UNTRAINED].set_index(["size", "seed"])[["axis1", "axis2"]]
    for (corpus, size, _, seed), trunk in known[known["kind"] == PRETRAINED].groupby(TRUNK, sort=False):
        path = trunk[["axis1", "axis2"]].to_numpy()
        start = starts.loc[[(size, seed)]].to_numpy()[:1] if (size, seed) in starts.index else path[:0]
        shape = "s" if corpora.index(corpus) else "o"
        axis.plot(*np.vstack([start, path]).T, color=colors[size], linewidth=0.6, alpha=0.6)
        axis.plot(*path.T, shape, color=colors[size], markersize=3, markerfacecolor="white", markeredgewidth=0.7)
        axis.plot(*path[-1], shape, color=colors[size], markersize=4)
    for (size, _), (x, y) in zip(starts.index, starts.to_numpy(), strict=True):
        axis.plot(x, y, "*", color=colors.get(size, GREY), markersize=7, markeredgewidth=0)
    counts = known[known["kind"] == "token_counts"]
    axis.plot(counts["axis1"], counts["axis2"], "x", color=BLACK, markersize=5)
    axis.margins(0.06)


def last_budgets(points: pd.DataFrame) -> dict[tuple[str, ...], str]:
    """Return key (kind, corpus, size, subset, seed, budget) to a short name: token counts, untrained, last budgets."""
    order = {"token_counts": 0, UNTRAINED: 1, PRETRAINED: 2}
    last = points[points["status"] == "ok"].drop_duplicates(["kind", *TRUNK], keep="last")
    last = last.sort_values("kind", key=lambda kind: kind.map(order), kind="stable")
    main = in_order(last.loc[last["kind"] == PRETRAINED, "corpus"])[:1]
    return {tuple(row): short_name(row, main) for row in last[["kind", *KEYS]].itertuples(index=False)}


def short_name(row: tuple[str, ...], main: list[str]) -> str:
    """Return the size and what sets a representation apart from its neighbours in the matrix."""
    kind, corpus, size, subset, seed, _ = row
    if kind == "token_counts":
        return "token counts"
    if kind == UNTRAINED:
        return f"{size} untrained"
    return f"{size} {'' if corpus in main else corpus + ' '}{subset} s{seed}"


def draw_matrix(axis: Axes, figure: Figure, pairs: pd.DataFrame, names: dict[tuple[str, ...], str]) -> None:
    """Draw the alignment of the representations at the end of each trunk."""
    place = {key: i for i, key in enumerate(names)}
    values = np.full((len(place), len(place)), np.nan)
    np.fill_diagonal(values, 1)
    sides = [pairs[[f"{name}_{side}" for name in ("kind", *KEYS)]].itertuples(index=False, name=None) for side in "ab"]
    for a, b, value in zip(*sides, pairs["cka"], strict=True):
        if a in place and b in place:
            values[place[a], place[b]] = values[place[b], place[a]] = value
    if len(place) < 2:
        return no_data(axis)
    shown = axis.imshow(values, vmin=0, vmax=1, cmap="cividis")
    axis.set_xticks(range(len(place)), list(names.values()), fontsize=4.5, rotation=90)
    axis.set_yticks(range(len(place)), list(names.values()), fontsize=4.5)
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(shown, ax=axis, shrink=0.8)
    bar.set_label("CKA", fontsize=6)
    bar.outline.set_visible(False)


def legend(colors: dict[str, str], corpora: list[str]) -> list[Line2D]:
    """Return handles of sizes and of the kinds of points."""
    handles = [Line2D([], [], color=color, marker="o", markersize=3.5, label=size) for size, color in colors.items()]
    kinds = [("o", "white", "earlier budget"), ("o", GREY, "last budget"), ("*", GREY, UNTRAINED)]
    kinds += [("s", GREY, f"corpus {name}") for name in corpora[1:]] + [("x", GREY, "token counts")]
    return handles + [
        Line2D([], [], linestyle="", marker=shape, color=GREY, markerfacecolor=face, markersize=4, label=label)
        for shape, face, label in kinds
    ]
