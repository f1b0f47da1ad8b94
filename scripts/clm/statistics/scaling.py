"""Fits of pretraining loss along each axis of scale: exponents with intervals, floors only where data can show them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.curves import DECADES, DISTINCT, Curve, curves, identified, levels
from clm.statistics.fit_intervals import bootstrap_parameters, profile_interval
from clm.statistics.gains import AXES, axis_design
from clm.statistics.laws import Additive, Law, centred, fit_law, law_of
from clm.statistics.regression import Design, slope_design
from clm.statistics.slopes import Slope

HELD = 0.2  # share of the distinct values, the largest, on which forms are compared
SPARE = 3  # trunks beyond the number of parameters that an interval needs
PROFILE_BELOW = 20  # trunks below which a bootstrap over trunks is too narrow


def fit_rows(cells: pd.DataFrame, draws: int, seed: int, min_trunks: int) -> list[dict[str, Any]]:
    """Return the rows of fits.csv for one corpus.

    Args:
        cells: rows of runs.csv of one corpus, with `trunk`.
        draws: of the bootstrap over trunks.
        seed: of the bootstrap.
        min_trunks: below which nothing is fitted.
    """
    rows = []
    for curve in curves(cells):
        power = power_rows(curve, cells, min_trunks)
        floor = floor_rows(curve, draws, seed)
        rows += compare(curve, power, floor)
    return rows


def power_rows(curve: Curve, cells: pd.DataFrame, min_trunks: int) -> list[dict[str, Any]]:
    """Return rows of the law without floor: log-log slopes, with constants for whatever is held fixed.

    N, D and U use all cells of the corpus (constants make them comparable); C the envelope; N and D together the cells
    of at most one epoch, where each is the other's covariate.
    """
    used = curve.cells if curve.axis in ("C", "ND") else cells
    names = ("a",) if len(curve.inputs) == 1 else ("a", "b")
    found = [exponent(curve, used, i, min_trunks) for i in range(len(names))]
    shape = {"axis": curve.axis, "form": "power", "n": len(used), "n_trunks": int(used["trunk"].nunique())}
    if not len(used) or any(item is None for item in found):
        return [shape | {"parameter": "a", "status": "too_few"}]
    rows, scale = [], np.log(used["loss"].to_numpy(dtype=float))
    for name, column, (slope, count) in zip(names, curve.inputs, found, strict=True):
        low, high = slope.interval()
        told = {"parameter": name, "estimate": -slope.estimate, "lower": -high, "upper": -low, "n_trunks": count}
        rows.append(shape | told | {"status": "ok"})
        scale = scale - slope.estimate * np.log(used[column].to_numpy(dtype=float))
    rows.append(shape | {"parameter": "A", "estimate": float(np.exp(scale.mean())), "status": "ok"})
    return rows


def exponent(curve: Curve, used: pd.DataFrame, index: int, min_trunks: int) -> tuple[Slope, int] | None:
    """Return the log-log slope of loss on one input and the trunks behind it, or None."""
    if not len(used):
        return None
    logs = np.log(used[list(curve.inputs)].to_numpy(dtype=float))
    design = power_design(curve, used, logs, index)
    if design is None or design.clusters < min_trunks:
        return None
    factor = np.log(2) if curve.axis in ("N", "D", "U") else 1.0  # axis designs count doublings
    estimate, variance = design.slope(np.log(used["loss"].to_numpy(dtype=float)))
    return Slope(estimate / factor, float(np.sqrt(variance)) / factor, design.freedom, False), design.clusters


def power_design(curve: Curve, used: pd.DataFrame, logs: np.ndarray, index: int) -> Design | None:
    """Return the estimator of one exponent."""
    trunks = used["trunk"].to_numpy()
    if curve.axis in ("N", "D", "U"):
        return axis_design(used, next(axis for axis in AXES if axis.name == curve.axis))
    if curve.axis == "C":
        return slope_design(logs[:, 0], np.zeros(len(used), dtype=int), trunks)
    return slope_design(logs[:, index], levels(np.exp(logs[:, 1 - index])), trunks)


def floor_rows(curve: Curve, draws: int, seed: int) -> list[dict[str, Any]]:
    """Return rows of the law with a floor, or one row that says why there is none."""
    form = "additive" if len(curve.inputs) > 1 else "power_floor"
    trunks = int(curve.cells["trunk"].nunique())
    shape = {"axis": curve.axis, "form": form, "n": len(curve.cells), "n_trunks": trunks}
    if not len(curve.cells) or not identified(curve.x):
        note = f"E not identified: fewer than {DISTINCT} values or less than {DECADES} decades of an input"
        return [shape | {"parameter": "E", "status": "not_identified", "note": note}]
    if trunks < 1 + 2 * len(curve.inputs) + SPARE:
        note = f"{trunks} trunks on this curve are too few for a floor: an interval needs {SPARE} more than parameters"
        return [shape | {"parameter": "E", "status": "too_few", "note": note}]
    law, best = fit_law(curve.x, curve.loss)
    names = ("E", "A", "a") if len(curve.inputs) == 1 else ("E", "A", "B", "a", "b")
    values = (law.floor, *law.scales, *law.exponents)
    ends, note = floor_intervals(curve, best, trunks, draws, seed)
    told = [{"parameter": name, "estimate": value} for name, value in zip(names, values, strict=True)]
    return [
        shape | row | {"lower": low, "upper": high, "status": "ok", "note": note}
        for row, (low, high) in zip(told, ends, strict=True)
    ]


def floor_intervals(
    curve: Curve, best: np.ndarray, trunks: int, draws: int, seed: int
) -> tuple[list[tuple[float | None, float | None]], str]:
    """Return the 95 % interval of each parameter of a law and how it was made."""
    if trunks < PROFILE_BELOW:
        return [profiled(i, best, curve, trunks) for i in range(len(best))], "interval: profile of the objective"
    z, centre = centred(curve.x)
    clusters = curve.cells["trunk"].to_numpy()
    sample = bootstrap_parameters(best, Additive(z), np.log(curve.loss), clusters, draws, seed)
    laws = [law_of(theta, centre) for theta in sample]
    table = np.array([(law.floor, *law.scales, *law.exponents) for law in laws])
    ends = np.quantile(table, [0.025, 0.975], axis=0).T
    return [(float(low), float(high)) for low, high in ends], "interval: bootstrap over trunks"


def profiled(index: int, best: np.ndarray, curve: Curve, trunks: int) -> tuple[float | None, float | None]:
    """Return the profile interval of E or of an exponent; a scale at x = 1 lies far outside the data and has none."""
    count = len(curve.inputs)
    if 0 < index <= count:
        return None, None
    low, high = profile_interval(index, best, Additive(centred(curve.x)[0]), np.log(curve.loss), trunks)
    if index == 0:
        return float(np.exp(low)), float(np.exp(high)) if np.isfinite(high) else None
    return low, high if np.isfinite(high) else None


def compare(curve: Curve, power: list[dict[str, Any]], floor: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to both forms their error on the largest cells, held out, and say which predicts them better."""
    kept, power_error, floor_error = kept_cells(curve), None, None
    if kept is not None and power[0]["status"] == "ok":
        power_error = held_error(line(curve.x[kept], curve.loss[kept]), curve, ~kept)
    if kept is not None and floor[0]["status"] == "ok":
        floor_error = held_error(fit_law(curve.x[kept], curve.loss[kept])[0], curve, ~kept)
    return with_errors(power, floor, power_error, floor_error)


