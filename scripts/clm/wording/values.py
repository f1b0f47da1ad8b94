"""Readable values of a table: names in words, numbers with significant digits."""

import re
from functools import cache

from clm.tables.columns import BASELINE, FINE_TUNED, LINEAR_PROBE
from clm.wording.names import (
    BASELINES,
    CAPITALS,
    MODES,
    SPLITS,
    TASKS,
    corpus_name,
    readable,
    scale_name,
    split_name,
    task_name,
)
from clm.wording.predictors import PATTERN, predictor_name

NUMBER = re.compile(r"-?\d+\.\d{4,}(e-?\d+)?")
SCALE = re.compile(r"(?:t\d+(?:\.\d+)?[kmg]?|\d+(?:\.\d+)?[kmg])")
KEY = re.compile(r"\w+(?:\.\d+)?")
WORDS = {mode: MODES[mode] for mode in (LINEAR_PROBE, FINE_TUNED, BASELINE)} | BASELINES
WORDS |= {"none": "–", "(all)": "all", "auc": "AUC", "rmse": "RMSE"}


@cache
def value_name(text: str) -> str:
    """Return a readable cell of a table, whatever its column."""
    if NUMBER.fullmatch(text):
        return f"{float(text):.4g}"
    if text in WORDS:
        return WORDS[text]
    if SCALE.fullmatch(text):
        return scale_name(text)
    if PATTERN.fullmatch(text):
        return predictor_name(text)
    if text in TASKS or text in CAPITALS or text.startswith(("control_", "ace_")) or re.match(r"cyp\d", text):
        return task_name(text)
    if text in SPLITS:
        return split_name(text)
    return corpus_name(text) if KEY.fullmatch(text) else readable(text)
