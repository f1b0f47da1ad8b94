"""Correlations of a predictor and a score within a budget and within a size, beside the overall correlation.

More tokens lower the loss of every model and may change scores independently, so an overall correlation can hide, or
invent, a relation among models of one budget (Simpson's paradox).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.correlation import MIN_CELLS, Association, associate, two_sided_p
from clm.statistics.intervals import percentile_interval
from clm.statistics.multiplicity import BENJAMINI_HOCHBERG, adjusted
from clm.statistics.resampling import Resamples
from clm.tables.columns import ALPHA

EVERYTHING, BUDGET, SIZE = "everything", "budget", "size"
SCOPES = (EVERYTHING, BUDGET, SIZE)
PARTS = ("", "_lower", "_upper", "_p")  # suffixes of the columns of a scope
COLUMNS = tuple(f"within_{scope}{part}" for scope in (BUDGET, SIZE) for part in (*PARTS, "_p_bh", "_meaning"))
Draw = Callable[[pd.DataFrame, np.ndarray], Resamples]
NOTABLE = 0.2  # |rho| that is worth a sentence


def scope_strata(cells: pd.DataFrame, scope: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the strata within which scores are ranked and those within which trunks may be exchanged.

    A trunk has each budget once, so trunks can be exchanged without strata even if ranks are within a budget.

    Args:
        cells: `size` and `budget` of each checkpoint.
        scope: one of SCOPES.
    """
    one = np.zeros(len(cells), dtype=int)
    if scope == EVERYTHING:
        return one, one
    number = cells.groupby(scope, sort=False).ngroup().to_numpy()
    return (number, one) if scope == BUDGET else (number, number)


def comparable(values: np.ndarray, score: np.ndarray, strata: np.ndarray) -> np.ndarray | None:
    """Return the positions of the checkpoints with others in their stratum for comparison.

    Args:
        values: float64 (n,), predictor, NaN where unknown.
        score: float64 (n,), NaN where unknown.
        strata: integer (n,).

    Returns:
        None if there are fewer than 5, or if the predictor is constant.
    """
    known = np.isfinite(values) & np.isfinite(score)
    alone = np.array([np.sum(known & (strata == stratum)) < 2 for stratum in strata])
    used = np.flatnonzero(known & ~alone)
    return None if len(used) < MIN_CELLS or np.ptp(values[used]) == 0 else used


def within_scope(
    values: np.ndarray, score: np.ndarray, cells: pd.DataFrame, scope: str, draw: Draw
) -> Association | None:
    """Return the association of a predictor and a score within strata, or None if there are too few data.

    Args:
        values: float64 (n,), predictor, NaN where unknown.
        score: float64 (n,), higher is better.
        cells: `size`, `budget`, `trunk` of each checkpoint.
        scope: one of SCOPES.
        draw: returns the resamples of some checkpoints, with trunks exchanged within the given strata.
    """
    ranked, moving = scope_strata(cells, scope)
    used = comparable(values, score, ranked)
    if used is None:
        return None
    return associate(values[used], score[used], (), ranked[used], draw(cells.iloc[used], moving[used]))


def scope_columns(scope: str, link: Association | None) -> dict[str, Any]:
    """Return the columns of one scope; `judge_scopes` adds those that depend on the family."""
    names = [f"within_{scope}{part}" for part in PARTS]
    if link is None:
        return dict.fromkeys(names)
    values = (link.spearman, *percentile_interval(link.boot), two_sided_p(link.spearman, link.null))
    return dict(zip(names, values, strict=True))


def judge_scopes(rows: Sequence[dict[str, Any]]) -> None:
    """Add, in place, the false discovery rate over the predictors of a task and the meaning of the signs in words."""
    for scope in (BUDGET, SIZE):
        p = [np.nan if row.get(f"within_{scope}_p") is None else row[f"within_{scope}_p"] for row in rows]
        for row, corrected in zip(rows, adjusted(p, BENJAMINI_HOCHBERG), strict=True):
            rho = row.get(f"within_{scope}")
            meaning = sign_in_words(row["predictor"], np.nan if rho is None else rho, corrected)
            row |= {f"within_{scope}_p_bh": corrected, f"within_{scope}_meaning": meaning}


def sign_in_words(name: str, rho: float, p: float) -> str:
    """Return a correlation with the score in words: "more curvature, worse score"."""
    if not np.isfinite(rho) or not np.isfinite(p):
        return "not testable here"
    if p >= ALPHA:
        return "no relation shown"
    return f"more {name}, {'better' if rho > 0 else 'worse'} score"


def simpson(everything: float, within: float, name: str = "loss", scope: str = BUDGET) -> str | None:
    """Return a sentence if a correlation within strata differs in kind from the overall one, else None.

    They differ in kind if one is notable (|rho| of .2 or more) and the other is not or has the opposite sign.
    """
    if not np.isfinite([everything, within]).all() or abs(everything - within) < NOTABLE:
        return None
    kinds = [np.sign(rho) if abs(rho) >= NOTABLE else 0.0 for rho in (everything, within)]
    if kinds[0] == kinds[1]:
        return None
    relation = {1.0: "a better score", -1.0: "a worse score", 0.0: "little difference of scores"}
    overall, inside = (relation[float(kind)] for kind in kinds)
    return (
        f"Within one {scope} more {name} goes with {inside} (rho {within:.2f}), "
        f"over everything with {overall} (rho {everything:.2f}): Simpson's paradox."
    )
