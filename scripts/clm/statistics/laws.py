"""Laws of pretraining loss with a floor, L = E + sum of A_i / x_i^a_i, fitted to log loss.

Huber's loss of log residuals, summed, with scale 1e-3 and many starts, as Hoffmann et al. (arXiv 2203.15556, section
3.3); their mean instead of the sum stops optimizers early (Besiroglu et al., arXiv 2404.10102).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import stats
from scipy.optimize import least_squares

HUBER = 1e-3
EXPONENTS = (0.05, 0.2, 0.5, 1.0)
FLOORS = (0.1, 0.5, 0.9)  # of the smallest loss
STEPS = 40  # of the search for an end of an interval


@dataclass(frozen=True)
class Law:
    """A fitted law.

    Attributes:
        floor: E in nats per masked token.
        scales: A_i, one per input.
        exponents: a_i, one per input.
    """

    floor: float
    scales: tuple[float, ...]
    exponents: tuple[float, ...]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the loss at x, float64 (n, inputs)."""
        return self.floor + sum(
            a * x[:, i] ** -b for i, (a, b) in enumerate(zip(self.scales, self.exponents, strict=True))
        )


def predict_log(theta: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log L and its derivatives.

    Args:
        theta: float64 (1 + 2k,): log E, then log A_i (of centred inputs), then a_i.
        z: float64 (n, k), centred log inputs.

    Returns:
        float64 (n,) and (n, 1 + 2k).
    """
    count = z.shape[1]
    scales, exponents = theta[1 : 1 + count], theta[1 + count :]
    terms = np.column_stack([np.full(len(z), theta[0]), scales - exponents * z])
    top = terms.max(axis=1, keepdims=True)
    shares = np.exp(terms - top)
    total = shares.sum(axis=1, keepdims=True)
    shares /= total
    return (top + np.log(total))[:, 0], np.column_stack([shares, -shares[:, 1:] * z])


def solve(
    start: np.ndarray, z: np.ndarray, log_loss: np.ndarray, held: tuple[int, float] | None = None
) -> tuple[np.ndarray, float]:
    """Return parameters and objective of the local optimum from one start; `held` fixes one parameter."""
    free = np.array([i for i in range(len(start)) if held is None or i != held[0]])
    full = start.copy()
    if held is not None:
        full[held[0]] = held[1]

    def residuals(theta: np.ndarray) -> np.ndarray:
        full[free] = theta
        return predict_log(full, z)[0] - log_loss

    def slopes(theta: np.ndarray) -> np.ndarray:
        full[free] = theta
        return predict_log(full, z)[1][:, free]

    lower = np.where(np.arange(len(start)) > z.shape[1], 0.0, -np.inf)[free]  # exponents are not negative
    first = np.maximum(full[free], np.where(np.isfinite(lower), lower + 1e-6, -np.inf))
    found = least_squares(
        residuals, first, slopes, bounds=(lower, np.inf), loss="huber", f_scale=HUBER, x_scale="jac", max_nfev=200
    )
    full[free] = found.x
    return full.copy(), float(found.cost)


def starts(z: np.ndarray, log_loss: np.ndarray) -> Iterator[np.ndarray]:
    """Yield starting points over a grid of floors and exponents."""
    smallest, middle = float(np.exp(log_loss.min())), float(np.exp(np.median(log_loss)))
    for share, *exponents in product(FLOORS, *[EXPONENTS] * z.shape[1]):
        rest = max(middle - share * smallest, 0.05 * middle) / z.shape[1]
        yield np.array([np.log(share * smallest), *[np.log(rest)] * z.shape[1], *exponents])


def fit_law(x: np.ndarray, loss: np.ndarray) -> tuple[Law, np.ndarray]:
    """Fit a law with a floor.

    Args:
        x: float64 (n, k), positive inputs (N, or N and D, ...).
        loss: float64 (n,), positive.

    Returns:
        the law, and its parameters on centred inputs, float64 (1 + 2k,), from which intervals start.
    """
    z, centre = centred(x)
    best = min((solve(start, z, np.log(loss)) for start in starts(z, np.log(loss))), key=lambda found: found[1])[0]
    return law_of(best, centre), best


def centred(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log inputs minus their means, and the means: centring makes the parameters nearly orthogonal."""
    logs = np.log(x)
    return logs - logs.mean(axis=0), logs.mean(axis=0)


def law_of(theta: np.ndarray, centre: np.ndarray) -> Law:
    """Return the law of parameters on centred inputs."""
    count = len(centre)
    exponents = theta[1 + count :]
    scales = np.exp(theta[1 : 1 + count] + exponents * centre)
    return Law(float(np.exp(theta[0])), tuple(map(float, scales)), tuple(map(float, exponents)))


def profile_interval(index: int, best: np.ndarray, x: np.ndarray, loss: np.ndarray, trunks: int) -> tuple[float, float]:
    """Return the 95 % interval of one parameter on centred inputs from the profile of the objective.

    All values at which the objective, refitted, stays below (1 + F / (trunks - p)) times its minimum (Bates and Watts,
    Nonlinear Regression Analysis, 1988, section 6.1); the freedom is that of the trunks, whose budgets are repeated
    measures. An end that is not found within `STEPS` is infinite.
    """
    z, _ = centred(x)
    log_loss = np.log(loss)
    lowest = solve(best, z, log_loss)[1]
    freedom = max(trunks - len(best), 1)
    limit = lowest * (1 + stats.f.ppf(0.95, 1, freedom) / freedom) + 1e-15
    return tuple(profile_end(index, sign, best, z, log_loss, limit) for sign in (-1, 1))


def profile_end(index: int, sign: int, best: np.ndarray, z: np.ndarray, log_loss: np.ndarray, limit: float) -> float:
    """Return where the profile crosses the limit in one direction: doubled steps outwards, then bisection."""
    step, inside, outside, theta = 1e-4, best[index], None, best
    bound = 0.0 if index > z.shape[1] and sign < 0 else None
    for _ in range(STEPS):
        trial = (inside + outside) / 2 if outside is not None else best[index] + sign * step
        if bound is not None and trial <= bound:
            trial = bound
        theta_trial, value = solve(theta, z, log_loss, (index, trial))
        if value > limit:
            outside = trial
        elif trial == bound:
            return bound
        else:
            inside, theta = trial, theta_trial
        step *= 2
        if outside is not None and abs(outside - inside) < 1e-3 * max(abs(inside), 1e-3):
            return float(inside)
    return float(inside) if outside is not None else sign * np.inf


def bootstrap_parameters(
    best: np.ndarray, x: np.ndarray, loss: np.ndarray, clusters: np.ndarray, draws: int, seed: int
) -> np.ndarray:
    """Return parameters (draws, p) on the centred inputs of all data, refitted to resampled trunks."""
    z, _ = centred(x)
    log_loss = np.log(loss)
    members = [np.flatnonzero(clusters == name) for name in np.unique(clusters)]
    random = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        chosen = np.concatenate([members[i] for i in random.integers(len(members), size=len(members))])
        found.append(solve(best, z[chosen], log_loss[chosen])[0])
    return np.array(found)
