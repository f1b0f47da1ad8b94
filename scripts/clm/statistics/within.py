"""Correlations of a predictor and a score within a budget and within a size, beside that over everything.

More tokens lower the loss of every model and may change scores in their own way, so that a correlation over everything
can hide, or invent, what holds among models of one budget (Simpson's paradox).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.correlation import MIN_CELLS, Association, associate, two_sided_p
from clm.statistics.intervals import percentile_interval
from clm.statistics.multiplicity import BENJAMINI_HOCHBERG, adjusted
from clm.statistics.resampling import resamples
from clm.tables.columns import ALPHA

EVERYTHING, BUDGET, SIZE = "everything", "budget", "size"
SCOPES = (EVERYTHING, BUDGET, SIZE)
FAMILY = ("mode", "split", "features", "task", "scope")
NOTABLE = 0.2  # |rho| that is worth a sentence


def scope_strata(cells: pd.DataFrame, scope: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the strata within which scores are ranked and those within which trunks may trade places.

    A trunk has each budget once, so trunks trade places over everything also where ranks are made within a budget.

    Args:
        cells: `size` and `budget` of each checkpoint.
        scope: one of SCOPES.
    """
    one = np.zeros(len(cells), dtype=int)
    if scope == EVERYTHING:
        return one, one
    number = cells.groupby(scope, sort=False).ngroup().to_numpy()
    return (number, one) if scope == BUDGET else (number, number)


def within_scope(
    values: np.ndarray, score: np.ndarray, cells: pd.DataFrame, scope: str, count: int, seed: int, min_trunks: int
) -> tuple[Association, int] | None:
    """Return the association of a predictor and a score within strata, and the number of trunks behind it.

    Args:
        values: float64 (n,), predictor, NaN where unknown.
        score: float64 (n,), higher is better.
        cells: `size`, `budget`, `trunk` of each checkpoint.
        scope: one of SCOPES.
        count: bootstrap draws and permutations.
        seed: of both.
        min_trunks: below which there is no permutation test.

    Returns:
        None with fewer than 5 checkpoints that have others to compare with.
    """
    ranked, moving = scope_strata(cells, scope)
    known = np.isfinite(values) & np.isfinite(score)
    alone = np.array([np.sum(known & (ranked == stratum)) < 2 for stratum in ranked])
    used = np.flatnonzero(known & ~alone)
    if len(used) < MIN_CELLS or np.ptp(values[used]) == 0:
        return None
    trunks, budgets = cells["trunk"].to_numpy()[used], cells["budget"].to_numpy(dtype=str)[used]
    drawn = resamples(trunks, budgets, moving[used], count, seed, min_trunks)
    return associate(values[used], score[used], (), ranked[used], drawn), len(np.unique(trunks))


def scope_row(scope: str, link: Association, trunks: int) -> dict[str, Any]:
    """Return one row of a table of correlations within scopes; `p_bh` and `verdict` wait for the family."""
    lower, upper = percentile_interval(link.boot)
    row = {"scope": scope, "spearman": link.spearman, "lower": lower, "upper": upper}
    return row | {"p": two_sided_p(link.spearman, link.null), "n_trunks": trunks}


def adjust(rows: Sequence[Mapping[str, Any]], predictor_names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Add p_bh, the false discovery rate over the predictors of a family, and what the sign means in words.

    Args:
        rows: with the columns of FAMILY that they have, predictor, spearman, p.
        predictor_names: {predictor: what readers call it}.
    """
    frame = pd.DataFrame([dict(row) for row in rows])
    if frame.empty:
        return []
    keys = [name for name in FAMILY if name in frame]
    frame["p_bh"] = np.nan
    for _, group in frame.groupby(keys, sort=False, dropna=False):
        frame.loc[group.index, "p_bh"] = adjusted(pd.to_numeric(group["p"]).to_numpy(dtype=float), BENJAMINI_HOCHBERG)
    names = predictor_names or {}
    frame["meaning"] = [
        sign_in_words(names.get(row.predictor, row.predictor), row.spearman, row.p_bh) for row in frame.itertuples()
    ]
    return frame.to_dict("records")


def sign_in_words(name: str, rho: float, p: float) -> str:
    """Return what a correlation with the score says: "more curvature, worse score"."""
    if not np.isfinite(rho) or not np.isfinite(p):
        return "not testable here"
    if p >= ALPHA:
        return "no relation shown"
    return f"more {name}, {'better' if rho > 0 else 'worse'} score"


def simpson(everything: float, within: float, name: str = "loss", scope: str = BUDGET) -> str | None:
    """Return a sentence where a correlation within strata differs in kind from that over everything, else None.

    They differ in kind when one is notable (|rho| of .2 or more) and the other is not or has the other sign.
    """
    if not np.isfinite([everything, within]).all() or abs(everything - within) < NOTABLE:
        return None
    kinds = [np.sign(rho) if abs(rho) >= NOTABLE else 0.0 for rho in (everything, within)]
    if kinds[0] == kinds[1]:
        return None
    relation = {1.0: "a better score", -1.0: "a worse score", 0.0: "no different score"}
    overall, inside = (relation[float(kind)] for kind in kinds)
    return (
        f"Within one {scope} more {name} goes with {inside} (rho {within:.2f}), "
        f"over everything with {overall} (rho {everything:.2f}): Simpson's paradox."
    )


def hindsight_regret(errors: np.ndarray, choice: np.ndarray) -> float:
    """Return the mean log error of a choice over that of the checkpoint that turned out best; never negative.

    Args:
        errors: float64 (k, n), log error of n checkpoints on k repeats.
        choice: float64 (n,), probability that each checkpoint is chosen; sums to 1.
    """
    means = errors.mean(axis=0)
    return float(means @ choice - means.min())


def random_regret(errors: np.ndarray, choice: np.ndarray) -> float:
    """Return the mean log error of a choice over that of choosing at random; negative is good."""
    means = errors.mean(axis=0)
    return float(means @ choice - means.mean())
