"""Downstream error against pretraining loss, a panel per task, with intervals and baselines."""

import math
import textwrap
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import GREY, SKY, WINE, Mark, marks
from clm.figures.style import legend_below, log_axis, no_data, panels
from clm.figures.tables import by_size, in_order, main_corpus, read_table
from clm.figures.trends import draw_trend, exemplary, probed_points, rank_correlation
from clm.tables.columns import ENCODER_MODES, FINE_TUNED, KEYS, LINEAR_PROBE, PRIMARY, UNTRAINED
from clm.tables.panels import primary_labels
from clm.wording.names import baseline_name, corpus_name, short_number, task_name

TEXT = (
    "mode", "corpus", "size", "subset", "seed", "budget", "baseline",
    "task", "split", "features", "label", "metric", "status",
)  # fmt: skip
NUMBERS = ("error", "lower", "upper")
RUN_TEXT = (*KEYS, "status")
TASK_TEXT = ("task", "metric", "units")
COLUMNS = 4
# Colour and dashes of horizontal lines
LINES = {
    "ecfp_forest": (SKY, "-"),
    "ecfp_boosting": (SKY, ":"),
    "token_counts": (SKY, "--"),
    "descriptor_linear": (SKY, "-."),
    "combined_forest": (SKY, (0, (5, 1, 1, 1, 1, 1))),
    "combined_boosting": (SKY, (0, (1, 3))),
    UNTRAINED: (GREY, "-."),
    "dmpnn": (SKY, (0, (8, 2))),
    "attentive_fp": (SKY, (0, (8, 2, 2, 2))),
    "graph_conv": (SKY, (0, (3, 3))),
    "mpnn": (SKY, (0, (2, 2))),
}
# Dashes of external models and embeddings, under the names that the study gives them
DASHES = ("-", "--", "-.", ":")


def draw(transfer: pd.DataFrame, runs: pd.DataFrame, tasks: pd.DataFrame, split: str, most: int = COLUMNS) -> Figure:
    """Draw one panel per task, sorted by the rank correlation of the loss with the error of linear probes.

    If there are more than `most` tasks, control tasks are left out and the others are sampled evenly in that order,
    including the first and the last.

    Args:
        transfer: columns TEXT and NUMBERS of transfer.csv.
        runs: result of `read_runs`.
        tasks: columns TASK_TEXT of tasks.csv; its order is the order of the panels.
        split: the split shown.
        most: number of panels.
    """
    scored = transfer["status"].isin(("ok", "no_signal")) & (transfer["split"] == split) & transfer["error"].notna()
    ok = primary_labels(transfer[scored])
    corpus = main_corpus(runs)
    coding = marks(by_size(runs[runs["corpus"] != UNTRAINED], "size", "parameters"))
    follows = {task: rank_correlation(ok[ok["task"] == task], runs, corpus) for task in in_order(tasks["task"])}
    names = exemplary(follows, most)
    figure, axes = panels(len(names), COLUMNS, 1.7 if len(names) <= COLUMNS else 1.45, extra=0.75)
    for axis, task in zip(axes, names or [""], strict=True):
        axis.set_title(title(task, follows.get(task, float("nan"))), fontsize=6.3)
        draw_task(axis, ok[ok["task"] == task], runs, coding, corpus)
        axis.set_ylabel(error_label(task, ok, tasks), fontsize=6, parse_math=False)
    for axis in axes[-COLUMNS:]:
        axis.set_xlabel(f"loss on {corpus_name(corpus) or 'the corpus'}\n(nats per masked token)", fontsize=6)
    legend_below(figure, legend(runs, coding, corpus, ok), columns=4)
    return figure


def title(task: str, correlation: float) -> str:
    """Return the task with the rank correlation of loss and error."""
    if not math.isfinite(correlation):
        return task_name(task)
    told = f"{correlation:.2f}".replace("-", "−")  # a minus sign, as on the axes
    return f"{task_name(task)}\nρ = {told}"


def read(transfer: Path, runs: Path, tasks: Path) -> list[pd.DataFrame]:
    """Return the data to draw from transfer.csv, runs.csv and tasks.csv."""
    return [read_table(transfer, TEXT, NUMBERS), read_runs(runs), read_table(tasks, TASK_TEXT, ())]


def read_runs(path: Path) -> pd.DataFrame:
    """Return names, status, `parameters` and `common` of runs.csv, the loss of all models on one validation set.

    It is the validation set of the main corpus, since losses on different corpora cannot share an axis.
    """
    corpus = main_corpus(read_table(path, RUN_TEXT, ()))
    runs = read_table(path, RUN_TEXT, ("parameters", "loss", f"loss_{corpus}"))
    runs["common"] = runs[f"loss_{corpus}"].where(runs["corpus"] != corpus, runs["loss"])
    return runs


