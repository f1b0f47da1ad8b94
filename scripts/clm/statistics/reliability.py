"""The maximum correlation of any predictor with a score, given its noise."""

import numpy as np


def noise_ceiling(errors: np.ndarray, draws: np.ndarray | None) -> float | None:
    """Return the largest correlation that a perfect predictor could show: sqrt of the reliability of the score.

    Reliability = 1 - noise / variance of the score over checkpoints. Noise is the residual variance of repeats (split
    seeds, or drawn test sets) after subtracting the means of checkpoints and of repeats.

    Args:
        errors: float64 (k, n), log error per split seed.
        draws: float64 (b, n), log errors on drawn test sets, used when k = 1.
    """
    repeats = errors if len(errors) > 1 else draws
    count = errors.shape[1]
    if repeats is None or count < 3:
        return None
    rest = repeats - repeats.mean(axis=0) - repeats.mean(axis=1, keepdims=True) + repeats.mean()
    noise = float(np.sum(np.square(rest))) / ((len(repeats) - 1) * (count - 1))
    noise /= len(errors)  # the score is the mean over split seeds
    total = float(np.var(errors.mean(axis=0), ddof=1))
    return float(np.sqrt(max(0.0, 1 - noise / total))) if total > 0 else 0.0
