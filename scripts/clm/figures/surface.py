"""Loss surfaces around trained models."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from clm.figures.style import LOSS_LABEL, no_data, panels
from clm.figures.tables import read_table
from clm.wording.names import corpus_name, scale_name

SURFACE_NUMBERS = ("a", "b", "loss")


def read(*surfaces: Path) -> list[dict[str, pd.DataFrame]]:
    """Return {title: surface}."""
    return [{surface_title(path): read_table(path, (), SURFACE_NUMBERS) for path in surfaces}]


def surface_title(path: Path) -> str:
    """Return the title of a surface from its path .../{corpus}/{size}/{subset}/seed{seed}/{budget}.csv."""
    corpus, size, subset, seed = path.parts[-5:-1] if len(path.parts) > 4 else ("", "", "", "")
    told = f"{corpus_name(corpus)}, {scale_name(size)} parameters,\n{scale_name(subset)} molecules, "
    told += f"{scale_name(path.stem)} tokens, "
    return told + seed.replace("seed", "seed ")


def draw(surfaces: dict[str, pd.DataFrame]) -> Figure:
    """Draw contours of each surface (columns a, b, loss), titled by its key; the cross is the trained model."""
    figure, axes = panels(len(surfaces), min(3, max(len(surfaces), 1)), 2.4, extra=0.2)
    figure.set_size_inches(2.6 * min(3, len(axes)) + 0.7, figure.get_size_inches()[1])
    for axis, (title, surface) in zip(
        axes, (surfaces or {"": pd.DataFrame(columns=SURFACE_NUMBERS)}).items(), strict=True
    ):
        axis.set_title(title)
        draw_surface(axis, figure, surface)
    return figure


def draw_surface(axis: Axes, figure: Figure, surface: pd.DataFrame) -> None:
    """Draw one surface; contours are spaced evenly in log loss, so that both the basin and its walls are visible."""
    grid = surface.drop_duplicates(["a", "b"]).pivot(index="b", columns="a", values="loss").astype(float)
    finite = grid.to_numpy()[np.isfinite(grid.to_numpy())]
    if min(grid.shape) < 2 or not len(finite) or finite.min() <= 0 or finite.max() / finite.min() < 1 + 1e-9:
        return no_data(axis)
    levels = np.geomspace(finite.min(), finite.max(), 16)
    values = np.ma.masked_invalid(grid.to_numpy())
    filled = axis.contourf(grid.columns, grid.index, values, levels=levels, norm=LogNorm(), cmap="cividis")
    lines = axis.contour(grid.columns, grid.index, values, levels=levels[1::3], colors="white", linewidths=0.5)
    axis.clabel(lines, fmt="%.3g", fontsize=5)
    axis.plot(0, 0, "+", color="white", markersize=6, markeredgewidth=1.2)
    axis.set(xlabel="direction 1 (filter norms)", ylabel="direction 2 (filter norms)", aspect="equal")
    bar = figure.colorbar(filled, ax=axis, shrink=0.85, ticks=levels[::5], format="%.3g")
    bar.set_label(LOSS_LABEL, fontsize=6)
    bar.outline.set_visible(False)
