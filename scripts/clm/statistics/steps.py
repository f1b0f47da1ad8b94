"""Adjacent steps along an axis: an exploratory table, and saturation and degradation by a reviewer's definition."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from clm.statistics.gains import Axis, gain_of
from clm.statistics.multiplicity import BENJAMINI_HOCHBERG, FAMILY, HOLM, adjusted_in_families
from clm.statistics.slopes import NEGLIGIBLE
from clm.statistics.verdicts import NO_RELEVANT_GAIN, SATURATED
from clm.tables.columns import ALPHA
from clm.tables.panels import Panel

NAMED = {"N": "size", "D": "budget", "U": "subset"}  # what varies along an axis
BY_REVIEW = {NO_RELEVANT_GAIN: SATURATED}  # verdicts that the review calls saturated


def step_rows(panel: Panel, axis: Axis) -> list[dict[str, Any]]:
    """Return the gain per doubling between neighbouring values along an axis, one row per pair.

    Cells that differ in nothing else are paired; their differences are first averaged within a group of trunks (budgets
    of one trunk are repeated measures), then tested against 0 by a t-test over these groups.
    """
    cells = panel.cells.assign(y=panel.y, x=np.log2(panel.cells[axis.column].astype(float)))
    named = NAMED[axis.name]
    order = cells.groupby(named)["x"].mean().sort_values(kind="stable").index.tolist()
    others = [name for name in ("size", "subset", "seed", "budget") if name != named]
    unit = [name for name in others if name != "budget"]
    rows = []
    for first, second in zip(order, order[1:], strict=False):
        left, right = (cells[cells[named] == name][[*others, "x", "y"]] for name in (first, second))
        pairs = left.merge(right, on=others, suffixes=("_1", "_2"))
        pairs = pairs[pairs["x_2"] > pairs["x_1"]]
        if pairs.empty:
            continue
        slopes = pairs.assign(slope=(pairs["y_2"] - pairs["y_1"]) / (pairs["x_2"] - pairs["x_1"]))
        values = slopes.groupby(unit)["slope"].mean().to_numpy()
        row = {"from": first, "to": second, "gain": gain_of(values.mean()), "p": p_of_mean(values)}
        rows.append({"axis": axis.name, **panel.names, **row})
    return rows


def p_of_mean(values: np.ndarray) -> float | None:
    """Return the two-sided p of a t-test of mean 0, or None when it is undefined."""
    if len(values) < 2 or np.ptp(values) < NEGLIGIBLE:
        return None
    return float(stats.ttest_1samp(values, 0.0).pvalue)


def adjust_steps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add p_bh (Benjamini-Hochberg within axis, mode, split and read-out)."""
    frame = pd.DataFrame(rows)
    if frame.empty:
        return []
    frame["p"] = frame["p"].astype(float)
    return frame.assign(p_bh=adjusted_in_families(frame, frame["p"], BENJAMINI_HOCHBERG)).to_dict("records")


def review_row(panel: Panel, axis: Axis) -> dict[str, Any]:
    """Return change and p of the last step along an axis, at the largest fixed values, as the review defines them.

    Change: (AUC2 - AUC1) / AUC1 or (RMSE1 - RMSE2) / RMSE1 per doubling. p: Welch's t-test of a drop over fine-tuning
    and split seeds, which ignores the variance between pretraining runs; shown for comparison only.
    """
    ladder = cells_along(panel.cells, axis)
    if len(ladder) < 2:
        return {}
    ends = ladder[-2:]
    first, second = (panel.repeats[i] for i in ends)
    x = np.log2(panel.cells[axis.column].to_numpy(dtype=float)[ends])
    if panel.metric == "auc":
        change = (first.mean() - second.mean()) / (1 - first.mean()) if first.mean() < 1 else None
    else:
        change = (first.mean() - second.mean()) / first.mean()
    p, drop = welch_drop(first, second)
    per_doubling = None if change is None else float(change / (x[1] - x[0]))
    return {"review_change": per_doubling, "review_p": p, "review_drop": drop} | best_drop(panel, axis, ladder)


def welch_drop(first: np.ndarray, second: np.ndarray) -> tuple[float, bool]:
    """Return Welch's two-sided p (NaN when undefined) and whether the error rose by more than one pooled SD."""
    enough = min(len(first), len(second)) > 1
    spread = float(np.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2)) if enough else np.nan
    p = float(stats.ttest_ind(first, second, equal_var=False).pvalue) if enough and spread > 0 else np.nan
    return p, bool(second.mean() - first.mean() > spread)


def best_drop(panel: Panel, axis: Axis, ladder: list[int]) -> dict[str, Any]:
    """Return the drop of the last cell of `cells_along` from the best one, or nothing with fewer than 3 equal seeds.

    The best is chosen on the first half of the seeds and compared on the others: on the same seeds, the best of equal
    cells would be the luckiest, and the last would seem to drop.
    """
    errors = [panel.repeats[i] for i in ladder]
    if len({len(values) for values in errors}) > 1 or len(errors[0]) < 3:
        return {}
    half = len(errors[0]) // 2
    best = int(np.argmin([values[:half].mean() for values in errors]))
    best_cell = {"review_best": panel.cells[NAMED[axis.name]].iloc[ladder[best]]}
    if best == len(ladder) - 1:
        return best_cell | {"review_best_p": np.nan, "review_best_drop": False}
    p, drop = welch_drop(errors[best][half:], errors[-1][half:])
    return best_cell | {"review_best_p": p, "review_best_drop": drop}


def cells_along(cells: pd.DataFrame, axis: Axis) -> list[int]:
    """Return the positions of the cells along the axis, ascending, with all else fixed at its largest value."""
    cells = cells.reset_index(drop=True)
    columns = {"size": "parameters", "subset": "molecules", "budget": "tokens"}
    kept = cells[cells["seed"] == cells["seed"].min()]
    for name, column in columns.items():
        if name != NAMED[axis.name] and len(kept):
            kept = kept[kept[name] == kept.loc[kept[column].idxmax(), name]]
    return kept[axis.column].sort_values(kind="stable").index.tolist()


def add_review(rows: list[dict[str, Any]], margin: float) -> list[dict[str, Any]]:
    """Add the review's p values (Holm-adjusted within the family), its verdicts and whether they agree with ours.

    degraded: a drop of more than one pooled SD with adjusted p < .05; saturated: a change below the margin; otherwise
    improving. review_best_verdict is degraded or not degraded, from the drop relative to the best cell.
    """
    frame = pd.DataFrame(rows)
    if frame.empty or "review_p" not in frame:
        return rows
    frame = frame.reindex(columns=[*FAMILY, "review_p", "review_best_p"])
    last, best = (adjusted_in_families(frame, frame[name], HOLM) for name in ("review_p", "review_best_p"))
    reviewed = []
    for row, p, p_best in zip(rows, last, best, strict=True):
        if row.get("review_best") is not None:
            degraded = row["review_best_drop"] and p_best < ALPHA
            row = row | {"review_best_p": p_best, "review_best_verdict": "degraded" if degraded else "not degraded"}
        if row.get("review_change") is not None:
            degraded = row["review_drop"] and p < ALPHA
            verdict = "degraded" if degraded else "saturated" if row["review_change"] < margin else "improving"
            row = row | {
                "review_p": p,
                "review_verdict": verdict,
                "agrees": int(verdict == BY_REVIEW.get(row["verdict"], row["verdict"])),
            }
        reviewed.append(row)
    return reviewed
