"""Test whether a power law describes losses, or their steps are too uneven for one exponent."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from clm.statistics.estimates import MIN_DF
from clm.statistics.fits.curves import levels
from clm.statistics.regression import slope_design

PURE_ERROR = "F test against the mean of each size and subset, error of repeated trunks"
QUADRATIC = "quadratic term in the logarithm, trunks as clusters"


@dataclass(frozen=True)
class LackOfFit:
    """A test of a power law.

    Attributes:
        p: p value of the law; None if it cannot be tested.
        test: name of the test, or why there is none.
    """

    p: float | None
    test: str


def lack_of_fit(cells: pd.DataFrame, x: np.ndarray, groups: np.ndarray, between_trunks: bool) -> LackOfFit:
    """Return the test of log loss linear in x with a constant for each group.

    If the axis differs between trunks and trunks are repeated, the test uses their pure error (Draper and Smith,
    Applied Regression Analysis, 1998, section 2.1), with means over budgets because the budgets of a trunk are repeated
    measures. Otherwise it tests against a quadratic term, with the error between trunks.

    Args:
        cells: n rows with `size`, `subset`, `budget`, `trunk`, `loss`.
        x: float64 (n,), log of the input.
        groups: integer (n,), fixed effects.
        between_trunks: whether x is the same for all budgets of a trunk.
    """
    if max(levels(np.exp(x[groups == group])).max() for group in np.unique(groups)) < 2:
        return LackOfFit(None, "two values of the axis fit any line")
    pure = pure_error(cells, x) if between_trunks else None
    if pure is not None:
        return LackOfFit(pure, PURE_ERROR)
    z = x - x.mean()
    design = slope_design(np.square(z), groups, cells["trunk"].to_numpy(), z)
    if design is None or design.df < MIN_DF:
        return LackOfFit(None, "too few trunks for a quadratic term")
    value, variance = design.slope(np.log(cells["loss"].to_numpy(dtype=float)))
    t = np.inf if variance <= 0 else abs(value) / np.sqrt(variance)
    return LackOfFit(float(2 * stats.t.sf(t, design.df)), QUADRATIC)


def pure_error(cells: pd.DataFrame, x: np.ndarray) -> float | None:
    """Return p of the lack of fit by the pure error of repeated trunks, or None if too few are repeated.

    There is a constant for each value held fixed besides the budget: the subset along sizes, the size along subsets.
    """
    table = cells.assign(x=x, log_loss=np.log(cells["loss"].to_numpy(dtype=float)))
    common = table.groupby("budget")["trunk"].nunique() == table["trunk"].nunique()
    table = table[table["budget"].map(common)]
    trunks = table.groupby("trunk").agg({"x": "first", "log_loss": "mean", "size": "first", "subset": "first"})
    if trunks.empty:
        return None
    kinds = trunks.groupby(["size", "subset"], sort=False)["log_loss"]
    fixed = "subset" if trunks.groupby("subset")["x"].nunique().max() > 1 else "size"
    line = np.column_stack([pd.get_dummies(trunks[fixed]).to_numpy(dtype=float), trunks["x"]])
    y = trunks["log_loss"].to_numpy()
    error, error_df = float(np.square(y - kinds.transform("mean")).sum()), len(y) - kinds.ngroups
    misfit_df = kinds.ngroups - int(np.linalg.matrix_rank(line))
    if error_df < MIN_DF or misfit_df < 1 or error <= 0:
        return None
    misfit = float(np.square(y - line @ np.linalg.pinv(line) @ y).sum()) - error
    return float(stats.f.sf(misfit / misfit_df / (error / error_df), misfit_df, error_df))
