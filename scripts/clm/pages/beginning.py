"""The shared beginning of README, report and findings: question, answer, table, consequences, strength."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clm.pages.marked import BEGIN, END
from clm.pages.protocols import protocol_lines
from clm.pages.summary import ablation_counts
from clm.statistics.verdicts import DEGRADED, IMPROVING, NO_RELEVANT_GAIN, SATURATED
from clm.tables.columns import PRIMARY, UNTRAINED
from clm.wording.headline import LOWERED, MODES, SCALES, answer, error_words, finer, loss_words, pooled
from clm.wording.names import AXES, listed, mode_name, percent, short_number
from clm.wording.sensitivity import sight

QUESTION = (
    "When a chemical language model is pretrained with more tokens, more parameters or more molecules, does the error "
    "of molecular property prediction fall with the pretraining loss?"
)
SIGHT = "Can this study see a gain?"
ALT = "Loss and errors relative to the smallest scale, along tokens, parameters and molecules"
HEAD = ("per doubling of", "fall of the pretraining loss", *(f"fall of the error, {mode_name(mode)}" for mode in MODES))
HEAD += tuple(f"tasks helped / not helped / open, {mode_name(mode)}" for mode in MODES)


@dataclass(frozen=True)
class Beginning:
    """The first statements for a reader.

    Attributes:
        sight: whether the study can detect a gain.
        answer: a sentence on the loss and one per mode of transfer.
        scope: the ranges for which they hold.
        table: rows of HEAD.
        so_what: what to use.
        strength: how strong the evidence is.
    """

    sight: str
    answer: list[str]
    scope: str
    table: list[tuple[str, ...]]
    so_what: list[str]
    strength: list[str]


def beginning(frame: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> Beginning:
    """Return the beginning from tables.

    Args:
        frame: headline, sensitivity, saturation, relative_errors, runs, ablation.
        settings: `corpus`, `aggregate` (tasks that count), `split` (of counts and of the comparison), `gain_margin`.
    """
    headline, margin = frame["headline"], settings["gain_margin"]
    return Beginning(
        sight(frame["sensitivity"]),
        answer(headline, margin),
        scope(frame["runs"], settings["corpus"], len(settings["aggregate"])),
        [table_row(axis, headline, frame["saturation"], settings) for axis in SCALES],
        so_what(headline, frame["relative_errors"], settings),
        [*strength(frame["runs"], settings["corpus"]), *stability(frame["ablation"])],
    )


def scope(runs: pd.DataFrame, corpus: str, tasks: int) -> str:
    """Return the ranges of what was pretrained, and the number of tasks."""
    trained = runs[(runs["corpus"] == corpus) & (runs["status"] == "ok")]
    if trained.empty:
        return "No pretraining run ended well."
    told = [f"{spanned(trained[column])} {word}" for column, word in
            (("parameters", "parameters"), ("molecules", "molecules"), ("tokens", "tokens"))]  # fmt: skip
    return f"This holds for encoders of {told[0]}, pretrained on {told[1]} for {told[2]}, and for {tasks} tasks."


def spanned(values: pd.Series) -> str:
    """Return the range of values: "60k to 800k"."""
    ends = [short_number(float(f"{value:.2g}")) for value in (values.min(), values.max())]
    return " to ".join(dict.fromkeys(ends))


def table_row(
    axis: str, headline: pd.DataFrame, saturation: pd.DataFrame, settings: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the row of one axis."""
    rows = {mode: pooled(headline, axis, mode) for mode in MODES}
    words = [error_words(rows[mode], settings["gain_margin"]) for mode in MODES]
    return (
        AXES[axis], loss_words(list(rows.values())).removeprefix("loss: ").removeprefix("loss "), *words,
        *(counts(saturation, axis, mode, settings) for mode in MODES),
    )  # fmt: skip


def counts(saturation: pd.DataFrame, axis: str, mode: str, settings: Mapping[str, Any]) -> str:
    """Return the numbers of tasks that are helped, not helped (or harmed) and open (undecided, not testable)."""
    rows = saturation[(saturation["axis"] == axis) & (saturation["mode"] == mode)]
    rows = rows[(rows["split"] == settings["split"]) & (rows["features"] == PRIMARY)]
    rows = rows[rows["task"].isin(settings["aggregate"])]
    helped = int((rows["verdict"] == IMPROVING).sum())
    not_helped = int(rows["verdict"].isin([SATURATED, NO_RELEVANT_GAIN, DEGRADED]).sum())
    return f"{helped} / {not_helped} / {len(rows) - helped - not_helped}" if len(rows) else "–"


