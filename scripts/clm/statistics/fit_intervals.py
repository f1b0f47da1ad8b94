"""Intervals of the parameters of a fitted law: the profile of the objective, or a bootstrap over trunks."""

import numpy as np
from scipy import stats

from clm.statistics.laws import Form, solve

STEPS = 40  # of the search for an end of an interval


def profile_interval(
    index: int, best: np.ndarray, form: Form, log_loss: np.ndarray, trunks: int
) -> tuple[float, float]:
    """Return the 95 % interval of one parameter from the profile of the objective.

    All values at which the objective, refitted, stays below (1 + F / (trunks - p)) times its minimum (Bates and Watts,
    Nonlinear Regression Analysis, 1988, section 6.1); the freedom is that of the trunks, whose budgets are repeated
    measures. An end that is not found within `STEPS` is infinite; one beyond the bounds of the form is the bound.
    """
    lowest = solve(best, form, log_loss)[1]
    freedom = max(trunks - len(best), 1)
    limit = lowest * (1 + stats.f.ppf(0.95, 1, freedom) / freedom) + 1e-15
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
    found = []
    for _ in range(draws):
        chosen = np.concatenate([members[i] for i in random.integers(len(members), size=len(members))])
        found.append(solve(best, form.take(chosen), log_loss[chosen])[0])
    return np.array(found)
