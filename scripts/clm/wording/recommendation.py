"""What to use for a task, in words."""

import math
from typing import Any

import pandas as pd

from clm.tables.columns import BASELINE
from clm.wording.names import baseline_name, listed, mode_name, percent, scale_name


def recommendation_lines(found: Any | None, metric: str, units: str) -> list[str]:
    """Return the sentences on what to use: the method, its rival, whether they differ, and the trivial error.

    Args:
        found: of `clm.predict.recommend.recommend`.
        metric: "auc" or "rmse".
        units: of the label.
    """
    if found is None:
        return ["This study has no linear probe and no baseline with a cross-validated error for this task."]
    error = "1 − AUC" if metric == "auc" else "RMSE"
    unit = f" {units}" if units and metric != "auc" else ""
    if not math.isfinite(found.best.error):
        return [f"Use {found.best.words}; its error on the test part could not be measured."]
    lines = [f"Use {found.best.words}: {error} {with_interval(found.best)}{unit} on {found.n_test} test molecules."]
    if found.rival is not None and math.isfinite(found.rival.error):
        rival = found.rival.words[0].upper() + found.rival.words[1:]
        lines.append(f"{rival} has {with_interval(found.rival)}; {difference(found)}.")
    trivial = "guessing" if metric == "auc" else "predicting the mean"
    if math.isfinite(found.trivial):
        lines.append(f"For comparison, {trivial} has {found.trivial:.3g}.")
    return lines + considered_lines(found, error)


def considered_lines(found: Any, error: str) -> list[str]:
    """Return the sentences on the errors by which the method was chosen, and on methods that have none."""
    told = [f"{words} {score:.3g}" for words, score in found.considered if math.isfinite(score)]
    lines = [f"Cross-validated {error} inside the training part, which chose: {'; '.join(told)}."] if told else []
    if found.left_out:
        lines.append(f"Not considered, because without a cross-validated error: {listed(list(found.left_out))}.")
    return lines


def with_interval(tested: Any) -> str:
    """Return an error with its 95 % interval."""
    if not math.isfinite(tested.lower):
        return f"{tested.error:.3g}"
    return f"{tested.error:.3g} [{tested.lower:.3g}, {tested.upper:.3g}]"


def difference(found: Any) -> str:
    """Return whether the difference between the two is decided, with its sign and size."""
    if found.ratio is None:
        return "whether the two differ was not measured"
    value, low, high = found.ratio
    ends = f"[{100 * (low - 1):.0f}, {100 * (high - 1):.0f}]"
    size = f"{percent(value - 1)} {'higher' if value >= 1 else 'lower'}"
    if not found.decided:
        return f"the difference is not decided (its error is {size} {ends})"
    return f"the difference is decided: its error is {size} {ends}"


def lowest_line(scores: pd.DataFrame, split: str) -> str:
    """Name the lowest test error of all models, which is optimistic because it was selected on the test part.

    Args:
        scores: of `clm.tables.scores.task_scores`.
        split: of the test part.
    """
    known = scores[(scores["split"] == split) & scores["error"].notna()]
    if known.empty:
        return ""
    row = known.loc[known["error"].astype(float).idxmin()]
    name = (
        baseline_name(row["model"])
        if row["kind"] == BASELINE
        else f"{scale_name(row['model'])} parameters, {mode_name(row['kind'])}"
    )
    told = f"The lowest test error of all is {row['error']:.3g} ({name})"
    return f"{told}; chosen by the test part, it is too good to expect."
