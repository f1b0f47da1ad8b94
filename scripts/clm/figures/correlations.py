"""Heat maps of Spearman correlations between predictors known before transfer and the score after it."""

import math

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from clm.figures.style import WIDTH, new_figure, no_data
from clm.figures.tables import in_order
from clm.tables.columns import FINE_TUNED, POOLED, PRIMARY
from clm.wording.names import mode_name, task_name
from clm.wording.predictors import predictor_name

TEXT = ("mode", "split", "features", "task", "predictor", "verdict")
NUMBERS = ("spearman", "p", "n_cells", "n_trunks")
SIGNIFICANT = 0.05
CROWDED = 22  # from this number of columns on, numbers are smaller; from half of it on, the figure is wider
WIDE, COLUMN = 8.8, 0.17  # inches: width of a wide figure, and of a column in which a number fits
COLORMAP = "PuOr"  # diverging, safe for the colour-blind (Brewer)
TABLES = {"correlations": (TEXT, NUMBERS)}


def draw(correlations: pd.DataFrame, split: str) -> Figure:
    """Draw one heat map per mode side by side: predictors down, tasks across, the pooled column last.

    Args:
        correlations: columns TEXT and NUMBERS of correlations.csv.
        split: the split shown.
    """
    primary = correlations["features"].isin([PRIMARY, ""]) | (correlations["mode"] == FINE_TUNED)
    rows = correlations[(correlations["split"] == split) & primary & correlations["spearman"].notna()]
    modes, predictors = in_order(rows["mode"]), in_order(rows["predictor"])
    widths = [rows.loc[rows["mode"] == mode, "task"].nunique() + 1 for mode in modes] or [8]
    width = WIDTH if sum(widths) <= CROWDED / 2 else max(WIDE, 2.6 + COLUMN * sum(widths))
    figure = new_figure(0.135 * len(predictors) + 1.3, width)
    axes = figure.subplots(1, len(widths), squeeze=False, width_ratios=widths, sharey=True)[0].tolist()
    if not modes:
        no_data(axes[0])
        return figure
    for axis, mode in zip(axes, modes, strict=True):
        image = draw_map(axis, rows[rows["mode"] == mode], predictors, 5 if sum(widths) <= CROWDED else 3.8)
        axis.set_title(title(mode, usual_trunks(rows[rows["mode"] == mode])))
    axes[0].set_yticks(range(len(predictors)), [predictor_name(name) for name in predictors])
    bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=30, pad=0.01)
    bar.set_label("Spearman ρ with the score")
    bar.outline.set_visible(False)
    return figure


def title(mode: str, trunks: float) -> str:
    """Return the mode in words and the usual number of trunks, if known."""
    name = mode_name(mode)
    return f"{name}\n(n = {trunks:.0f} pretraining runs)" if trunks > 0 else name


def draw_map(axis: Axes, rows: pd.DataFrame, predictors: list[str], size: float) -> AxesImage:
    """Draw one heat map: correlation, a star if p < .05, number of trunks in brackets if unusual."""
    tasks = [task for task in in_order(rows["task"]) if task != POOLED]
    tasks += [POOLED] if POOLED in set(rows["task"]) else []
    cells = rows.drop_duplicates(["task", "predictor"]).set_index(["predictor", "task"])
    grid = cells["spearman"].unstack().reindex(index=predictors, columns=tasks).to_numpy(dtype=float)
    colors = colormaps[COLORMAP].with_extremes(bad="#E6E6E6")
    image = axis.imshow(np.ma.masked_invalid(grid), cmap=colors, vmin=-1, vmax=1, aspect="auto")
    usual = usual_trunks(rows)
    for (predictor, task), cell in cells.iterrows():
        color = "white" if abs(cell["spearman"]) > 0.65 else "black"
        place = tasks.index(task), predictors.index(predictor)
        if cell["p"] < SIGNIFICANT:
            text = cell_text(cell, usual)
            fitting = size if "(" not in text else 0.75 * size
            axis.text(*place, text, ha="center", va="center", fontsize=fitting, color=color)
    names = ["all tasks" if task == POOLED else task_name(task) for task in tasks]
    axis.set_xticks(range(len(tasks)), names, rotation=40, ha="right", rotation_mode="anchor")
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    if POOLED in tasks:
        axis.axvline(len(tasks) - 1.5, color="white", linewidth=3)
    return image


def usual_trunks(rows: pd.DataFrame) -> float:
    """Return the most frequent number of trunks behind a correlation, NaN if unknown."""
    counts = rows["n_trunks"].dropna().mode()
    return float(counts.iloc[0]) if len(counts) else math.nan


def cell_text(cell: pd.Series, usual: float) -> str:
    """Return the text of a cell, such as "−.81 (12)": correlation, and number of trunks if unusual."""
    value = f"{cell['spearman']:.2f}".replace("0.", ".", 1).replace("-", "−")
    trunks = f" ({cell['n_trunks']:.0f})" if np.isfinite(cell["n_trunks"]) and cell["n_trunks"] != usual else ""
    return value + trunks