def kept_cells(curve: Curve) -> np.ndarray | None:
    """Return whether each cell is kept for a fit that must predict the largest ones, or None when too few are."""
    if not len(curve.cells):
        return None
    level = levels(curve.cells[curve.held].to_numpy(dtype=float))
    kept = level <= level.max() - max(1, round(HELD * (level.max() + 1)))
    return kept if len(np.unique(level[kept])) >= 2 else None


def with_errors(
    power: list[dict[str, Any]], floor: list[dict[str, Any]], power_error: float | None, floor_error: float | None
) -> list[dict[str, Any]]:
    """Return the rows of both forms with their held-out errors, and which is better when both are known."""
    note = None
    if power_error is not None and floor_error is not None:
        note = f"{'E = 0' if power_error <= floor_error else 'the floor'} predicts the largest cells better"
    notes = ["; ".join(filter(None, (row.get("note"), note))) for row in power]
    rows = [row | {"holdout_error": power_error, "note": told} for row, told in zip(power, notes, strict=True)]
    return rows + [row | {"holdout_error": floor_error} for row in floor]


def line(x: np.ndarray, loss: np.ndarray) -> Law:
    """Return the law without floor by least squares of log loss: a product of powers, written as a law of one input."""
    logs = np.column_stack([np.ones(len(x)), np.log(x)])
    solution = np.linalg.lstsq(logs, np.log(loss), rcond=None)[0]
    return Product(float(np.exp(solution[0])), tuple(-solution[1:]))


@dataclass(frozen=True)
class Product:
    """A / (x_1^a_1 x_2^a_2 ...)."""

    scale: float
    exponents: tuple[float, ...]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the loss at x, float64 (n, inputs)."""
        return self.scale * np.exp(-np.log(x) @ np.array(self.exponents))


def held_error(law: Law | Product, curve: Curve, held: np.ndarray) -> float:
    """Return the mean absolute error of log loss on the held-out cells."""
    return float(np.mean(np.abs(np.log(law(curve.x[held])) - np.log(curve.loss[held]))))
