"""Common style of all figures, and how they are saved: palette, sizes, fonts, legends, deterministic files."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from clm.figures.palette import GREY
from clm.provenance.files import atomic
from clm.wording.names import short_number

WIDTH = 7.0
LOSS_LABEL = "validation loss (nats per masked token)"
DECADES_FOR_125 = 2.0  # up to this range an axis has ticks at 1, 2 and 5 times a power of ten

STYLE = {
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.0,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so every machine draws the same
    "pdf.fonttype": 42,  # text stays text for journals and editors
    "svg.hashsalt": "clm",
}


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return a figure with a size in inches and automatic layout."""
    return Figure(figsize=(width, height), layout="constrained")


def panels(count: int, columns: int, panel_height: float, extra: float = 0.6) -> tuple[Figure, list[Axes]]:
    """Return a figure with at least one panel in rows of `columns`; unused positions stay blank."""
    count = max(count, 1)
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure = new_figure(rows * panel_height + extra)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for axis in axes[count:]:
        axis.remove()
    return figure, axes[:count]


def no_data(axis: Axes, reason: str = "no data") -> None:
    """Write inside a panel that there is nothing to draw."""
    axis.text(0.5, 0.5, reason, transform=axis.transAxes, ha="center", va="center", color=GREY)
    axis.set(xticks=[], yticks=[])


def legend_below(figure: Figure, handles: Sequence[Any], columns: int = 6) -> None:
    """Put one legend for all panels below them."""
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)), handlelength=1.6)


def spread(places: Sequence[float], gap: float, ends: tuple[float, float] = (0.0, 1.0)) -> list[float]:
    """Return ascending positions, moved as little as possible to be at least `gap` apart between two ends.

    If they do not fit, they extend beyond the lower end: titles are above a panel.
    """
    moved = [place - i * gap for i, place in enumerate(places)]
    blocks: list[list[float]] = []
    for value in moved:  # isotonic regression: neighbours in the wrong order share their mean
        blocks.append([value])
        while len(blocks) > 1 and sum(blocks[-2]) / len(blocks[-2]) > sum(blocks[-1]) / len(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    means = [sum(block) / len(block) for block in blocks for _ in block]
    low, high = ends[0], ends[1] - (len(places) - 1) * gap
    return [min(max(mean, low), high) + i * gap for i, mean in enumerate(means)]


def log_axis(axis: Axes, which: str, plain: bool = True) -> None:
    """Make an axis logarithmic; ranges below a decade get round ticks, since they may contain no power of ten."""
    getattr(axis, f"set_{which}scale")("log")
    line = getattr(axis, f"{which}axis")
    low, high = sorted(line.get_view_interval())
    if low <= 0 or not math.isfinite(high):
        return
    if high / low < 3 and plain:
        ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
        line.set_major_locator(FixedLocator(ticks))
    elif high / low < 10 and plain:
        line.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    elif high / low < 10**DECADES_FOR_125:
        line.set_major_locator(LogLocator(subs=(1, 2, 5)))
    line.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))
    line.set_minor_formatter(NullFormatter())


def write_figure(draw: Callable[[], Figure], pdf: Path, png: Path, dpi: int) -> None:
    """Draw in the style of the study and write PDF and PNG atomically.

    Creation dates and versions are omitted, so that equal tables give equal files.
    """
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **STYLE, "backend": "agg"}):
        figure = draw()
        with atomic(pdf) as temporary:
            figure.savefig(temporary, format="pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None})
        figure.set_layout_engine("none")  # keep the layout of the PDF
        with atomic(png) as temporary:
            figure.savefig(temporary, format="png", dpi=dpi, metadata={"Software": None})
