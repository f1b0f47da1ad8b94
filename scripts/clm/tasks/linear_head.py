"""Linear heads on fixed features: ridge and logistic regression with a cross-validated penalty.

Both minimize mean loss + penalty / 2 * |w|^2 on standardized features with a free intercept; the loss is half the
squared error, or the log loss. A penalty relative to the mean loss means the same at every
number of molecules. Float64 throughout.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from clm.tasks.folds import grouped_folds
from clm.tasks.scores import auc

PENALTIES = tuple(float(10.0**power) for power in range(1, -6, -1))  # strongest first: warm starts go down the path
TOLERANCE = 1e-7  # of the largest component of the gradient of the mean loss
STEPS = 200
SLOW = 0.25  # a chord step that leaves more than this share of the gradient calls for a new Hessian


@dataclass(frozen=True)
class Head:
    """A fitted linear head.

    Attributes:
        mean, scale: float64 (d,), standardization of the features.
        weights: float64 (d,), for standardized features.
        intercept: of the linear predictor.
        kind: "regression" or "classification".
        penalty: the chosen one of PENALTIES.
        score: cross-validated -RMSE (original units) or AUC of the out-of-fold predictions; None without folds.
    """

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    intercept: float
    kind: str
    penalty: float
    score: float | None

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return values in label units, or probabilities of class 1, float64 (n,), for features (n, d)."""
        linear = ((x - self.mean) / self.scale) @ self.weights + self.intercept
        return expit(linear) if self.kind == "classification" else linear


def fit_head(x_train: np.ndarray, y_train: np.ndarray, groups: np.ndarray, kind: str) -> Head:
    """Fit a head; the penalty is the best of PENALTIES in 5-fold cross-validation over whole groups.

    Selection is by squared error or log loss of the out-of-fold predictions; ties go to the stronger penalty.

    Args:
        x_train: float (n, d).
        y_train: float (n,), values or 0/1; molecules with NaN are left out.
        groups: integer (n,), scaffold of each molecule.
        kind: "regression" or "classification".

    Raises:
        ValueError: no molecule has a label, or a feature is not finite.
    """
    known = np.isfinite(y_train)
    x, y, groups = np.asarray(x_train, np.float64)[known], np.asarray(y_train, np.float64)[known], groups[known]
    if not len(y) or not np.isfinite(x).all():
        raise ValueError("a head needs at least one labelled molecule and finite features")
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale <= 1e-9 * (1 + np.abs(mean))] = 1.0
    basis, rotated = rotate((x - mean) / scale)
    penalty, score = choose_penalty(rotated, y, groups, kind)
    weights, intercept = path(rotated, y, kind, PENALTIES[: PENALTIES.index(penalty) + 1])
    return Head(mean, scale, basis @ weights[:, -1], float(intercept[-1]), kind, penalty, score)


