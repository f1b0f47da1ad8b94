"""Linear heads on fixed features: ridge and logistic regression with a cross-validated penalty.

Both minimize mean loss + penalty / 2 * |w|^2 on standardized features with a free intercept; the loss is half the
squared error, or the log loss. A penalty relative to the mean loss has the same meaning for any
number of molecules. All numbers are float64.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from clm.tasks.algebra import NUMPY, Algebra, Array
from clm.tasks.folds import grouped_folds
from clm.tasks.scores import auc

PENALTIES = tuple(float(10.0**power) for power in range(1, -6, -1))  # strongest first, for warm starts along the path
TOLERANCE = 1e-7  # of the largest component of the gradient of the mean loss
MAX_STEPS = 200
REFRESH_RATIO = 0.25  # a step that leaves more than this fraction of the gradient requires a new Hessian


@dataclass(frozen=True)
class LinearHead:
    """A fitted linear head.

    Attributes:
        mean, scale: float64 (d,), standardization of the features.
        weights: float64 (d,), for standardized features.
        intercept: of the linear predictor.
        kind: "regression" or "classification".
        penalty: the selected one of PENALTIES.
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


def fit_head(
    x_train: np.ndarray, y_train: np.ndarray, groups: np.ndarray, kind: str, algebra: Algebra = NUMPY
) -> LinearHead:
    """Fit a head; the penalty is the best of PENALTIES in 5-fold cross-validation over whole groups.

    Selection is by squared error or log loss of the out-of-fold predictions; ties go to the stronger penalty.

    Args:
        x_train: float (n, d).
        y_train: float (n,), values or 0/1; molecules with NaN are left out.
        groups: integer (n,), scaffold of each molecule.
        kind: "regression" or "classification".
        algebra: the backend; on a GPU a head of many features takes a tenth of the time.

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
    penalty, score = select_penalty(rotated, y, groups, kind, algebra)
    weights, intercept = penalty_path(rotated, y, kind, PENALTIES[: PENALTIES.index(penalty) + 1], algebra)
    return LinearHead(mean, scale, basis @ weights[:, -1], float(intercept[-1]), kind, penalty, score)


def rotate(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (basis, x @ basis): the penalty is invariant to rotations, so at most n features are needed."""
    if x.shape[1] <= x.shape[0]:
        return np.eye(x.shape[1]), x
    _, _, right = np.linalg.svd(x, full_matrices=False)
    return right.T, x @ right.T


