"""Assay sensitivity in words: whether a study can detect a gain at all."""

import pandas as pd

from clm.wording.headline import PROTOCOLS
from clm.wording.names import changed, listed, mode_name, split_name, task_name

CONTROL = "Control tasks are computed from the structure."


def sight(sensitivity: pd.DataFrame) -> str:
    """Return whether the study can detect a gain at all: the effect of pretraining on the control task in each mode.

    Args:
        sensitivity: sensitivity.csv.
    """
    parts = [mode_sight(mode, rows) for mode, rows in sensitivity.groupby("mode", sort=False)]
    told = [CONTROL] if len(sensitivity) and sensitivity["assessed"].any() else []
    return " ".join([*told, *parts]) or "There is no score, so it cannot."


def mode_sight(mode: str, rows: pd.DataFrame) -> str:
    """Return the sentence of one mode, whose rows are its splits."""
    scores = f"{mode_name(mode)} scores"
    if not rows["assessed"].all():
        needs = "a control task and pretraining runs are missing"
        return f"{scores.capitalize()} are not assessed ({needs}) and cannot rule out small gains."
    told = [f"{changed(row['effect'], row['lower'], row['upper'])} ({split_name(row['split'])} split)"
            for row in rows.to_dict("records")]  # fmt: skip
    tasks = listed([task_name(task) for task in dict.fromkeys(rows["task"])])
    seen = rows.loc[rows["sensitive"].astype(bool), "split"].tolist()
    verdict = f"{scores} are sensitive"
    if not seen:
        verdict = f"{scores} are not sensitive, and a flat line of theirs says little"
    elif len(seen) < len(rows):
        verdict = f"{scores} are sensitive on the {listed([split_name(split) for split in seen])} split only"
    return f"{PROTOCOLS[mode]}, the error of {tasks} {listed(told)} with pretraining: {verdict}."
