"""Error against the number of labels, a panel per task, with 95 % intervals."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clm.figures.palette import GREY, SKY, Mark, marks
from clm.figures.style import log_axis, no_data, panels, spread
from clm.figures.tables import in_order
from clm.tables.columns import UNTRAINED
from clm.wording.names import baseline_name, scale_name, task_name
from clm.wording.titles import lowest_at_most_labels

TEXT = ("task", "model", "corpus", "size", "subset", "budget", "baseline", "metric")
NUMBERS = ("labels", "error", "lower", "upper")
COLUMNS = 2
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
    figure, axes = panels(len(tasks), COLUMNS, 2.3)
    for axis, task in zip(axes, tasks or [""], strict=True):
        rows = curves[(curves["task"] == task) & curves["error"].notna()]
        axis.set_title("\n".join(filter(None, [task_name(task), finding(rows)])), fontsize=6.5)
        if rows.empty:
            no_data(axis)
            continue
        draw_task(axis, rows, coding)
        label_ends(axis, rows, coding)
        unit = f" ({units[task]})" if units.get(task) else ""
        axis.set_ylabel("1 − AUC" if rows["metric"].iloc[0] == "auc" else f"RMSE{unit}", parse_math=False)
    return figure


def finding(rows: pd.DataFrame) -> str:
    """Return the model with the lowest error at the end."""
    models = rows.drop_duplicates("model").to_dict("records")
    names = {row["model"]: in_words(row, "" if row["baseline"] else " parameters") for row in models}
    return lowest_at_most_labels(rows, names)


def in_words(row: dict[str, str], unit: str = "") -> str:
    """Return the label of a model; the unit follows its size."""
    if row["baseline"]:
        return baseline_name(row["baseline"])
    if row["corpus"] == UNTRAINED:
        return f"{scale_name(row['size'])}{unit}, untrained"
    return f"{scale_name(row['size'])}{unit}, {scale_name(row['budget'])} tokens"


def coding_of(curves: pd.DataFrame) -> dict[str, Mark]:
    """Return colour and marker of each model: sizes as in all figures for pretrained ones, others for the rest."""
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


def label_ends(axis: Axes, rows: pd.DataFrame, coding: dict[str, Mark]) -> None:
    """Label each curve at its right end; labels are moved apart where they would overlap."""
    last = rows.sort_values("labels").drop_duplicates("model", keep="last").sort_values("error")
    ends = np.log(axis.get_ylim())
    places = spread([(math.log(error) - ends[0]) / (ends[1] - ends[0]) for error in last["error"]], 0.06)
    for row, place in zip(last.to_dict("records"), places, strict=True):
        axis.annotate(in_words(row), (1, place), (3, 0), xycoords="axes fraction", textcoords="offset points",
                      fontsize=5.5, color=coding[row["model"]].color, va="center", annotation_clip=False)  # fmt: skip