def select_penalty(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, kind: str, algebra: Algebra
) -> tuple[float, float | None]:
    """Return the penalty with the lowest out-of-fold loss and its score; the middle one if there is only one group."""
    folds = grouped_folds(groups)
    if len(folds) < 2:
        return PENALTIES[len(PENALTIES) // 2], None
    linear = np.empty((len(y), len(PENALTIES)))
    for held in folds:
        rest = np.ones(len(y), dtype=bool)
        rest[held] = False
        weights, intercept = penalty_path(x[rest], y[rest], kind, PENALTIES, algebra)
        linear[held] = x[held] @ weights + intercept
    if kind == "classification":
        best = int(np.argmin(np.mean(np.logaddexp(0, linear) - y[:, None] * linear, axis=0)))
        score = auc(y, linear[:, best])
        return PENALTIES[best], score if np.isfinite(score) else None
    errors = np.mean(np.square(linear - y[:, None]), axis=0)
    best = int(np.argmin(errors))
    return PENALTIES[best], -float(np.sqrt(errors[best]))


def penalty_path(
    x: np.ndarray, y: np.ndarray, kind: str, penalties: tuple[float, ...], algebra: Algebra
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (d, p) and intercepts (p,) of the p penalties."""
    return (logistic_path if kind == "classification" else ridge_path)(x, y, penalties, algebra)


def ridge_path(
    x: np.ndarray, y: np.ndarray, penalties: tuple[float, ...], algebra: Algebra
) -> tuple[np.ndarray, np.ndarray]:
    """Solve ridge regression for all penalties by one eigendecomposition of the covariance of the features."""
    x_mean, y_mean = x.mean(axis=0), y.mean()
    centred, right = algebra.array(x - x_mean), algebra.array(y - y_mean)
    values, vectors = algebra.eigh(centred.T @ centred / len(y))
    projected = vectors.T @ (centred.T @ right / len(y))
    strengths = algebra.array(np.array(penalties))
    weights = algebra.numpy(vectors @ (projected[:, None] / (values.clip(min=0)[:, None] + strengths)))
    return weights, y_mean - x_mean @ weights


def logistic_path(
    x: np.ndarray, y: np.ndarray, penalties: tuple[float, ...], algebra: Algebra
) -> tuple[np.ndarray, np.ndarray]:
    """Solve logistic regression for descending penalties, each starting from the solution of the one before."""
    rate = np.clip(y.mean(), 1 / (len(y) + 2), 1 - 1 / (len(y) + 2))
    start = np.append(np.zeros(x.shape[1]), np.log(rate / (1 - rate)))
    if y.min() == y.max():  # the intercept would diverge
        return np.zeros((x.shape[1], len(penalties))), np.full(len(penalties), start[-1])
    design, labels, beta = (algebra.array(z) for z in (np.column_stack([x, np.ones(len(y))]), y, start))
    solutions = np.empty((len(start), len(penalties)))
    for column, penalty in enumerate(penalties):
        strengths = algebra.array(np.append(np.full(x.shape[1], penalty), 0.0))
        beta = newton(design, labels, strengths, beta, algebra)
        solutions[:, column] = algebra.numpy(beta)
    return solutions[:-1], solutions[-1]


def newton(design: Array, y: Array, penalty: Array, beta: Array, algebra: Algebra) -> Array:
    """Minimize mean log loss + beta' diag(penalty) beta / 2 by damped Newton steps, reusing the Hessian (chord method).

    The Hessian costs as much as about a hundred gradients, so it is kept while the gradient decreases quickly.
    """
    linear = design @ beta
    loss, gradient = log_loss(design, y, penalty, beta, linear, algebra)
    factor = None
    for _ in range(MAX_STEPS):
        if abs(gradient).max() < TOLERANCE:
            break
        if factor is None:
            factor, fresh = algebra.factor(log_loss_hessian(design, y, penalty, linear, algebra)), True
        step = algebra.solve(factor, gradient)
        beta, linear, new_loss, new_gradient = line_search(design, y, penalty, beta, step, loss, algebra)
        shrunk = bool(abs(new_gradient).max() <= REFRESH_RATIO * abs(gradient).max())
        if new_loss >= loss and not shrunk and fresh:
            break  # float64 allows no further descent
        factor, fresh = (factor, False) if shrunk else (None, False)
        loss, gradient = new_loss, new_gradient
    return beta


def log_loss_hessian(design: Array, y: Array, penalty: Array, linear: Array, algebra: Algebra) -> Array:
    """Return the Hessian of the penalized mean log loss."""
    probability = algebra.sigmoid(linear)
    hessian = (design.T * (probability * (1 - probability) / len(y))) @ design
    hessian.reshape(-1)[:: len(hessian) + 1] += penalty + 1e-12
    return hessian


def log_loss(
    design: Array, y: Array, penalty: Array, beta: Array, linear: Array, algebra: Algebra
) -> tuple[float, Array]:
    """Return the penalized mean log loss and its gradient."""
    loss = (algebra.softplus(linear) - y * linear).mean() + 0.5 * (penalty * beta**2).sum()
    return float(loss), design.T @ (algebra.sigmoid(linear) - y) / len(y) + penalty * beta


def line_search(
    design: Array, y: Array, penalty: Array, beta: Array, step: Array, loss: float, algebra: Algebra
) -> tuple[Array, Array, float, Array]:
    """Return (beta, linear predictor, loss, gradient) after the step, halved until the loss does not rise."""
    for halvings in range(12):
        moved = beta - 0.5**halvings * step
        linear = design @ moved
        new_loss, gradient = log_loss(design, y, penalty, moved, linear, algebra)
        if new_loss <= loss + 1e-14:
            break
    return moved, linear, new_loss, gradient
