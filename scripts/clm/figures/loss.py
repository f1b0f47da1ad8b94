"""Validation loss against parameters N, tokens D and compute C, with the fitted laws."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLACK, GREY, PALE, Mark, marks
from clm.figures.style import LOSS_LABEL, legend_below, log_axis, new_figure, no_data
from clm.figures.tables import by_size, in_order
from clm.tables.columns import UNTRAINED
from clm.wording.names import changed, corpus_name, scale_name, short_number

TEXT = ("corpus", "size", "subset", "seed", "budget", "status")
NUMBERS = ("parameters", "tokens", "molecules", "epochs", "flops", "loss")
FIT_TEXT = ("axis", "corpus", "form", "parameter", "status", "note")
FIT_NUMBERS = ("estimate", "lower", "upper")
STATUS = {"too_few": "not fitted, too few points"}
TABLES = {"runs": (TEXT, NUMBERS), "fits": (FIT_TEXT, FIT_NUMBERS)}


class Panel(NamedTuple):
    """One axis of scale."""

    axis: str
    column: str
    label: str


PANELS = (
    Panel("N", "parameters", "non-embedding parameters N"),
    Panel("D", "tokens", "tokens seen D"),
    Panel("C", "flops", "training compute C (FLOPs)"),
)


def draw(runs: pd.DataFrame, fits: pd.DataFrame) -> Figure:
    """Draw a row of three panels for each corpus that has at least two trunks (all corpora when none has).

    Args:
        runs: columns TEXT and NUMBERS of runs.csv.
        fits: columns FIT_TEXT and FIT_NUMBERS of fits.csv.
    """
    trained = runs[runs["corpus"] != UNTRAINED]
    corpora = rows_of(trained)
    coding = marks(by_size(trained, "size", "parameters"))
    figure = new_figure(2.0 * max(len(corpora), 1) + 0.55)
    grid = figure.subplots(max(len(corpora), 1), len(PANELS), squeeze=False)
    for axes, corpus in zip(grid, corpora or [""], strict=True):
        rows = trained[trained["corpus"] == corpus]
        for axis, panel in zip(axes, PANELS, strict=True):
            draw_panel(axis, panel, rows, fits[fits["corpus"].isin([corpus, ""])], coding)
        axes[0].set_ylabel(
            f"validation loss on {corpus_name(corpus)}\n(nats per masked token)" if corpus else LOSS_LABEL
        )
    legend_below(figure, legend(trained, coding), columns=5)
    return figure


def rows_of(trained: pd.DataFrame) -> list[str]:
    """Return the corpora that get a row of panels."""
    trunks = trained.groupby("corpus")[["size", "subset", "seed"]].apply(lambda rows: len(rows.drop_duplicates()))
    names = in_order(trained["corpus"])
    return [name for name in names if trunks[name] > 1] or names


def draw_panel(axis: Axes, panel: Panel, rows: pd.DataFrame, fits: pd.DataFrame, coding: dict[str, Mark]) -> None:
    """Draw all checkpoints of a corpus over one axis of scale, and the fit."""
    axis.set_xlabel(panel.label)
    ok = rows[(rows["status"] == "ok") & (rows["loss"] > 0) & (rows[panel.column] > 0)]
    if ok.empty:
        return no_data(axis)
    guide(axis, panel, ok)
    area = {name: 9 + 9 * i for i, name in enumerate(by_size(ok, "subset", "molecules"))}
    for (size, subset, repeated), cells in ok.groupby(["size", "subset", ok["epochs"] > 1]):
        mark = coding[size]
        face = "none" if repeated else mark.color
        axis.scatter(
            cells[panel.column], cells["loss"], s=area.get(subset, 12), marker=mark.marker,
            facecolor=face, edgecolor=mark.color, linewidth=0.7, zorder=3,
        )  # fmt: skip
    draw_fit(axis, panel, ok, fits[fits["axis"] == panel.axis])
    log_axis(axis, "x", plain=False)
    log_axis(axis, "y")
    failed = rows[(rows["status"] != "ok") & (rows[panel.column] > 0)]
    if failed.empty:  # an empty line outside the data has no extent, and the layout breaks
        return
    axis.plot(
        failed[panel.column], np.full(len(failed), 0.97), "x", color=BLACK, markersize=4,
        transform=axis.get_xaxis_transform(), clip_on=False,
    )  # fmt: skip


def guide(axis: Axes, panel: Panel, ok: pd.DataFrame) -> None:
    """Connect checkpoints that differ in this axis alone: sizes at the largest data, budgets of a size."""
    largest = ok[ok["subset"] == by_size(ok, "subset", "molecules")[-1]]
    if panel.axis == "N":
        groups = largest.groupby("budget")
    elif panel.axis == "D":
        groups = largest.groupby("size")
    else:
        return
    for _, cells in groups:
        means = cells.groupby(panel.column)["loss"].mean()
        axis.plot(means.index, means.to_numpy(), color=PALE, linewidth=0.7, zorder=1)


def draw_fit(axis: Axes, panel: Panel, ok: pd.DataFrame, fits: pd.DataFrame) -> None:
    """Draw the fitted law, with its exponent and interval in words; state when a floor is not identified."""
    lines = []
    for form, dashes in (("power", "-"), ("power_floor", "--")):
        found = fits[fits["form"] == form].drop_duplicates("parameter").set_index("parameter")
        if found.empty:
            continue
        status = found["status"].iloc[0]
        x = np.geomspace(ok[panel.column].min(), ok[panel.column].max(), 60)
        curve = law(found["estimate"].to_dict(), x)
        if status == "ok" and curve is not None and panel.axis != "C":  # the law of C is of the envelope alone
            axis.plot(x, curve, dashes, color=BLACK, linewidth=1.0, zorder=2)
        lines.append(words(form, status, found))
    axis.set_title("\n".join(lines), fontsize=5.5, loc="left", linespacing=1.3, pad=7)


def law(values: dict[str, float], x: np.ndarray) -> np.ndarray | None:
    """Return E + A / x^a at x, with E = 0 when the form has no floor, or None without A and a."""
    if not all(np.isfinite(values.get(name, np.nan)) for name in ("A", "a")):
        return None
    return values.get("E", 0.0) + values["A"] / x ** values["a"]


def words(form: str, status: str, found: pd.DataFrame) -> str:
    """Return a fit in few words: a title wider than its panel would squeeze the panels.

    The fall per doubling, 1 - 2^-a for a power law, comes first.
    """
    name = {"power": "exponent", "power_floor": "with a floor: exponent"}[form]
    if status != "ok":
        return f"{name} {STATUS.get(status, status.replace('_', ' '))}"
    if "a" not in found.index:
        return name
    row = found.loc["a"]
    upper = f"{row['upper']:.3f}]" if np.isfinite(row["upper"]) else "∞)"  # the profile is unbounded on that side
    told = f"{name} {row['estimate']:.3f} [{row['lower']:.3f}, {upper}"
    if form != "power" or not np.isfinite(row["upper"]):
        return told
    return f"loss {changed(*(1 - 2 ** -row[end] for end in ('estimate', 'lower', 'upper')))} per doubling\n{told}"


def legend(trained: pd.DataFrame, coding: dict[str, Mark]) -> list[Line2D]:
    """Return legend handles: sizes by marker, subsets by area, repeated data hollow, diverged runs crossed, fits."""
    size_of = trained.groupby("size")["parameters"].median()
    handles = [
        Line2D(
            [], [], linestyle="", marker=m.marker, color=m.color, markersize=4, label=f"N = {short_number(size_of[s])}"
        )
        for s, m in coding.items()
    ]
    for i, name in enumerate(by_size(trained, "subset", "molecules")):
        handles.append(dot((9 + 9 * i) ** 0.5, f"{scale_name(name)} molecules", GREY))
    handles.append(Line2D([], [], linestyle="", marker="o", color=GREY, markerfacecolor="none", markersize=4,
                          label="hollow: data repeated"))  # fmt: skip
    if (trained["status"] != "ok").any():
        handles.append(Line2D([], [], linestyle="", marker="x", color=BLACK, markersize=4, label="diverged"))
    handles.append(Line2D([], [], color=BLACK, label="fit (dashed: with floor)"))
    return handles


def dot(size: float, label: str, color: str) -> Line2D:
    """Return a round legend handle of a size in points."""
    return Line2D([], [], linestyle="", marker="o", color=color, markersize=size, label=label)
