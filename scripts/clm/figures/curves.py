"""Loss along random directions: one panel across trunks at their last budgets, one across the budgets of a trunk."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clm.figures.palette import BLACK, ramp
from clm.figures.style import new_figure, no_data
from clm.tables.columns import KEYS, TRUNK_KEYS
from clm.wording.names import corpus_name, scale_name

POINT_NUMBERS = ("a", "loss", "lower", "upper")
WIDTH_NUMBERS = ("loss", "landscape_width")
TRUNK = list(TRUNK_KEYS)
DASHES = ("-", "--", "-.", ":")  # from the last budget to the first
Key = tuple[str, ...]
TABLES = {"curves": (KEYS, POINT_NUMBERS), "widths": ((*KEYS, "status"), WIDTH_NUMBERS)}


def draw(curves: pd.DataFrame, widths: pd.DataFrame) -> Figure:
    """Draw the rise of the loss around the last checkpoint of each trunk, and around all of the trunk with most.

    Args:
        curves: columns KEYS and POINT_NUMBERS of curves.csv, budgets of a trunk in ascending order.
        widths: columns KEYS, status and WIDTH_NUMBERS of widths.csv.
    """
    figure = new_figure(2.6)
    left, right = figure.subplots(1, 2, sharey=True)
    known = curves.dropna(subset=["a", "loss"])
    told = widths.set_index(list(KEYS))["landscape_width"].to_dict()
    keys = list(dict.fromkeys(known[list(KEYS)].itertuples(index=False, name=None)))
    trunks: dict[Key, list[Key]] = {}
    for key in keys:
        trunks.setdefault(key[:4], []).append(key)
    last = {found[-1]: name_of(trunk, list(trunks)) for trunk, found in trunks.items()}
    draw_panel(left, known, last, told, [(color, "-") for color in ramp(len(last))])
    longest = max(trunks.values(), key=len, default=[])
    dashes = [(BLACK, DASHES[i % len(DASHES)]) for i in range(len(longest))][::-1]  # the ramp is for sizes
    draw_panel(right, known, {key: f"{scale_name(key[4])} tokens" for key in longest}, told, dashes)
    if keys:
        left.set(title="sizes, each at its last budget", ylabel="pretraining loss above checkpoint (nats)")
        right.set_title(
            f"budgets of one run: {scale_name(longest[0][1])} parameters, {scale_name(longest[0][2])} molecules"
        )
    return figure


def name_of(trunk: Key, others: list[Key]) -> str:
    """Return the size, and the other names in which the trunks differ."""
    differing = [i for i in (1, 0, 2, 3) if i == 1 or len({other[i] for other in others}) > 1]
    words = (
        corpus_name,
        lambda size: f"{scale_name(size)} parameters",
        lambda subset: f"{scale_name(subset)} molecules",
    )
    return ", ".join(f"seed {trunk[i]}" if i == 3 else words[i](trunk[i]) for i in differing)


def draw_panel(
    axis: Axes, curves: pd.DataFrame, names: dict[Key, str], widths: dict[Key, float], lines: list[tuple[str, str]]
) -> None:
    """Draw the median rise of each named checkpoint with its quartiles; `lines` are colours and dashes."""
    if not names:
        return no_data(axis)
    for (key, name), (color, dashes) in zip(names.items(), lines, strict=False):
        own = curves[(curves[list(KEYS)] == list(key)).all(axis=1)]
        base = own.loc[own["a"].abs().idxmin(), "loss"]
        found = widths.get(key, np.nan)
        label = f"{name}: width {found:.2f}" if np.isfinite(found) else f"{name}: width beyond reach"
        axis.fill_between(own["a"], own["lower"] - base, own["upper"] - base, color=color, alpha=0.15, linewidth=0)
        axis.plot(own["a"], own["loss"] - base, color=color, linestyle=dashes, label=label)
    axis.set_xlabel("step along a random direction (lengths of the weights)")
    axis.legend(fontsize=5.5, loc="upper center")
