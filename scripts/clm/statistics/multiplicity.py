"""Adjusted p values of a family of tests; tests without p do not count."""

import numpy as np


def defined(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return p as float64 and the positions of its defined values in ascending order."""
    p = np.asarray(p, dtype=float)
    known = np.flatnonzero(np.isfinite(p))
    return p, known[np.argsort(p[known], kind="stable")]


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted by Holm (Scand. J. Stat. 1979, 6, 65): family-wise error; NaN stays NaN."""
    p, order = defined(p)
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted by Benjamini and Hochberg (J. R. Stat. Soc. B 1995, 57, 289); NaN stays NaN."""
    p, order = defined(p)
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted
