"""Laws of pretraining loss, fitted to log loss: E + sum of A_i / x_i^a_i with a floor, A / product of x_i^a_i without.

The objective is the summed Huber loss of log residuals with scale 1e-3, from many starts, as in Hoffmann et al. (arXiv
2203.15556, section 3.3); their mean instead of the sum stops optimizers early (Besiroglu et al., arXiv 2404.10102).
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


class Form(Protocol):
    """A law on centred log inputs z, float64 (n, k), as a function of its parameters theta, float64 (p,)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters: E, scales A and B, exponents a and b."""

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log L, float64 (n,), and its derivatives, float64 (n, p)."""

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the minimum and the maximum of each parameter, float64 (p,) each."""

    def starts(self, log_loss: np.ndarray) -> Iterable[np.ndarray]:
        """Return starting values for a fit."""

    def take(self, rows: np.ndarray) -> Self:
        """Return the law on some of the inputs."""

    def natural(self, theta: np.ndarray, centre: np.ndarray) -> list[float]:
        """Return the parameters on inputs that are not centred; those fitted as logarithms are exponentiated."""


@dataclass(frozen=True)
class Additive:
    """E + sum of A_i / x_i^a_i; theta is log E, then log A_i (of centred inputs), then a_i."""

    z: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        count = self.z.shape[1]
        return ("E", *"AB"[:count], *"ab"[:count])

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log L, float64 (n,), and its derivatives, float64 (n, 1 + 2k)."""
        count = self.z.shape[1]
        scales, exponents = theta[1 : 1 + count], theta[1 + count :]
        terms = np.column_stack([np.full(len(self.z), theta[0]), scales - exponents * self.z])
        top = terms.max(axis=1, keepdims=True)
        shares = np.exp(terms - top)
        total = shares.sum(axis=1, keepdims=True)
        shares /= total
        return (top + np.log(total))[:, 0], np.column_stack([shares, -shares[:, 1:] * self.z])

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the parameters: exponents are not negative."""
        count = self.z.shape[1]
        return np.repeat([-np.inf, 0.0], [1 + count, count]), np.full(1 + 2 * count, np.inf)

    def starts(self, log_loss: np.ndarray) -> Iterator[np.ndarray]:
        """Yield starting points over a grid of floors and exponents."""
        count = self.z.shape[1]
        smallest, middle = float(np.exp(log_loss.min())), float(np.exp(np.median(log_loss)))
        for share, *exponents in product(FLOORS, *[EXPONENTS] * count):
            rest = max(middle - share * smallest, 0.05 * middle) / count
            yield np.array([np.log(share * smallest), *[np.log(rest)] * count, *exponents])

    def take(self, rows: np.ndarray) -> Self:
        """Return the law on some of the inputs."""
        return replace(self, z=self.z[rows])

    def natural(self, theta: np.ndarray, centre: np.ndarray) -> list[float]:
        """Return E, A_i, a_i."""
        count = len(centre)
        exponents = theta[1 + count :]
        return [
            float(np.exp(theta[0])),
            *np.exp(theta[1 : 1 + count] + exponents * centre).tolist(),
            *exponents.tolist(),
        ]


@dataclass(frozen=True)
class Power:
    """A / (x_1^a_1 x_2^a_2 ...), the law without a floor; theta is log A (of centred inputs), then a_i."""

    z: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return ("A", *"ab"[: self.z.shape[1]])

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log L and its derivatives with respect to log A and the exponents."""
        return theta[0] - self.z @ theta[1:], np.column_stack([np.ones(len(self.z)), -self.z])

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the parameters: exponents are not negative."""
        count = self.z.shape[1]
        return np.repeat([-np.inf, 0.0], [1, count]), np.full(1 + count, np.inf)

    def starts(self, log_loss: np.ndarray) -> list[np.ndarray]:
        """Return the least-squares fit."""
        return [np.linalg.lstsq(self(np.zeros(1 + self.z.shape[1]))[1], log_loss, rcond=None)[0]]

    def take(self, rows: np.ndarray) -> Self:
        """Return the law on some of the inputs."""
        return replace(self, z=self.z[rows])

    def natural(self, theta: np.ndarray, centre: np.ndarray) -> list[float]:
        """Return A, a_i."""
        return [float(np.exp(theta[0] + theta[1:] @ centre)), *theta[1:].tolist()]


def solve(
    start: np.ndarray, form: Form, log_loss: np.ndarray, held: tuple[int, float] | None = None
) -> tuple[np.ndarray, float]:
    """Return parameters and objective of the local optimum from one start; `held` fixes one parameter."""
    free = np.array([i for i in range(len(start)) if held is None or i != held[0]])
    theta = start.copy()
    if held is not None:
        theta[held[0]] = held[1]

    def residuals(values: np.ndarray) -> np.ndarray:
        theta[free] = values
        return form(theta)[0] - log_loss

    def jacobian(values: np.ndarray) -> np.ndarray:
        theta[free] = values
        return form(theta)[1][:, free]

    lower, upper = (ends[free] for ends in form.bounds())
    first = np.clip(theta[free], lower + 1e-6, upper - 1e-6)
    optimum = least_squares(
        residuals, first, jacobian, bounds=(lower, upper), loss="huber", f_scale=HUBER, x_scale="jac", max_nfev=200
    )
    theta[free] = optimum.x
    return theta.copy(), float(optimum.cost)


def fit_form(form: Form, log_loss: np.ndarray) -> np.ndarray:
    """Return the parameters of the best local optimum over all starts."""
    return min((solve(start, form, log_loss) for start in form.starts(log_loss)), key=lambda optimum: optimum[1])[0]


def least_squares_fit(form: Power, log_loss: np.ndarray) -> np.ndarray:
    """Return the parameters of the law without a floor that minimize the squares of log residuals."""
    return form.starts(log_loss)[0]


def centred(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log inputs minus their means, and the means: centring makes the parameters nearly orthogonal."""
    logs = np.log(x)
    return logs - logs.mean(axis=0), logs.mean(axis=0)
