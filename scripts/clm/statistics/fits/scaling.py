"""Fits of pretraining loss along each axis of scale: exponents with intervals, floors only if data can show them."""

from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.fits.curves import DECADES, DISTINCT, SPARE, Curve, curves, identified
from clm.statistics.fits.exponents import Exponent, exponent
from clm.statistics.fits.holdout import held_out_error, kept_cells, with_errors
from clm.statistics.fits.intervals import fitted_rows
from clm.statistics.fits.laws import Additive, Power, centred, fit_form, least_squares_fit


def fit_rows(cells: pd.DataFrame, draws: int, seed: int, min_trunks: int) -> list[dict[str, Any]]:
    """Return the rows of fits.csv for one corpus.

    Args:
        cells: rows of runs.csv of one corpus, with `trunk`.
        draws: of the bootstrap over trunks.
        seed: of the bootstrap.
        min_trunks: minimum number of trunks for a fit.
    """
    rows = []
    for curve in curves(cells):
        power = power_rows(curve, cells, min_trunks, draws, seed)
        floor = floor_rows(curve, draws, seed)
        rows += compare(curve, power, floor)
    return rows


def power_rows(curve: Curve, cells: pd.DataFrame, min_trunks: int, draws: int, seed: int) -> list[dict[str, Any]]:
    """Return rows of the law without floor: log-log slopes, with constants for the quantities held fixed.

    N, D and U use all cells of the corpus (constants make them comparable); C uses the envelope; N and D together use
    the cells with at most one epoch, each as the other's covariate.
    """
    used = curve.cells if curve.axis in ("C", "ND") else cells
    names = ("a",) if len(curve.inputs) == 1 else ("a", "b")
    found = [exponent(curve, used, i, min_trunks, draws, seed, cells) for i in range(len(names))]
    shape = {"axis": curve.axis, "form": "power", "n": len(used), "n_trunks": int(used["trunk"].nunique())}
    if any(one is None for one in found):
        return [shape | {"parameter": "a", "status": "too_few"}]
    rows, scale = [], np.log(used["loss"].to_numpy(dtype=float))
    for name, column, one in zip(names, curve.inputs, found, strict=True):
        rows.append(shape | {"parameter": name, "status": "ok"} | exponent_columns(one))
        scale = scale - one.slope.estimate * np.log(used[column].to_numpy(dtype=float))
    rows.append(shape | {"parameter": "A", "estimate": float(np.exp(scale.mean())), "status": "ok"})
    return rows


def exponent_columns(found: Exponent) -> dict[str, Any]:
    """Return the columns of an exponent, which is minus the slope."""
    low, high = found.slope.interval()
    columns = {"estimate": -found.slope.estimate, "lower": -high, "upper": -low, "df": found.slope.df}
    low, high = found.bootstrap
    if low is not None and high is not None:
        columns |= {"bootstrap_lower": -high, "bootstrap_upper": -low}
    columns |= {"lack_of_fit_p": found.misfit.p, "lack_of_fit_test": found.misfit.test}
    return columns | {"n_trunks": found.trunks}


def floor_rows(curve: Curve, draws: int, seed: int) -> list[dict[str, Any]]:
    """Return rows of the law with a floor, or one row with the reason why there is none."""
    form = "additive" if len(curve.inputs) > 1 else "power_floor"
    trunks = int(curve.cells["trunk"].nunique())
    shape = {"axis": curve.axis, "form": form, "n": len(curve.cells), "n_trunks": trunks}
    if not len(curve.cells) or not identified(curve.x):
        note = f"E not identified: fewer than {DISTINCT} values or less than {DECADES} decades of an input"
        return [shape | {"parameter": "E", "status": "not_identified", "note": note}]
    if trunks < 1 + 2 * len(curve.inputs) + SPARE:
        note = f"{trunks} trunks on this curve are too few for a floor: an interval needs {SPARE} more than parameters"
        return [shape | {"parameter": "E", "status": "too_few", "note": note}]
    z, centre = centred(curve.x)
    log_loss = np.log(curve.loss)
    best = fit_form(Additive(z), log_loss)
    rows = fitted_rows(Additive(z), best, centre, log_loss, curve.cells["trunk"].to_numpy(), draws, seed)
    return [shape | row for row in rows]


def compare(curve: Curve, power: list[dict[str, Any]], floor: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to both forms their error on the largest cells, which are held out, and which form predicts them better."""
    kept, power_error, floor_error = kept_cells(curve), None, None
    if kept is not None:
        logs, log_loss = np.log(curve.x), np.log(curve.loss)
        z = logs - logs[kept].mean(axis=0)
        if power[0]["status"] == "ok":
            power_error = held_out_error(Power(z), kept, log_loss, least_squares_fit)
        if floor[0]["status"] == "ok":
            floor_error = held_out_error(Additive(z), kept, log_loss)
    return with_errors(power, floor, power_error, floor_error)