def error_label(task: str, rows: pd.DataFrame, tasks: pd.DataFrame) -> str:
    """Return the name of the error of a task with its units."""
    described = tasks[tasks["task"] == task]
    metric = next(iter(in_order(pd.concat([described["metric"], rows.loc[rows["task"] == task, "metric"]]))), "")
    if metric == "auc":
        return "1 − AUC"
    units = next(iter(in_order(described["units"])), "")
    return "\n".join(textwrap.wrap(f"RMSE ({units})" if units else "RMSE", 22)[:2])


def draw_task(axis: Axes, rows: pd.DataFrame, runs: pd.DataFrame, coding: dict[str, Mark], corpus: str) -> None:
    """Draw linear probes (filled) and fine-tuned models (hollow) of one task, and the baselines as lines."""
    draw_lines(axis, rows)
    trained = rows[rows["corpus"] != UNTRAINED]
    drawn = 0
    for mode in ENCODER_MODES:
        cells = trained[(trained["mode"] == mode) & (trained["features"].isin([PRIMARY, ""]) | (mode == FINE_TUNED))]
        points = cells.groupby([*KEYS], as_index=False)[["error", "lower", "upper"]].mean()
        points = points.merge(runs[[*KEYS, "common"]], on=list(KEYS))
        points = points[points["common"] > 0]
        drawn += len(points)
        axis.vlines(points["common"], points["lower"], points["upper"], color="#D5D5D5", linewidth=0.5, zorder=1)
        for (size, other), group in points.groupby(["size", points["corpus"] != corpus]):
            mark = Mark(GREY, "+" if mode == LINEAR_PROBE else "x") if other else coding[size]
            face = (
                {} if other else {"facecolor": mark.color if mode == LINEAR_PROBE else "white", "edgecolor": mark.color}
            )
            axis.scatter(
                group["common"], group["error"], s=7 if mode == LINEAR_PROBE else 11, marker=mark.marker,
                linewidth=0.6, zorder=3, **(face or {"color": mark.color}),
            )  # fmt: skip
    if not drawn and rows.empty:
        no_data(axis)
    if drawn:
        draw_trend(axis, probed_points(trained[trained["corpus"] == corpus], runs))
        log_axis(axis, "x")


def draw_lines(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw a horizontal line for each baseline: the mean over its seeds; untrained: the median over sizes."""
    untrained = rows[(rows["corpus"] == UNTRAINED) & (rows["mode"] == LINEAR_PROBE) & (rows["features"] == PRIMARY)]
    for name, (color, dashes) in lines_of(rows).items():
        errors = untrained["error"] if name == UNTRAINED else rows.loc[rows["baseline"] == name, "error"]
        if len(errors):
            level = errors.median() if name == UNTRAINED else errors.mean()
            axis.axhline(level, color=color, linestyle=dashes, linewidth=0.8, zorder=2)


def lines_of(rows: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return colour and dashes of the entries of LINES that occur, then of each baseline with its own name."""
    present = {*rows["baseline"], *rows["corpus"]}
    others = sorted(set(rows["baseline"]) - {*LINES, ""})
    named = {name: (WINE, DASHES[i % len(DASHES)]) for i, name in enumerate(others)}
    return {name: line for name, line in LINES.items() if name in present} | named


def legend(runs: pd.DataFrame, coding: dict[str, Mark], corpus: str, rows: pd.DataFrame) -> list[Line2D]:
    """Return legend handles: sizes, modes, other corpora, baselines that occur."""
    size_of = runs.groupby("size")["parameters"].median()
    handles = [
        Line2D(
            [],
            [],
            linestyle="",
            marker=m.marker,
            color=m.color,
            markersize=3.5,
            label=f"N = {short_number(size_of[s])}",
        )
        for s, m in coding.items()
    ]
    handles.append(Line2D([], [], linestyle="", marker="o", color=GREY, markersize=3.5, label="filled: linear probe"))
    handles.append(Line2D([], [], linestyle="", marker="o", color=GREY, markerfacecolor="white", markersize=3.5,
                          label="hollow: fine-tuned"))  # fmt: skip
    if set(in_order(runs["corpus"])) - {corpus, UNTRAINED}:
        handles.append(
            Line2D([], [], linestyle="", marker="+", color=GREY, markersize=4, label="other corpus (fine-tuned: ×)")
        )
    for name, (color, dashes) in lines_of(rows).items():
        text = "untrained encoder (median)" if name == UNTRAINED else baseline_name(name)
        handles.append(Line2D([], [], color=color, linestyle=dashes, label=text))
    return handles
