"""Error against the number of labels, a panel per task, with 95 % intervals."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import GREY, SKY, Mark, marks
from clm.figures.style import legend_below, log_axis, no_data, panels
from clm.figures.tables import in_order
from clm.tables.columns import UNTRAINED
from clm.wording.names import baseline_name

TEXT = ("task", "model", "corpus", "size", "subset", "budget", "baseline", "metric")
NUMBERS = ("labels", "error", "lower", "upper")
COLUMNS = 3
OTHERS = {"forest": Mark(SKY, "v"), UNTRAINED: Mark(GREY, "x")}
TABLES = {"learning_curves": (TEXT, NUMBERS)}


def draw(curves: pd.DataFrame, units: dict[str, str]) -> Figure:
    """Draw one panel per task.

    Args:
        curves: columns TEXT and NUMBERS of learning_curves.csv.
        units: of the labels of each task.
    """
    tasks = in_order(curves["task"])
    coding = coding_of(curves)
    figure, axes = panels(len(tasks), COLUMNS, 2.2)
    for axis, task in zip(axes, tasks or [""], strict=True):
        rows = curves[(curves["task"] == task) & curves["error"].notna()]
        axis.set_title(task)
        if rows.empty:
            no_data(axis)
            continue
        draw_task(axis, rows, coding)
        unit = f" ({units[task]})" if units.get(task) else ""
        axis.set_ylabel("1 − AUC" if rows["metric"].iloc[0] == "auc" else f"RMSE{unit}", parse_math=False)
    texts = {row["model"]: in_words(row) for row in curves.drop_duplicates("model").to_dict("records")}
    legend_below(
        figure, [Line2D([], [], color=mark.color, marker=mark.marker, markersize=3.5, label=texts[name])
                 for name, mark in coding.items()], columns=2
    )  # fmt: skip
    return figure


def in_words(row: dict[str, str]) -> str:
    """Return what is written for a model."""
    if row["baseline"]:
        return baseline_name(row["baseline"])
    if row["corpus"] == UNTRAINED:
        return f"{row['size']}, untrained"
    return f"{row['size']}, {row['subset']} molecules of {row['corpus']}, {row['budget']} tokens"


def coding_of(curves: pd.DataFrame) -> dict[str, Mark]:
    """Return colour and marker of each model: pretrained ones as sizes are everywhere, the others apart."""
    models = curves.drop_duplicates("model")
    other = (models["baseline"] != "") | (models["corpus"] == UNTRAINED)
    coding = marks(models.loc[~other, "model"].tolist())
    for row in models[other].to_dict("records"):
        coding[row["model"]] = OTHERS["forest" if row["baseline"] else UNTRAINED]
    return coding


def draw_task(axis: Axes, rows: pd.DataFrame, coding: dict[str, Mark]) -> None:
    """Draw the curves of one task, models side by side so that their intervals stay apart."""
    for place, (name, mark) in enumerate(coding.items()):
        curve = rows[rows["model"] == name].sort_values("labels")
        at = curve["labels"] * 1.03 ** (place - len(coding) / 2)
        axis.plot(at, curve["error"], color=mark.color, marker=mark.marker, markersize=3)
        axis.vlines(at, curve["lower"], curve["upper"], color=mark.color, linewidth=0.6)
    axis.set_xlabel("labelled training molecules")
    log_axis(axis, "x")
    log_axis(axis, "y")
