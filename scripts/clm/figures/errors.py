"""Errors of every size and baseline on one task with 95 % intervals, a panel per split."""

import re
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clm.figures.palette import BLUE, GREY, SKY, VERMILLION, WINE, Mark
from clm.figures.style import legend_below, no_data, panels
from clm.figures.tables import in_order
from clm.tables.columns import BASELINE, FINE_TUNED, LINEAR_PROBE, UNTRAINED
from clm.tables.frames import read_table
from clm.tables.scores import task_scores
from clm.wording.names import ELSEWHERE, kind_of, mode_name, model_name, split_name

MARKS = {
    LINEAR_PROBE: Mark(BLUE, "o"),
    FINE_TUNED: Mark(VERMILLION, "D"),
    UNTRAINED: Mark(GREY, "x"),
    f"{FINE_TUNED}, {UNTRAINED}": Mark(GREY, "P"),
    BASELINE: Mark(SKY, "s"),
    ELSEWHERE: Mark(WINE, "v"),
}
COLUMNS = 3  # of panels
ALONE = (BASELINE, ELSEWHERE)  # each has a row of its own


def read(*tables: Path) -> list[pd.DataFrame]:
    """Return transfer.csv and runs.csv."""
    return [read_table(path) for path in tables]


def draw(transfer: pd.DataFrame, runs: pd.DataFrame, corpus: str, task: str, units: str) -> Figure:
    """Draw one panel per split, a row per model, lowest error on top.

    Args:
        transfer: transfer.csv.
        runs: runs.csv.
        corpus: whose checkpoints are shown.
        task: the task.
        units: of its label.
    """
    scores = task_scores(transfer, runs, corpus, task)
    scores = with_kinds(scores[scores["error"].notna()])
    splits = in_order(scores["split"].astype(str))
    first = scores[scores["split"] == splits[0]] if splits else scores
    rows = in_order(pd.concat([first.sort_values("error", kind="stable"), scores])["model"])
    words = {model: row_name(scores[scores["model"] == model].iloc[0]) for model in rows}
    figure, axes = panels(len(splits), COLUMNS, 0.6 + 0.22 * max(len(rows), 3))
    for number, (axis, split) in enumerate(zip(axes, splits or [""], strict=True)):
        axis.set_title(f"{split_name(split)} split" if split else "")
        if not split:
            no_data(axis)
            continue
        draw_split(axis, scores[scores["split"] == split], words)
        if number % COLUMNS:  # every panel has the same rows, so their names are written once
            axis.set_yticklabels([])
        auc = scores["metric"].iloc[0] == "auc"
        axis.set_xlabel("1 − AUC" if auc else f"RMSE ({units})" if units else "RMSE", parse_math=False)
    kinds = [kind for kind in MARKS if kind in set(scores["kind"])]
    legend_below(figure, [Line2D([], [], linestyle="", color=MARKS[kind].color, marker=MARKS[kind].marker,
                                 markersize=3.5, label=mode_name(kind)) for kind in kinds])  # fmt: skip
    return figure


def row_name(score: pd.Series) -> str:
    """Return the name of a row: "800k parameters", or the name of a baseline or external model."""
    size = score["kind"] not in ALONE and re.fullmatch(r"[\d.]+[kMG]?", score["words"])
    return f"{score['words']} parameters" if size else score["words"]


def with_kinds(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores in which external models have their own kind, with `words`, the label of each model."""
    pairs = list(zip(scores["kind"].astype(str), scores["model"].astype(str), strict=True))
    return scores.assign(kind=[kind_of(*pair) for pair in pairs], words=[model_name(m, k) for k, m in pairs])


def shift_of(kind: str) -> float:
    """Return the offset of the marks of a kind from the middle of their row, in rows."""
    return 0.0 if kind in ALONE else 0.15 * (list(MARKS).index(kind) - 2)


def draw_split(axis: Axes, scores: pd.DataFrame, words: dict[str, str]) -> None:
    """Draw the models of one split, a row for each of `words`; kinds of one size are shifted to stay apart."""
    rows = list(words)
    for kind, mark in MARKS.items():
        chosen = scores[scores["kind"] == kind]
        at = [rows.index(model) + shift_of(kind) for model in chosen["model"]]
        axis.hlines(at, chosen["lower"], chosen["upper"], color=mark.color, linewidth=0.7)
        axis.scatter(chosen["error"], at, color=mark.color, marker=mark.marker, s=12, linewidth=0.8, zorder=3)
    axis.set_yticks(range(len(rows)), list(words.values()), parse_math=False)
    axis.set_ylim(len(rows) - 0.4, -0.6)
