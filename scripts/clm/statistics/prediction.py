"""Verdicts on predictors of a score: what each adds to the loss, corrected over the predictors of a family."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from clm.statistics.multiplicity import BENJAMINI_HOCHBERG, adjusted
from clm.statistics.predictors import LOSS
from clm.statistics.verdicts import NOT_SENSITIVE, NOT_TESTABLE, UNDECIDED, no_signal
from clm.statistics.within import judge_scopes, sign_in_words
from clm.tables.columns import ALPHA

PREDICTS, FAILS = "predicts", "correlates by less than the margin"
CEILING = 0.6  # noise ceiling below which a score is too noisy to be predicted


def verdict_of(row: Mapping[str, Any], part: str, margin: float, p: float | None, sensitive: bool = True) -> str:
    """Return the verdict on one row: PREDICTS, FAILS, "undecided", "not sensitive" or "not testable here".

    The verdict is on what a predictor adds to the loss ("partial_"; for the loss itself, "", the plain correlation) or
    to loss and compute together ("both_"). PREDICTS: the correlation is at least the margin, its interval excludes 0,
    and p < .05. FAILS: the whole interval of |rho| lies below the margin although the score is reliable enough to be
    predicted. If scores do not respond to pretraining they correlate with none of its predictors, and FAILS becomes
    "not sensitive".

    Args:
        row: of correlations.csv.
        part: prefix of the names of its columns.
        margin: |rho| that matters.
        p: of the correlation, corrected over predictors; None if there are too few trunks to permute.
        sensitive: whether the study detects gains on the control task in this mode and split.
    """
    lower, upper = row[f"{part}lower"], row[f"{part}upper"]
    if lower is None or p is None:
        return NOT_TESTABLE
    rho = row[{"": "spearman", "partial_": "partial_loss", "both_": "partial_loss_flops"}[part]]
    if p < ALPHA and (lower > 0 or upper < 0) and abs(rho) >= margin:
        return PREDICTS
    reliable = row["ceiling"] is not None and row["ceiling"] >= CEILING
    if not (reliable and max(-lower, upper) < margin):
        return UNDECIDED
    return FAILS if sensitive else NOT_SENSITIVE


def judge_rows(rows: list[dict[str, Any]], margin: float, sensitive: bool = True) -> list[dict[str, Any]]:
    """Add p_bh, verdict, both_verdict and meaning to the rows of one family, and the columns of `judge_scopes`.

    p_bh is the false discovery rate over the predictors of one task (or of all tasks together), for the partial
    correlation given the loss, or for the plain correlation of the loss itself.
    """
    judged = [dict(row) for row in rows]
    for task in dict.fromkeys(row["task"] for row in judged):
        members = [row for row in judged if row["task"] == task]
        plain = [row["p" if row["predictor"] == LOSS else "partial_p"] for row in members]
        corrected = adjusted([np.nan if p is None else p for p in plain], BENJAMINI_HOCHBERG)
        both = adjusted([np.nan if row["both_p"] is None else row["both_p"] for row in members], BENJAMINI_HOCHBERG)
        for row, p, p_both in zip(members, corrected, both, strict=True):
            part = "" if row["predictor"] == LOSS else "partial_"
            rho = row["partial_loss" if part else "spearman"]
            row |= {"p_bh": p, "meaning": sign_in_words(row["predictor"], rho, p)}
            row["verdict"] = verdict_of(row, part, margin, p if np.isfinite(p) else None, sensitive)
            if np.isfinite(row["partial_loss_flops"]):
                told = p_both if np.isfinite(p_both) else None
                row["both_verdict"] = verdict_of(row, "both_", margin, told, sensitive)
            if not row["signal"]:
                row |= {"verdict": no_signal(row["metric"]), "both_verdict": no_signal(row["metric"])}
        judge_scopes(members)
    return judged
