"""Similarity of the representations of checkpoints at their last budgets."""

import math
import re

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clm.figures.style import new_figure, no_data
from clm.figures.tables import in_order
from clm.tables.columns import KEYS, PRETRAINED, UNTRAINED
from clm.wording.names import corpus_name, scale_name
from clm.wording.titles import alike

POINT_TEXT = ("kind", *KEYS, "status")
POINT_NUMBERS = ("axis1", "axis2", "share1", "share2")
PAIR_TEXT = tuple(f"{name}_{side}" for side in "ab" for name in ("kind", *KEYS))
PAIR_NUMBERS = ("cka", "shuffled")
TRUNK = ["corpus", "size", "subset", "seed"]
TABLES = {"cka": (PAIR_TEXT, PAIR_NUMBERS), "cka_map": (POINT_TEXT, POINT_NUMBERS)}


def draw(pairs: pd.DataFrame, points: pd.DataFrame) -> Figure:
    """Draw the alignment of the representations at the end of each trunk.

    Args:
        pairs: columns PAIR_TEXT and PAIR_NUMBERS of cka.csv.
        points: columns POINT_TEXT and POINT_NUMBERS of cka_map.csv, budgets of a trunk in ascending order.
    """
    names = last_budgets(points)
    figure = new_figure(max(3.4, 0.13 * len(names) + 1.2), width=max(5.4, 0.13 * len(names) + 2.2))
    draw_matrix(figure.subplots(), figure, pairs, names)
    figure.suptitle(finding(pairs, names), fontsize=8)
    return figure


def finding(pairs: pd.DataFrame, names: dict[tuple[str, ...], str]) -> str:
    """Return the similarity of the representations that are drawn, in words."""
    sides = [pairs[[f"{name}_{side}" for name in ("kind", *KEYS)]].itertuples(index=False, name=None) for side in "ab"]
    known = [(a, b, value) for a, b, value in zip(*sides, pairs["cka"], strict=True) if a in names and b in names]
    return alike([(a[0], b[0], value) for a, b, value in known if a != b])


def last_budgets(points: pd.DataFrame) -> dict[tuple[str, ...], str]:
    """Return key (kind, corpus, size, subset, seed, budget) to a short name: token counts, untrained, last budgets."""
    order = {"token_counts": 0, UNTRAINED: 1, PRETRAINED: 2}
    last = points[points["status"] == "ok"].drop_duplicates(["kind", *TRUNK], keep="last")
    last = last.assign(rank=last["kind"].map(order), number=last["size"].map(number_of))
    last = last.sort_values(["rank", "number"], kind="stable")
    main = in_order(last.loc[last["kind"] == PRETRAINED, "corpus"])[:1]
    return {tuple(row): short_name(row, main) for row in last[["kind", *KEYS]].itertuples(index=False)}


def number_of(size: str) -> float:
    """Return the number of parameters in the name of a size, NaN if there is none."""
    found = re.fullmatch(r"[\d.]+[kMG]?", scale_name(size))
    return float(found[0].rstrip("kMG")) * {"k": 1e3, "M": 1e6, "G": 1e9}.get(found[0][-1], 1) if found else math.nan


def short_name(row: tuple[str, ...], main: list[str]) -> str:
    """Return the size and the names that distinguish a representation from its neighbours in the matrix."""
    kind, corpus, size, subset, seed, _ = row
    if kind == "token_counts":
        return "token counts"
    if kind == UNTRAINED:
        return f"{scale_name(size)} untrained, seed {seed}"
    other = "" if corpus in main else f"{corpus_name(corpus)}, "
    return f"{scale_name(size)}, {other}{scale_name(subset)} molecules, seed {seed}"


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
    shown = axis.imshow(values, vmin=0.5, vmax=1, cmap="cividis")
    axis.set_xticks(range(len(place)), list(names.values()), fontsize=4.5, rotation=90)
    axis.set_yticks(range(len(place)), list(names.values()), fontsize=4.5)
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(shown, ax=axis, shrink=0.8)
    bar.set_label("CKA", fontsize=6)
    bar.outline.set_visible(False)
