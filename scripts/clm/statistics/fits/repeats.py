"""The value of repeated data: laws of pretraining loss on all cells, including those with many repetitions.

Repeated tokens count as fewer new ones, D' = U + U R* (1 - exp(-R / R*)) with U distinct tokens repeated R times
(Muennighoff et al., arXiv 2305.16264, equation 5); R* is the number of repetitions after which their value has decayed
to 1/e. The discount of excess parameters in that paper is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from clm.statistics.fits.curves import SPARE, Curve, identified, levels
from clm.statistics.fits.holdout import held_out_error, kept_cells, with_errors
from clm.statistics.fits.intervals import SCALES, fitted_rows
from clm.statistics.fits.laws import Additive, Power, centred, fit_form

LEAST, MOST = 1e-2, 1e4  # bounds of R*: repeated data are worth nothing; as much as new data
STARTS = (0.3, 3.0, 30.0)  # starting values of R*


def effective_data(log_half: float, repeats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log D'/U and its derivative with respect to log R*, float64 (n,) each, for R = `repeats`, float64 (n,)."""
    half = np.exp(log_half)
    lost, kept = -np.expm1(-repeats / half), np.exp(-repeats / half)
    value = 1 + half * lost
    return np.log(value), half * (lost - repeats / half * kept) / value


@dataclass(frozen=True)
class Repeated:
    """A law whose last input is D'; its last parameter is log R*.

    Attributes:
        law: on N and distinct tokens U.
        repeats: float64 (n,), R, number of repetitions of the data.
    """

    law: Additive | Power
    repeats: np.ndarray

    def moved(self, log_data: np.ndarray) -> Additive | Power:
        """Return the law on N and D'."""
        return replace(self.law, z=self.law.z + np.column_stack([np.zeros(len(log_data)), log_data]))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return (*self.law.names, "R")

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log L and its derivatives; that for log D' is -b times that for the scale of the last term."""
        log_data, bend = effective_data(theta[-1], self.repeats)
        values, slopes = self.moved(log_data)(theta[:-1])
        scale = slopes.shape[1] - 1 - self.law.z.shape[1]
        return values, np.column_stack([slopes, -theta[-2] * slopes[:, scale] * bend])

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the parameters."""
        lower, upper = self.law.bounds()
        return np.append(lower, np.log(LEAST)), np.append(upper, np.log(MOST))

    def starts(self, log_loss: np.ndarray) -> Iterable[np.ndarray]:
        """Yield the fit of the law at a medium R*, combined with several values of R*."""
        middle = fit_form(self.moved(effective_data(np.log(STARTS[1]), self.repeats)[0]), log_loss)
        yield from (np.append(middle, log_half) for log_half in np.log(STARTS))

    def take(self, rows: np.ndarray) -> Self:
        """Return the law on some of the inputs."""
        return Repeated(self.law.take(rows), self.repeats[rows])

    def natural(self, theta: np.ndarray, centre: np.ndarray) -> list[float]:
        """Return the parameters of the law and R*."""
        return [*self.law.natural(theta[:-1], centre), float(np.exp(theta[-1]))]


def repeated_rows(cells: pd.DataFrame, draws: int, seed: int) -> list[dict[str, Any]]:
    """Return the rows of fits.csv on N, D and the repetition of data of one corpus: without a floor and with one.

    Args:
        cells: rows of runs.csv of one corpus, with `trunk`.
        draws: of the bootstrap over trunks.
        seed: of the bootstrap.
    """
    curve = Curve("NDU", ("parameters", "tokens"), cells, "flops")
    (power, power_error), (floor, floor_error) = (form_rows(curve, kind, draws, seed) for kind in (Power, Additive))
    return with_errors(power, floor, power_error, floor_error)


def form_rows(
    curve: Curve, kind: type[Power] | type[Additive], draws: int, seed: int
) -> tuple[list[dict[str, Any]], float | None]:
    """Return the rows of one form, or one row with the reason why there is none, and its error on held-out cells."""
    trunks = int(curve.cells["trunk"].nunique())
    name = "repeated" if kind is Power else "repeated_floor"
    shape = {"axis": curve.axis, "form": name, "n": len(curve.cells), "n_trunks": trunks}
    form, centre = form_of(curve, kind)
    reason = reason_against(curve, kind, trunks, len(form.names))
    if reason:
        return [shape | dict(zip(("parameter", "status", "note"), reason, strict=True))], None
    log_loss = np.log(curve.loss)
    best = fit_form(form, log_loss)
    rows = fitted_rows(form, best, centre, log_loss, curve.cells["trunk"].to_numpy(), draws, seed)
    rows = [shape | row | dict.fromkeys(("lower", "upper") if row["parameter"] in SCALES else ()) for row in rows]
    rows[-1] |= open_ends(rows[-1])
    kept = kept_cells(curve)
    return rows, None if kept is None else held_out_error(form, kept, log_loss)


def open_ends(row: dict[str, Any]) -> dict[str, Any]:
    """Return the changes to the row on R* if its interval or its best value lies at a bound of the fit.

    An end at a bound becomes 0 or open; with both ends open, R* is not identified; a best value at a bound is dropped.
    """
    low = 0.0 if row["lower"] < 1.01 * LEAST else row["lower"]
    high = None if row["upper"] is None or row["upper"] > 0.99 * MOST else row["upper"]
    ends = {"lower": low, "upper": high}
    if low == 0.0 and high is None:
        note = "R* not identified: any worth of repeated data fits"
        return {"estimate": None, "lower": None, "upper": None, "status": "not_identified", "note": note}
    if not 1.01 * LEAST < row["estimate"] < 0.99 * MOST:
        worth = "nothing" if row["estimate"] < 1 else "as much as new ones"
        return ends | {"estimate": None, "note": f"{row['note']}; repeated tokens are best described as worth {worth}"}
    return ends


def reason_against(curve: Curve, kind: type, trunks: int, parameters: int) -> tuple[str, str, str] | None:
    """Return parameter, status and note of a fit that cannot be made, or None."""
    if not len(curve.cells) or curve.cells["epochs"].max() <= 1:
        return "R", "not_identified", "R* not identified: no data are repeated"
    if kind is Additive and not identified(curve.x):
        return "E", "not_identified", "E not identified: too few values or decades of an input"
    if trunks < parameters + SPARE or min(levels(column).max() for column in curve.x.T) < 1:
        return "R", "too_few", f"{trunks} trunks are too few, or N or D does not vary"
    return None


def form_of(curve: Curve, kind: type[Power] | type[Additive]) -> tuple[Repeated, np.ndarray]:
    """Return the law on the cells of a curve, and the means of log N and log U on which it is centred."""
    epochs = np.maximum(curve.cells["epochs"].to_numpy(dtype=float), 1)
    z, centre = centred(curve.x / np.column_stack([np.ones(len(epochs)), epochs]))
    return Repeated(kind(z), epochs - 1), centre
