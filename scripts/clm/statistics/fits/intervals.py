"""Intervals of the parameters of a fitted law: the profile of the objective, or a bootstrap over trunks."""

from typing import Any

import numpy as np
from scipy import stats

from clm.statistics.fits.laws import Form, solve
from clm.statistics.intervals import Interval, percentile_interval
from clm.tables.columns import ALPHA

STEPS = 40  # maximum steps of the search for an end of an interval
PROFILE_BELOW = 20  # trunks below which a bootstrap over trunks is too narrow
SCALES = ("A", "B")  # values at x = 1, far outside the data: their profiles are meaningless
LOGARITHMS = ("E", "R")  # parameters that are fitted as logarithms


def fitted_rows(
    form: Form, best: np.ndarray, centre: np.ndarray, log_loss: np.ndarray, trunks: np.ndarray, draws: int, seed: int
) -> list[dict[str, Any]]:
    """Return one row per parameter of a fitted law: estimate, 95 % interval and, as a note, its method.

    Args:
        form: the law on n checkpoints.
        best: float64 (p,), its fitted parameters.
        centre: float64 (k,), means of the log inputs.
        log_loss: float64 (n,).
        trunks: integer (n,), trunk of each checkpoint.
        draws: of the bootstrap over trunks.
        seed: of the bootstrap.
    """
    count = len(np.unique(trunks))
    if count < PROFILE_BELOW:
        note = "interval: profile of the objective"
        ends = [natural_profile(i, name, best, form, log_loss, count) for i, name in enumerate(form.names)]
    else:
        note = "interval: bootstrap over trunks"
        sample = bootstrap_parameters(best, form, log_loss, trunks, draws, seed)
        ends = map(percentile_interval, np.array([form.natural(theta, centre) for theta in sample]).T)
    estimates = zip(form.names, form.natural(best, centre), ends, strict=True)
    return [
        {"parameter": name, "estimate": value, "lower": low, "upper": high, "status": "ok", "note": note}
        for name, value, (low, high) in estimates
    ]


def natural_profile(index: int, name: str, best: np.ndarray, form: Form, log_loss: np.ndarray, trunks: int) -> Interval:
    """Return the profile interval of a parameter on its natural scale: none for a scale, None for an open end."""
    if name in SCALES:
        return None, None
    low, high = profile_interval(index, best, form, log_loss, trunks)
    if name in LOGARITHMS:
        low, high = float(np.exp(low)), float(np.exp(high))
    return low, high if np.isfinite(high) else None


def profile_interval(
    index: int, best: np.ndarray, form: Form, log_loss: np.ndarray, trunks: int
) -> tuple[float, float]:
    """Return the 95 % interval of one parameter from the profile of the objective.

    It contains all values at which the refitted objective stays below (1 + F / (trunks - p)) times its minimum (Bates
    and Watts, Nonlinear Regression Analysis, 1988, section 6.1); the degrees of freedom are those of the trunks, whose
    budgets are repeated measures. An end that is not found within `STEPS` is infinite; one beyond the bounds of the
    form is set to the bound.
    """
    lowest = solve(best, form, log_loss)[1]
    df = max(trunks - len(best), 1)
    limit = lowest * (1 + stats.f.ppf(1 - ALPHA, 1, df) / df) + 1e-15
    return tuple(profile_end(index, sign, best, form, log_loss, limit) for sign in (-1, 1))


def profile_end(index: int, sign: int, best: np.ndarray, form: Form, log_loss: np.ndarray, limit: float) -> float:
    """Return where the profile crosses the limit in one direction: doubled steps outwards, then bisection."""
    step, inside, outside, theta = 1e-4, best[index], None, best
    bound = form.bounds()[0 if sign < 0 else 1][index]
    for _ in range(STEPS):
        trial = (inside + outside) / 2 if outside is not None else best[index] + sign * step
        if sign * (trial - bound) >= 0:
            trial = bound
        theta_trial, value = solve(theta, form, log_loss, (index, trial))
        if value > limit:
            outside = trial
        elif trial == bound:
            return float(bound)
        else:
            inside, theta = trial, theta_trial
        step *= 2
        if outside is not None and abs(outside - inside) < 1e-3 * max(abs(inside), 1e-3):
            return float(inside)
    return float(inside) if outside is not None else sign * np.inf


def bootstrap_parameters(
    best: np.ndarray, form: Form, log_loss: np.ndarray, clusters: np.ndarray, draws: int, seed: int
) -> np.ndarray:
    """Return parameters (draws, p), refitted to resampled trunks."""
    members = [np.flatnonzero(clusters == name) for name in np.unique(clusters)]
    random = np.random.default_rng(seed)
    parameters = []
    for _ in range(draws):
        chosen = np.concatenate([members[i] for i in random.integers(len(members), size=len(members))])
        parameters.append(solve(best, form.take(chosen), log_loss[chosen])[0])
    return np.array(parameters)
