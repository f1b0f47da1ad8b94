"""The result of the control with shuffled tokens, in sentences filled from pretraining_control.csv."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from clm.pages.findings import Section
from clm.statistics.arms import CELL
from clm.statistics.verdicts import NOT_TESTABLE
from clm.tables.columns import ORDER, POOLED, PRETRAINED, SHUFFLED
from clm.wording.names import change, changed, mode_name

TITLE = "What pretraining adds without order (encoders pretrained on shuffled tokens)"
MISSING = (
    "not testable here: needs trunks on a corpus with shuffle_tokens_of, at least 2 seeds, the same on its corpus, and "
    "3 untrained encoders of that size in the same mode."
)
GAIN, LOSS, EQUAL = "gain", "loss", "no relevant difference"


def control_section(table: pd.DataFrame) -> Section:
    """Report what pretraining adds, how much of it remains with shuffled tokens, and what token order adds.

    Args:
        table: pretraining_control.csv.
    """
    rows = table[table["task"] == POOLED]
    keys = ["corpus", "shuffled", *CELL, "mode", "split"]
    lines = [line(dict(zip(keys, names, strict=True)), group) for names, group in rows.groupby(keys, sort=False)]
    return TITLE, lines or [MISSING]


def line(names: Mapping[str, Any], group: pd.DataFrame) -> str:
    """Return the sentences on one cell, mode and split."""
    by_kind = {row["kind"]: row for row in group.to_dict("records")}
    total, counts, order = by_kind[PRETRAINED], by_kind[SHUFFLED], by_kind[ORDER]
    share = ""
    if pd.notna(counts["share"]):
        ends = [f"{100 * counts[end]:.0f}" if pd.notna(counts[end]) else "?" for end in ("share_lower", "share_upper")]
        share = f", {100 * counts['share']:.0f} % of it [{', '.join(ends)}] %"
    what = f"{names['size']} parameters, {names['subset']} molecules of {names['corpus']}, {names['budget']} tokens"
    return (
        f"{what}; {mode_name(names['mode'])}, {names['split']} split, {total['n_tasks']:.0f} tasks: against "
        f"untrained encoders the error {told(total)} after pretraining, and {told(counts)} after pretraining on "
        f"shuffled tokens (letter counts){share}; with order it {told(order)}. {verdict(total, counts, order)}."
    )


def told(row: Mapping[str, Any]) -> str:
    """Return a relative fall of the error with its interval, if any."""
    if pd.isna(row["lower"]) or pd.isna(row["upper"]):
        return f"{change(row['gain'])} (no interval)"
    return changed(row["gain"], row["lower"], row["upper"])


def verdict(total: Mapping[str, Any], counts: Mapping[str, Any], order: Mapping[str, Any]) -> str:
    """Return the conclusion that the three intervals support."""
    if total["verdict"] == NOT_TESTABLE:
        return f"Verdict: {NOT_TESTABLE}, {total['reason']}"
    if total["verdict"] != GAIN:
        return f"Verdict on pretraining: {total['verdict']}, so there is nothing to divide"
    if order["verdict"] == GAIN:
        found = {GAIN: "letter counts give a part and order another", EQUAL: "what pretraining adds needs order"}
        return "Verdict: " + found.get(counts["verdict"], f"order adds; letter counts: {counts['verdict']}")
    if order["verdict"] == EQUAL and counts["verdict"] == GAIN:
        return "Verdict: what pretraining adds is there without order"
    return f"Verdict: letter counts: {counts['verdict']}; order: {order['verdict']}"
