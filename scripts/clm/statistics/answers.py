"""What would help on one task: a larger model, longer pretraining, more molecules, more labels? From verdicts alone."""

from dataclasses import dataclass

import pandas as pd

from clm.statistics.verdicts import (
    DEGRADED,
    IMPROVING,
    NO_RELEVANT_GAIN,
    NO_SIGNAL,
    NOT_SENSITIVE,
    NOT_TESTABLE,
    SATURATED,
)
from clm.tables.columns import FINE_TUNED, PRIMARY, UNTRAINED
from clm.wording.names import changed, mode_name

AXES = {"N": "a larger model", "D": "longer pretraining", "U": "more molecules to pretrain on"}
UNITS = {"N": "parameters", "D": "tokens", "U": "molecules"}
LABELS = "more labels"
HELPS, NO_HELP, HARMS, UNKNOWN = "helps", "does not help", "harms", "unknown"
SIGNS = {HELPS: "+", NO_HELP: "=", HARMS: "−", UNKNOWN: "?"}
MEANING = {IMPROVING: HELPS, SATURATED: NO_HELP, NO_RELEVANT_GAIN: NO_HELP, DEGRADED: HARMS}


@dataclass(frozen=True)
class Finding:
    """The finding on one possible improvement.

    Attributes:
        lever: a larger model, longer pretraining, more molecules to pretrain on, or more labels.
        verdict: helps, does not help, harms or unknown.
        change: of the error per doubling with its interval, if estimated.
        why: the protocols or curves behind the verdict.
    """

    lever: str
    verdict: str
    change: str
    why: str

    @property
    def sign(self) -> str:
        """One character for the verdict."""
        return SIGNS[self.verdict]


def answer(task: str, saturation: pd.DataFrame, learning: pd.DataFrame) -> list[Finding]:
    """Return the findings on the four levers for one task.

    Args:
        task: its name.
        saturation: saturation.csv.
        learning: learning_curves.csv.
    """
    rows = saturation[(saturation["task"] == task) & (saturation["features"] == PRIMARY)]
    scale = [lever(axis, rows[rows["axis"] == axis]) for axis in AXES]
    return [*scale, label_lever(learning[learning["task"] == task])]


def lever(axis: str, rows: pd.DataFrame) -> Finding:
    """Return the finding on one axis of scale: the verdict of its decided protocols, if they agree.

    Args:
        axis: N, D or U.
        rows: of saturation.csv, one per mode and split, of one task.
    """
    rows = rows.assign(tuned=rows["mode"] == FINE_TUNED).sort_values("tuned", ascending=False, kind="stable")
    told = rows.to_dict("records")
    decided = [row for row in told if row["verdict"] in MEANING]
    kinds = {MEANING[row["verdict"]] for row in decided}
    counted = f"{len(decided)} of {len(told)} protocols decide it"
    if len(kinds) == 1:
        return Finding(
            AXES[axis], kinds.pop(), per_doubling(decided[0], UNITS[axis]), f"{counted}: {protocols(decided)}"
        )
    if decided:
        return Finding(AXES[axis], UNKNOWN, "", f"the protocols disagree: {protocols(decided)}")
    shown = next((row for row in told if pd.notna(row["gain"])), None)
    return Finding(AXES[axis], UNKNOWN, per_doubling(shown, UNITS[axis]) if shown else "", reasons(told))


def protocols(rows: list[dict]) -> str:
    """Return verdict, mode and split of each row."""
    return "; ".join(f"{MEANING[row['verdict']]} ({mode_name(row['mode'])}, {row['split']} split)" for row in rows)


def reasons(rows: list[dict]) -> str:
    """Return the reasons why no protocol decides."""
    verdicts = {row["verdict"] for row in rows}
    if not rows or verdicts <= {NOT_TESTABLE}:
        return "too few models differ in it"
    if verdicts & set(NO_SIGNAL.values()):
        return "most models do not beat a trivial predictor"
    if NOT_SENSITIVE in verdicts:
        return "no gain is seen, but not on the control task either"
    return "the intervals contain gains that matter and none"


def per_doubling(row: dict | pd.Series, unit: str) -> str:
    """Return the change of the error per doubling with its interval, in words."""
    return f"the error {changed(row['gain'], row['lower'], row['upper'])} per doubling of {unit}"


def label_lever(curves: pd.DataFrame) -> Finding:
    """Return the finding on labels: the last doubling of the learning curve of every pretrained model.

    Untrained encoders and forests do not count: the advice is for users of a pretrained model.
    """
    pretrained = curves[curves["baseline"].isna() & (curves["corpus"] != UNTRAINED)]
    pretrained = pretrained.drop(columns=["lower", "upper"], errors="ignore").rename(
        columns={"gain_lower": "lower", "gain_upper": "upper"}
    )
    last = [group.sort_values("labels").iloc[-1] for _, group in pretrained.groupby("model", sort=False)]
    last = [row for row in last if pd.notna(row["gain"])]
    if not last:
        return Finding(LABELS, UNKNOWN, "", "no learning curve of this task: name it in transfer.learning_curves")
    kinds = [MEANING.get(row["verdict"], UNKNOWN) for row in last]
    verdict = kinds[0] if len(set(kinds)) == 1 else UNKNOWN
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in SIGNS if kind in kinds)
    middle = sorted(last, key=lambda row: row["gain"])[len(last) // 2]
    return Finding(LABELS, verdict, per_doubling(middle, "labels"), f"{len(last)} pretrained models: {counts}")
