"""Laws of pretraining loss with a floor, L = E + sum of A_i / x_i^a_i, fitted to log loss.

Huber's loss of log residuals, summed, with scale 1e-3 and many starts, as Hoffmann et al. (arXiv 2203.15556, section
3.3); their mean instead of the sum stops optimizers early (Besiroglu et al., arXiv 2404.10102).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Protocol, Self

import numpy as np
from scipy.optimize import least_squares

HUBER = 1e-3
EXPONENTS = (0.05, 0.2, 0.5, 1.0)
FLOORS = (0.1, 0.5, 0.9)  # of the smallest loss


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


class Form(Protocol):
    """A law on centred log inputs z, float64 (n, k), as a function of its parameters theta, float64 (p,)."""

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log L, float64 (n,), and its derivatives, float64 (n, p)."""

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the largest value of each parameter, float64 (p,) each."""

    def starts(self, log_loss: np.ndarray) -> Iterable[np.ndarray]:
        """Return parameters to start a fit from."""

    def take(self, rows: np.ndarray) -> Self:
        """Return the law on some of the inputs."""


@dataclass(frozen=True)
class Additive:
    """E + sum of A_i / x_i^a_i on centred log inputs z, float64 (n, k)."""

    z: np.ndarray

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log L and its derivatives, see `predict_log`."""
        return predict_log(theta, self.z)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the parameters: exponents are not negative."""
        count = self.z.shape[1]
        return np.repeat([-np.inf, 0.0], [1 + count, count]), np.full(1 + 2 * count, np.inf)

    def starts(self, log_loss: np.ndarray) -> Iterable[np.ndarray]:
        """Return a grid of floors and exponents."""
        return starts(self.z, log_loss)

    def take(self, rows: np.ndarray) -> Self:
        """Return the law on some of the inputs."""
        return replace(self, z=self.z[rows])


@dataclass(frozen=True)
class Power:
    """A / (x_1^a_1 x_2^a_2 ...) on centred log inputs z, float64 (n, k): the law without a floor."""

    z: np.ndarray

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log L and its derivatives by log A and the exponents."""
        return theta[0] - self.z @ theta[1:], np.column_stack([np.ones(len(self.z)), -self.z])

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the parameters: exponents are not negative."""
        count = self.z.shape[1]
        return np.repeat([-np.inf, 0.0], [1, count]), np.full(1 + count, np.inf)

    def starts(self, log_loss: np.ndarray) -> Iterable[np.ndarray]:
        """Return the least-squares fit."""
        return [np.linalg.lstsq(self(np.zeros(1 + self.z.shape[1]))[1], log_loss, rcond=None)[0]]

    def take(self, rows: np.ndarray) -> Self:
        """Return the law on some of the inputs."""
        return replace(self, z=self.z[rows])


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
    start: np.ndarray, form: Form, log_loss: np.ndarray, held: tuple[int, float] | None = None
) -> tuple[np.ndarray, float]:
    """Return parameters and objective of the local optimum from one start; `held` fixes one parameter."""
    free = np.array([i for i in range(len(start)) if held is None or i != held[0]])
    full = start.copy()
    if held is not None:
        full[held[0]] = held[1]

    def residuals(theta: np.ndarray) -> np.ndarray:
        full[free] = theta
        return form(full)[0] - log_loss

    def slopes(theta: np.ndarray) -> np.ndarray:
        full[free] = theta
        return form(full)[1][:, free]

    lower, upper = (ends[free] for ends in form.bounds())
    first = np.clip(full[free], lower + 1e-6, upper - 1e-6)
    found = least_squares(
        residuals, first, slopes, bounds=(lower, upper), loss="huber", f_scale=HUBER, x_scale="jac", max_nfev=200
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
    best = fit_form(Additive(z), np.log(loss))
    return law_of(best, centre), best


def fit_form(form: Form, log_loss: np.ndarray) -> np.ndarray:
    """Return the parameters of the best local optimum over all starts."""
    return min((solve(start, form, log_loss) for start in form.starts(log_loss)), key=lambda found: found[1])[0]


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