def so_what(headline: pd.DataFrame, ratios: pd.DataFrame, settings: Mapping[str, Any]) -> list[str]:
    """Return the advice: which scale pays off, which protocol, and when the fingerprint forest has the lower error."""
    return [line for line in (scale_line(headline, settings["gain_margin"]), *protocol_lines(ratios, settings)) if line]


def scale_line(headline: pd.DataFrame, margin: float) -> str:
    """State which axes of scale are shown to lower the error, by the margin or at all, and which are shown not to."""
    rows = [(axis, mode, pooled(headline, axis, mode)) for mode in MODES for axis in SCALES]
    pays = [(axis, mode, row["gain"]) for axis, mode, row in rows if row is not None and row["verdict"] == IMPROVING]
    if pays:
        told = [f"more {AXES[axis]} ({mode_name(mode)}, {percent(gain)} per doubling)" for axis, mode, gain in pays]
        return f"Worth paying for: {listed(told)}."
    flat = [f"more {AXES[axis]} ({mode_name(mode)})" for axis, mode, row in rows
            if row is not None and row["verdict"] in (SATURATED, NO_RELEVANT_GAIN, DEGRADED)]  # fmt: skip
    some = [f"more {AXES[axis]} ({mode_name(mode)})" for axis, mode, row in rows
            if row is not None and finer(row) == LOWERED]  # fmt: skip
    other = "other axis" if flat else "axis of scale"
    lowered = f"No {other} is shown to lower the error"
    if some:
        lowered = f"Shown to lower the error, whether by {100 * margin:g} % per doubling is open: {listed(some)}"
    if flat:
        return f"Not worth paying for within this range: {listed(flat)}. {lowered}."
    return f"{lowered}." if some else f"{lowered}, and none is shown not to."


def strength(runs: pd.DataFrame, corpus: str) -> list[str]:
    """Return the evidence behind the answer: pretraining runs and repeats."""
    trained = runs[(runs["corpus"] == corpus) & (runs["status"] == "ok")]
    trunks = trained.drop_duplicates(["size", "subset", "seed"])
    lines = []
    if len(trunks):
        per_cell = trunks.groupby(["size", "subset"])["seed"].nunique()
        lost = ((runs["corpus"] != UNTRAINED) & (runs["status"] != "ok")).sum()
        repeats = " to ".join(dict.fromkeys(map(str, (per_cell.min(), per_cell.max()))))
        lines.append(
            f"{len(trunks)} pretraining runs, {repeats} per size and number of molecules; {lost} checkpoints diverged."
        )
    return lines


def stability(ablation: pd.DataFrame) -> list[str]:
    """Return the number of conclusions over tasks that depend on one part of the tasks, modes and splits.

    Args:
        ablation: ablation.csv.
    """
    conclusions, reversed_, opened = ablation_counts(ablation)
    told = f"With a task, mode or split left out, {reversed_} of {conclusions} conclusions are reversed"
    return [f"{told}, {opened} undecided."] if conclusions else []


def markdown(told: Beginning, figure: str) -> str:
    """Return the beginning as Markdown between its marks; `figure` is the path of the figure relative to the page."""
    rows = [HEAD, ("---",) * len(HEAD), *told.table]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    parts = [
        f"**{QUESTION}**", f"**{SIGHT}** {told.sight}",
        "\n".join(f"- {line}" for line in told.answer), told.scope, f"![{ALT}]({figure})", table,
        "**So what.** " + " ".join(told.so_what), "**How strong this is.** " + " ".join(told.strength),
    ]  # fmt: skip
    return "\n".join([BEGIN.format(""), "\n\n".join(parts), END, ""])


def as_html(told: Beginning) -> tuple[str, str, str]:
    """Return the HTML above, beside and below the figure; every text is escaped."""
    above = f"<p class='question'>{html.escape(QUESTION)}</p>"
    above += f"<p class='sight'><b>{SIGHT}</b> {html.escape(told.sight)}</p>"
    beside = "".join(f"<p class='answer'>{html.escape(line)}</p>" for line in told.answer)
    beside += f"<p class='scope'>{html.escape(told.scope)}</p>"
    so_what = " ".join(html.escape(line) for line in told.so_what)
    beside += f"<p class='so-what'><b>So what.</b> {so_what}</p>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in HEAD)
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in told.table)
    strong = " ".join(html.escape(line) for line in told.strength)
    below = f"<div class='wide'><table><tr>{head}</tr>{rows}</table></div>"
    return above, beside, below + f"<p class='strength'><b>How strong this is.</b> {strong}</p>"
