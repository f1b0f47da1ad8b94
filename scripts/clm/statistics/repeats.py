"""What repeated data are worth: laws of pretraining loss on all cells, also those that saw their data many times.

Repeated tokens count as fewer new ones, D' = U + U R* (1 - exp(-R / R*)) with U distinct tokens seen R times again
(Muennighoff et al., arXiv 2305.16264, equation 5); R* is the number of repetitions after which their worth has decayed
to 1/e. Their discount of excess parameters is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from clm.statistics.curves import Curve, identified, levels
from clm.statistics.fit_intervals import bootstrap_parameters, profile_interval
from clm.statistics.laws import Additive, Form, Power, centred, fit_form
from clm.statistics.scaling import PROFILE_BELOW, SPARE, kept_cells, with_errors

LEAST, MOST = 1e-2, 1e4  # of R*: repeating is worth nothing; as much as new data
HALVES = (0.3, 3.0, 30.0)  # R* to start from


def worth(log_half: float, repeats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log D'/U and its derivative by log R*, float64 (n,) each, for R = `repeats`, float64 (n,)."""
    half = np.exp(log_half)
    lost, kept = -np.expm1(-repeats / half), np.exp(-repeats / half)
    value = 1 + half * lost
    return np.log(value), half * (lost - repeats / half * kept) / value


@dataclass(frozen=True)
class Repeated:
    """A law whose last input is D'; its last parameter is log R*.

    Attributes:
        law: on N and distinct tokens U.
        repeats: float64 (n,), R, how often the data were seen again.
    """

    law: Additive | Power
    repeats: np.ndarray

    def moved(self, log_worth: np.ndarray) -> Additive | Power:
        """Return the law on N and D'."""
        return replace(self.law, z=self.law.z + np.column_stack([np.zeros(len(log_worth)), log_worth]))

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log L and its derivatives; that by log D' is -b times that by the scale of the last term."""
        log_worth, bend = worth(theta[-1], self.repeats)
        values, slopes = self.moved(log_worth)(theta[:-1])
        scale = slopes.shape[1] - 1 - self.law.z.shape[1]
        return values, np.column_stack([slopes, -theta[-2] * slopes[:, scale] * bend])

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the parameters."""
        lower, upper = self.law.bounds()
        return np.append(lower, np.log(LEAST)), np.append(upper, np.log(MOST))

    def starts(self, log_loss: np.ndarray) -> Iterable[np.ndarray]:
        """Yield the fit of the law at a middling R*, with several R*."""
        middle = fit_form(self.moved(worth(np.log(HALVES[1]), self.repeats)[0]), log_loss)
        yield from (np.append(middle, log_half) for log_half in np.log(HALVES))

    def take(self, rows: np.ndarray) -> Self:
        """Return the law on some of the inputs."""
        return Repeated(self.law.take(rows), self.repeats[rows])


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
    """Return the rows of one form, or one row that says why there is none, and its error on held-out cells."""
    names = ("A", "a", "b", "R") if kind is Power else ("E", "A", "B", "a", "b", "R")
    trunks = int(curve.cells["trunk"].nunique())
    form_name = "repeated" if kind is Power else "repeated_floor"
    shape = {"axis": curve.axis, "form": form_name, "n": len(curve.cells), "n_trunks": trunks}
    fault = fault_of(curve, kind, trunks, len(names))
    if fault:
        return [shape | dict(zip(("parameter", "status", "note"), fault, strict=True))], None
    form, centre = form_of(curve, kind)
    log_loss = np.log(curve.loss)
    best = fit_form(form, log_loss)
    ends, note = intervals(names, best, form, log_loss, curve.cells["trunk"].to_numpy(), draws, seed)
    rows = [
        shape | {"parameter": name, "estimate": value, "lower": low, "upper": high, "status": "ok", "note": note}
        for name, value, (low, high) in zip(names, natural(names, best, centre), ends, strict=True)
    ]
    rows[-1] |= open_ends(rows[-1])
    kept = kept_cells(curve)
    if kept is None:
        return rows, None
    predicted = form.take(~kept)(fit_form(form.take(kept), log_loss[kept]))[0]
    return rows, float(np.mean(np.abs(predicted - log_loss[~kept])))


def open_ends(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row on R* cannot say: no number where the best is a bound, nothing where both ends are open."""
    if row["lower"] == 0.0 and row["upper"] is None:
        note = "R* not identified: any worth of repeated data fits"
        return {"estimate": None, "lower": None, "status": "not_identified", "note": note}
    if not 1.01 * LEAST < row["estimate"] < 0.99 * MOST:
        worth_told = "nothing" if row["estimate"] < 1 else "as much as new ones"
        return {"estimate": None, "note": f"{row['note']}; repeated tokens are best described as worth {worth_told}"}
    return {}


def fault_of(curve: Curve, kind: type, trunks: int, parameters: int) -> tuple[str, str, str] | None:
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


def natural(names: tuple[str, ...], theta: np.ndarray, centre: np.ndarray) -> list[float]:
    """Return parameters on inputs that are not centred: E, the scales, the exponents, R*."""
    exponents = theta[-3:-1]
    if "E" in names:
        scales = np.exp(theta[1:3] + exponents * centre)
        return [float(np.exp(theta[0])), *scales.tolist(), *exponents.tolist(), float(np.exp(theta[-1]))]
    return [float(np.exp(theta[0] + exponents @ centre)), *exponents.tolist(), float(np.exp(theta[-1]))]


def intervals(
    names: tuple[str, ...],
    best: np.ndarray,
    form: Form,
    log_loss: np.ndarray,
    trunks: np.ndarray,
    draws: int,
    seed: int,
) -> tuple[list[tuple[float | None, float | None]], str]:
    """Return the 95 % interval of each parameter (none for scales, far outside the data) and how it was made."""
    count = len(np.unique(trunks))
    if count < PROFILE_BELOW:
        note = "interval: profile of the objective"
        ends = [
            (None, None) if name in "AB" else profile_interval(i, best, form, log_loss, count)
            for i, name in enumerate(names)
        ]
    else:
        note = "interval: bootstrap over trunks"
        sample = bootstrap_parameters(best, form, log_loss, trunks, draws, seed)
        quantiles = np.quantile(sample, [0.025, 0.975], axis=0).T
        ends = [(None, None) if name in "AB" else tuple(pair) for name, pair in zip(names, quantiles, strict=True)]
    return [told(name, *pair) for name, pair in zip(names, ends, strict=True)], note


def told(name: str, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Return an interval of E or R* without the logarithm; ends of R* at its bounds are 0 and open."""
    if low is None or name in "ab":
        return low, high if high is not None and np.isfinite(high) else None
    low, high = float(np.exp(low)), float(np.exp(high)) if np.isfinite(high) else None
    if name == "R":
        return 0.0 if low < 1.01 * LEAST else low, None if high is None or high > 0.99 * MOST else high
    return low, high
