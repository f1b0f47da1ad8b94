"""Forest plots over several studies: gain of the error per doubling of each axis, and elasticity, a row per study."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from clm.figures.gains import NUMBERS, OFFSET, THRESHOLD, forest, legend
from clm.figures.palette import BLACK
from clm.figures.style import legend_below, new_figure
from clm.tables.columns import POOLED
from clm.wording.names import AXES

SCALES = ("D", "N", "U")
ELASTICITY = "elasticity"


def draw(studies: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Draw the results of each study over its tasks and splits, the first study on top.

    Args:
        studies: claims of claims.json by the name of the study.
    """
    rows, names = pooled(studies), list(studies)
    along, slopes = rows[rows["axis"] != ELASTICITY].copy(), rows[rows["axis"] == ELASTICITY]
    along[list(NUMBERS)] *= 100
    figure = new_figure(max(1.0, 0.3 * len(names)) + 0.9)
    axes = figure.subplots(1, len(SCALES) + 1, sharey=True)
    for axis, name in zip(axes[:-1], SCALES, strict=True):
        forest(axis, along[along["axis"] == name], names, ends(along))
        axis.axvline(THRESHOLD, color=BLACK, linestyle="--", linewidth=0.7, zorder=0)
        axis.set(xlabel="lower error per doubling (%)", title=AXES[name])
    forest(axes[-1], slopes, names, ends(slopes))
    axes[-1].set(xlabel="d log error / d log loss", title=ELASTICITY)
    axes[-1].xaxis.set_major_locator(MaxNLocator(4))
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.4, -0.6)
    legend_below(figure, legend(along, slopes), columns=5)
    return figure


def ends(rows: pd.DataFrame) -> tuple[float, float]:
    """Return a range that contains every interval, and zero."""
    found = pd.concat([rows["lower"], rows["upper"]]).dropna().tolist()
    low, high = min([0.0, *found]), max([0.0, *found])
    margin = 0.05 * (high - low or 1.0)
    return low - margin, high + margin


def pooled(studies: Mapping[str, Sequence[Mapping[str, Any]]]) -> pd.DataFrame:
    """Return the gains pooled over tasks and splits: axis, mode, task (the study), gain, lower, upper, verdict."""
    found = []
    for study, claims in studies.items():
        known = {claim["id"]: claim for claim in claims}
        for axis, mode in ((axis, mode) for axis in (*SCALES, ELASTICITY) for mode in OFFSET):
            if claim := known.get(f"headline.{axis}.{mode}.{POOLED}"):
                numbers = dict(zip(NUMBERS, (claim["effect"], claim["lower"], claim["upper"]), strict=True))
                found.append({"axis": axis, "mode": mode, "task": study, "verdict": claim["verdict"]} | numbers)
    table = pd.DataFrame(found, columns=["axis", "mode", "task", "verdict", *NUMBERS])
    return table.astype(dict.fromkeys(NUMBERS, float))