def rotate(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (basis, x @ basis): the penalty is invariant to rotations, so at most n features need solving."""
    if x.shape[1] <= x.shape[0]:
        return np.eye(x.shape[1]), x
    _, _, right = np.linalg.svd(x, full_matrices=False)
    return right.T, x @ right.T


def choose_penalty(x: np.ndarray, y: np.ndarray, groups: np.ndarray, kind: str) -> tuple[float, float | None]:
    """Return the penalty with the lowest out-of-fold loss and its score; the middle one when there is one group."""
    folds = grouped_folds(groups)
    if len(folds) < 2:
        return PENALTIES[len(PENALTIES) // 2], None
    linear = np.empty((len(y), len(PENALTIES)))
    for held in folds:
        rest = np.ones(len(y), dtype=bool)
        rest[held] = False
        weights, intercept = path(x[rest], y[rest], kind, PENALTIES)
        linear[held] = x[held] @ weights + intercept
    if kind == "classification":
        best = int(np.argmin(np.mean(np.logaddexp(0, linear) - y[:, None] * linear, axis=0)))
        score = auc(y, linear[:, best])
        return PENALTIES[best], score if np.isfinite(score) else None
    errors = np.mean(np.square(linear - y[:, None]), axis=0)
    best = int(np.argmin(errors))
    return PENALTIES[best], -float(np.sqrt(errors[best]))


def path(x: np.ndarray, y: np.ndarray, kind: str, penalties: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (d, p) and intercepts (p,) of the p penalties."""
    return (logistic_path if kind == "classification" else ridge_path)(x, y, penalties)


def ridge_path(x: np.ndarray, y: np.ndarray, penalties: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Solve ridge regression for all penalties by one eigendecomposition of the covariance of the features."""
    x_mean, y_mean = x.mean(axis=0), y.mean()
    centred = x - x_mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(y))
    projected = vectors.T @ (centred.T @ (y - y_mean) / len(y))
    weights = vectors @ (projected[:, None] / (np.maximum(values, 0)[:, None] + np.array(penalties)))
    return weights, y_mean - x_mean @ weights


def logistic_path(x: np.ndarray, y: np.ndarray, penalties: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Solve logistic regression for descending penalties, each from the solution before it."""
    design = np.column_stack([x, np.ones(len(y))])
    share = np.clip(y.mean(), 1 / (len(y) + 2), 1 - 1 / (len(y) + 2))
    beta = np.append(np.zeros(x.shape[1]), np.log(share / (1 - share)))
    if y.min() == y.max():  # the intercept would run to infinity
        return np.zeros((x.shape[1], len(penalties))), np.full(len(penalties), beta[-1])
    solutions = np.empty((len(beta), len(penalties)))
    for column, penalty in enumerate(penalties):
        beta = newton(design, y, np.append(np.full(x.shape[1], penalty), 0.0), beta)
        solutions[:, column] = beta
    return solutions[:-1], solutions[-1]


def newton(design: np.ndarray, y: np.ndarray, penalty: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Minimize mean log loss + beta' diag(penalty) beta / 2 by damped Newton steps that reuse a good Hessian.

    Forming the Hessian costs as much as some hundred gradients, so it is kept while the gradient falls quickly.
    """
    linear = design @ beta
    loss, gradient = log_loss(design, y, penalty, beta, linear)
    factor = None
    for _ in range(STEPS):
        if np.abs(gradient).max() < TOLERANCE:
            break
        if factor is None:
            share = expit(linear)
            hessian = (design.T * (share * (1 - share) / len(y))) @ design
            hessian[np.diag_indices_from(hessian)] += penalty + 1e-12
            factor, fresh = cho_factor(hessian, lower=True, check_finite=False), True
        step = cho_solve(factor, gradient, check_finite=False)
        beta, linear, new_loss, new_gradient = descend(design, y, penalty, beta, step, loss)
        shrunk = np.abs(new_gradient).max() <= SLOW * np.abs(gradient).max()
        if new_loss >= loss and not shrunk and fresh:
            break  # no descent is left in float64
        factor, fresh = (factor, False) if shrunk else (None, False)
        loss, gradient = new_loss, new_gradient
    return beta


def log_loss(
    design: np.ndarray, y: np.ndarray, penalty: np.ndarray, beta: np.ndarray, linear: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the penalized mean log loss and its gradient."""
    loss = np.mean(np.logaddexp(0, linear) - y * linear) + 0.5 * np.sum(penalty * beta**2)
    return float(loss), design.T @ (expit(linear) - y) / len(y) + penalty * beta


def descend(
    design: np.ndarray, y: np.ndarray, penalty: np.ndarray, beta: np.ndarray, step: np.ndarray, loss: float
) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    """Return (beta, linear predictor, loss, gradient) after the step, halved until the loss does not rise."""
    for size in 0.5 ** np.arange(12):
        moved = beta - size * step
        linear = design @ moved
        new_loss, gradient = log_loss(design, y, penalty, moved, linear)
        if new_loss <= loss + 1e-14:
            break
    return moved, linear, new_loss, gradient
