"""Assay sensitivity in words: whether a study can see a gain at all."""

import pandas as pd

from clm.wording.names import changed, listed, mode_name, task_name


def sight(sensitivity: pd.DataFrame) -> str:
    """Return whether the study can see a gain at all: what pretraining does to the control task in each mode.

    Args:
        sensitivity: sensitivity.csv.
    """
    parts = [mode_sight(mode, rows) for mode, rows in sensitivity.groupby("mode", sort=False)]
    return " ".join(parts) or "There is no score, so it cannot."


def mode_sight(mode: str, rows: pd.DataFrame) -> str:
    """Return the sentence of one mode, whose rows are its splits."""
    name = mode_name(mode)
    if not rows["assessed"].all():
        needs = "a control task and pretraining runs are missing"
        return f"{name.capitalize()} scores are not assessed ({needs}) and cannot rule out small gains."
    told = [f"{changed(row['effect'], row['lower'], row['upper'])} ({row['split']} split)"
            for row in rows.to_dict("records")]  # fmt: skip
    tasks = listed([task_name(task) for task in dict.fromkeys(rows["task"])])
    seen = rows.loc[rows["sensitive"].astype(bool), "split"].tolist()
    verdict = "they are sensitive"
    if not seen:
        verdict = "they are not sensitive, and a flat line says little"
    elif len(seen) < len(rows):
        verdict = f"they are sensitive on the {listed(seen)} split only"
    return f"{name.capitalize()}, the error of {tasks} {listed(told)} with pretraining: {verdict}."
