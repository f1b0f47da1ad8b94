"""Published scores beside ours, a panel per task."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.errors import ALONE, MARKS, with_kinds
from clm.figures.palette import WINE, Mark
from clm.figures.style import no_data, panels
from clm.figures.tables import in_order
from clm.wording.names import baseline_name, mode_name, scale_name, task_name
from clm.wording.titles import best_here_and_published

TEXT = ("task", "metric", "origin", "model", "kind", "source")
NUMBERS = ("score", "lower", "upper")
ALL_MARKS = {"published": Mark(WINE, "^"), **MARKS}
TABLES = {"published": (TEXT, NUMBERS)}


def draw(scores: pd.DataFrame) -> Figure:
    """Draw one panel per task, a row per model, with published models on top and the number of their source.

    Args:
        scores: columns TEXT and NUMBERS of published.csv.
    """
    scores = with_kinds(scores)
    tasks = in_order(scores["task"])
    sources = in_order(scores.loc[scores["kind"] == "published", "source"])
    most = max((group["model"].nunique() for _, group in scores.groupby("task")), default=4)
    figure, axes = panels(len(tasks), 2, 0.6 + 0.13 * most)
    for axis, task in zip(axes, tasks or [""], strict=True):
        rows = scores[scores["task"] == task]
        told = best_here_and_published(rows) if len(rows) else ""
        axis.set_title("\n".join(filter(None, [task_name(task), told])))
        if rows.empty:
            no_data(axis, "no published score on this split")
            continue
        draw_task(axis, rows.reset_index(drop=True), sources)
    kinds = [kind for kind in ALL_MARKS if kind in set(scores["kind"])]
    handles = [Line2D([], [], linestyle="", color=ALL_MARKS[kind].color, marker=ALL_MARKS[kind].marker,
                      markersize=3.5, label=mode_name(kind)) for kind in kinds]  # fmt: skip
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), handlelength=1.6)
    cited = [f"[{number}] {source}" for number, source in enumerate(sources, start=1)]
    figure.supxlabel("\n".join(cited), fontsize=5, ha="left", x=0.01, parse_math=False)
    return figure


def draw_task(axis: Axes, rows: pd.DataFrame, sources: list[str]) -> None:
    """Draw the scores of one task: a row per published score and per model of ours, best published first."""
    auc = rows["metric"].iloc[0] == "auc"
    words = pd.Series([in_words(row, sources) for row in rows.to_dict("records")], index=rows.index)
    published = rows["kind"] == "published"
    first = words[published].loc[rows.loc[published, "score"].sort_values(ascending=not auc).index]
    places = {name: i for i, name in enumerate(dict.fromkeys([*first, *words[~published]]))}
    for place, (kind, mark) in enumerate(ALL_MARKS.items()):
        chosen = rows[rows["kind"] == kind]
        shift = 0.0 if kind in ("published", *ALONE) else 0.16 * (place - 2.5)
        at = words[chosen.index].map(places).astype(float) + shift
        axis.hlines(at, chosen["lower"], chosen["upper"], color=mark.color, linewidth=0.7)
        axis.scatter(chosen["score"], at, color=mark.color, marker=mark.marker, s=11, linewidth=0.8, zorder=3)
    axis.set_yticks(range(len(places)), list(places), fontsize=5, parse_math=False)
    axis.set_ylim(len(places) - 0.4, -0.6)
    axis.set_xlabel("AUC (right is better)" if auc else "RMSE, units of the label (left is better)")


def in_words(row: dict[str, str], sources: list[str]) -> str:
    """Return the name of a model, published ones with the number of their source."""
    cited = f" [{sources.index(row['source']) + 1}]" if row["kind"] == "published" and row["source"] else ""
    if row["kind"] in ("published", *ALONE):
        return baseline_name(row["model"]) + cited
    return f"ours, {scale_name(row['model'])}"
