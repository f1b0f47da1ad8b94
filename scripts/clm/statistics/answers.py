"""What would help on one task: a larger model, more molecules or more labels? From tables of verdicts, no further."""

from dataclasses import dataclass

import pandas as pd

from clm.statistics.verdicts import NO_SIGNAL
from clm.tables.columns import PRIMARY
from clm.wording.names import mode_name

AXES = {"N": ("a larger model", "parameters"), "U": ("more molecules to pretrain on", "molecules")}
LABELS = ("more labels", "labels")
HELPS = {"improving": "helps", "saturated": "does not help", "no relevant gain": "does not help", "degraded": "harms"}
UNDECIDED = "undecided"
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Finding:
    """What the tables say about one lever.

    Attributes:
        lever: a larger model, more molecules to pretrain on, or more labels.
        verdict: helps, does not help, harms, undecided or not measured.
        why: the rows behind it.
    """

    lever: str
    verdict: str
    why: str


def answer(task: str, saturation: pd.DataFrame, thresholds: pd.DataFrame, learning: pd.DataFrame) -> list[Finding]:
    """Return the findings on the three levers for one task.

    Args:
        task: its name.
        saturation: saturation.csv.
        thresholds: thresholds.csv.
        learning: learning_curves.csv.
    """
    scale = [lever(task, axis, saturation, thresholds) for axis in AXES]
    return [*scale, label_lever(learning[learning["task"] == task])]


def lever(task: str, axis: str, saturation: pd.DataFrame, thresholds: pd.DataFrame) -> Finding:
    """Return the finding on one axis of scale, from its verdict in each mode and split."""
    name, unit = AXES[axis]
    whole = saturation[(saturation["task"] == task) & (saturation["axis"] == axis)]
    whole = whole[whole["features"] == PRIMARY]
    tails = thresholds[(thresholds["task"] == task) & (thresholds["axis"] == axis)]
    protocols = [
        protocol(row, tails[(tails["mode"] == row["mode"]) & (tails["split"] == row["split"])], unit)
        for row in whole.to_dict("records")
    ]
    return combined(name, [finding for finding in protocols if finding is not None])


def protocol(row: dict, tails: pd.DataFrame, unit: str) -> tuple[str, str] | None:
    """Return verdict and evidence of one mode and split, or None where too few models differ.

    The end of the axis lies nearest to what a user would buy, so a tail that saturates, degrades or improves comes
    before the verdict over the whole axis.
    """
    where = f"{mode_name(row['mode'])}, {row['split']} split"
    tail = tails.iloc[0] if len(tails) else None
    if tail is not None and tail["verdict"] in HELPS:
        return HELPS[tail["verdict"]], f"{where}: {gain(tail, unit)}, from {tail['start']} {unit} on"
    if row["verdict"] in HELPS:
        return HELPS[row["verdict"]], f"{where}: {gain(row, unit)}, over the whole range"
    if row["verdict"] in NO_SIGNAL.values():
        return UNDECIDED, f"{where}: most models do not beat a trivial predictor"
    if pd.isna(row["gain"]):
        return None
    return UNDECIDED, f"{where}: {gain(row, unit)}"


def gain(row: dict | pd.Series, unit: str) -> str:
    """Return the gain per doubling with its interval, in words."""
    low, high = (f"{100 * row[end]:.1f}" for end in ("lower", "upper"))
    return f"the error falls by {100 * row['gain']:.1f} % [{low}, {high}] per doubling of {unit}"


def combined(name: str, evidence: list[tuple[str, str]]) -> Finding:
    """Return one finding from those of all modes and splits: the decided ones, when they agree."""
    if not evidence:
        return Finding(name, NOT_MEASURED, "too few models differ in it")
    decided = [item for item in evidence if item[0] != UNDECIDED]
    kinds = {verdict for verdict, _ in decided}
    if len(kinds) == 1:
        return Finding(name, kinds.pop(), "; ".join(why for _, why in decided))
    why = "; ".join(why for _, why in decided or evidence)
    return Finding(name, UNDECIDED, f"they disagree: {why}" if decided else why)


def label_lever(curves: pd.DataFrame) -> Finding:
    """Return the finding on labels: the last doubling of each model's learning curve."""
    curves = curves.drop(columns=["lower", "upper"], errors="ignore").rename(
        columns={"gain_lower": "lower", "gain_upper": "upper"}
    )
    last = [group.sort_values("labels").iloc[-1] for _, group in curves.groupby("model", sort=False)]
    evidence = [(HELPS.get(row["verdict"], UNDECIDED), f"{row['model']}: {gain(row, 'labels')}") for row in last
             if pd.notna(row["gain"])]  # fmt: skip
    if not evidence:
        return Finding(LABELS[0], NOT_MEASURED, "no learning curve of this task: name it in transfer.learning_curves")
    return combined(LABELS[0], evidence)


def sentence(task: str, findings: list[Finding]) -> str:
    """Return the one sentence that answers: would a larger model, more molecules or more labels help?"""
    parts = []
    for verdict in (*HELPS.values(), UNDECIDED, NOT_MEASURED):
        chosen = [finding for finding in findings if finding.verdict == verdict]
        if chosen:
            names = " and ".join(finding.lever for finding in chosen)
            parts.append(f"{verdict}: {names} ({' | '.join(finding.why for finding in chosen)})")
    return f"On {task}, within the range that this study measured: " + "; ".join(parts) + "."
