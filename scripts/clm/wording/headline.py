"""The headline in words: rows of headline.csv as titles of panels and sentences of pages."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from clm.statistics.hierarchical import MIN_TASKS
from clm.statistics.verdicts import (
    DEGRADED,
    IMPROVING,
    NO_RELEVANT_GAIN,
    NOT_SENSITIVE,
    NOT_TESTABLE,
    SATURATED,
    UNDECIDED,
)
from clm.tables.columns import FINE_TUNED, LINEAR_PROBE, POOLED
from clm.wording.names import AXES, change, changed, interval, listed, mode_name, signed

SCALES = ("D", "N", "U")
LOWERED = "lowered"  # the error falls, and whether by the margin is undecided
MODES = (FINE_TUNED, LINEAR_PROBE)
PROTOCOLS = {FINE_TUNED: "Fine-tuned", LINEAR_PROBE: "With a linear probe on frozen encoders"}


def pooled(headline: pd.DataFrame, axis: str, mode: str) -> dict[str, Any] | None:
    """Return the row of an axis and mode over all splits, or None."""
    rows = headline[(headline["axis"] == axis) & (headline["mode"] == mode) & (headline["split"] == POOLED)]
    return rows.iloc[0].to_dict() if len(rows) else None


def loss_words(rows: Sequence[Mapping[str, Any] | None]) -> str:
    """Return the change of the pretraining loss per doubling of an axis, in words.

    Args:
        rows: of headline.csv, one axis in every mode; None where a mode is missing.
    """
    known = [row for row in rows if row is not None and pd.notna(row["loss_fall"])]
    if not known:
        return "loss: too few runs to test"
    # the mode with most trunks; linear probes, which come last, cover all checkpoints
    row = max(reversed(known), key=lambda one: one["n_trunks"])
    if few_trunks(row):
        return f"loss: too few runs ({change(row['loss_fall'])})"
    if not row["loss_lower"] <= 0 <= row["loss_upper"]:
        return f"loss {changed(row['loss_fall'], row['loss_lower'], row['loss_upper'])}"
    told = f"{signed(row['loss_fall'])} % {interval(row['loss_lower'], row['loss_upper'])}"
    return f"loss {told}, no clear fall"


def few_trunks(row: Mapping[str, Any]) -> bool:
    """Return whether too few trunks differ along the axis for a test of a row, for the loss as for the errors."""
    return row["verdict"] == NOT_TESTABLE and " tasks, has " not in str(row["reason"])


def error_words(row: Mapping[str, Any] | None, margin: float) -> str:
    """Return the change of the error per doubling of an axis in words: the fall with its interval, and the verdict.

    Args:
        row: of headline.csv; None if the mode was not measured.
        margin: gain per doubling that matters.
    """
    if row is None:
        return "not measured"
    if row["verdict"] == NOT_TESTABLE:
        return f"too few {'runs' if few_trunks(row) else 'tasks'} to test"
    if row["verdict"] in (IMPROVING, DEGRADED):
        return f"error {in_brackets(row)}"
    words = {
        SATURATED: f"less than {100 * margin:g} %",
        NO_RELEVANT_GAIN: f"no fall of {100 * margin:g} %",
        NOT_SENSITIVE: "not sensitive",
    }
    told = f"{signed(row['gain'])} % {interval(row['lower'], row['upper'])}"
    return f"{told}, {words.get(row['verdict'], 'undecided')}"


def panel_lines(headline: pd.DataFrame, axis: str, factor: float | None, margin: float) -> list[tuple[str, str]]:
    """Return the lines of the title of a panel: (mode, or "" for the loss; text).

    Args:
        headline: headline.csv.
        axis: D, N or U.
        factor: ratio of the largest to the smallest value of the axis; None if nothing varies.
        margin: gain per doubling that matters.
    """
    rows = {mode: pooled(headline, axis, mode) for mode in MODES}
    size = "" if factor is None else f" ({float(f'{factor:.2g}'):g}×)"
    lines = [("", f"Fall per doubling of {AXES[axis]}{size}"), ("", loss_words(list(rows.values())))]
    return lines + [(mode, f"{mode_name(mode)}: {error_words(rows[mode], margin)}") for mode in MODES]


def answer(headline: pd.DataFrame, margin: float) -> list[str]:
    """Return a sentence on the loss and one per mode: the effect of tokens, parameters and molecules on the error.

    Args:
        headline: headline.csv.
        margin: gain per doubling that matters.
    """
    rows = {mode: {axis: pooled(headline, axis, mode) for axis in SCALES} for mode in MODES}
    return [loss_answer(rows), *(answer_of(mode, rows[mode], margin) for mode in MODES)]


def loss_answer(rows: Mapping[str, Mapping[str, Mapping[str, Any] | None]]) -> str:
    """Return the sentence on the pretraining loss."""
    words = {axis: loss_words([rows[mode][axis] for mode in rows]) for axis in SCALES}
    clear = [f"{word.removeprefix('loss ')} per doubling of {AXES[axis]}"
             for axis, word in words.items() if word.startswith(("loss falls", "loss rises"))]  # fmt: skip
    flat = [f"no clear fall is shown per doubling of {AXES[axis]} ({word.split(' ', 1)[1].rsplit(', ', 1)[0]})"
            for axis, word in words.items() if word.endswith("no clear fall")]  # fmt: skip
    few = [AXES[axis] for axis, word in words.items() if word.startswith("loss: ")]
    untested = [f"too few runs differ in {listed(few)} to test it"] if few else []
    return "; ".join([f"The pretraining loss {listed(clear)}"] * bool(clear) + flat + untested) + "."


def answer_of(mode: str, rows: Mapping[str, Mapping[str, Any] | None], margin: float) -> str:
    """Return the sentence of one mode."""
    if all(row is None for row in rows.values()):
        return f"{PROTOCOLS[mode]}, no task can be judged."
    limit = f"{100 * margin:g} %"
    phrases = {
        IMPROVING: "more {names} lower the error by {each} per doubling",
        LOWERED: f"more {{names}} lower the error by {{each}} per doubling, whether by {limit} is undecided",
        DEGRADED: "more {names} raise the error by {each} per doubling",
        SATURATED: f"more {{names}} change the error by less than {limit} per doubling (it {{each}})",
        NO_RELEVANT_GAIN: f"more {{names}} do not lower the error by {limit} per doubling (it {{each}})",
        UNDECIDED: "the effect of more {names} is undecided (the error {each} per doubling)",
        NOT_SENSITIVE: "more {names} show no gain, but the control tasks do not show that this study could see one"
        " (the error {each} per doubling)",
        NOT_TESTABLE: "more {names} cannot be tested here ({each})",
    }
    parts = []
    for verdict, phrase in phrases.items():
        chosen = {axis: row for axis, row in rows.items() if row is not None and finer(row) == verdict}
        if chosen:
            told = list(dict.fromkeys(in_brackets(row) for row in chosen.values()))
            if verdict in (IMPROVING, DEGRADED, LOWERED):  # the verb states the direction
                told = [re.sub("^(falls|rises) by ", "", one) for one in told]
            parts.append(phrase.format(names=listed([AXES[axis] for axis in chosen]), each=listed(told)))
    counts = [int(row["n_tasks"]) for row in rows.values() if row is not None]
    tasks = f"{max(counts)} task{'s' if max(counts) != 1 else ''}"
    return f"{PROTOCOLS[mode]} ({tasks}), {'; '.join(parts)}."


def finer(row: Mapping[str, Any]) -> str:
    """Return the verdict of a row, LOWERED for an undecided one whose interval lies above 0."""
    return LOWERED if row["verdict"] == UNDECIDED and row["lower"] > 0 else row["verdict"]


def in_brackets(row: Mapping[str, Any]) -> str:
    """Return the change of the error with its interval, or the requirements of a test."""
    if row["verdict"] == NOT_TESTABLE:
        return "too few pretraining runs differ in it" if few_trunks(row) else f"needs {MIN_TASKS} tasks"
    return changed(row["gain"], row["lower"], row["upper"])
