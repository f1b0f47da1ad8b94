"""Similarity of representations: linear centred kernel alignment (CKA), and its map by multidimensional scaling."""

from collections.abc import Sequence

import numpy as np


def standardized(features: np.ndarray) -> np.ndarray:
    """Return features (n, d), centred and scaled to a linear kernel of Frobenius norm 1, float64 (n, d).

    Constant representations become NaN: their similarity is undefined.
    """
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    norm = np.linalg.norm(centred.T @ centred)
    return centred / np.sqrt(norm) if norm > 0 else np.full_like(centred, np.nan)


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Return |Y'X|^2 / (|X'X| |Y'Y|) of standardized features of the same molecules.

    Kornblith et al., ICML 2019 (arXiv:1905.00414), table 1. Between 0 and 1; invariant to rotation,
    permutation and scaling of the features.
    """
    return float(np.square(y.T @ x).sum())


def pairwise_cka(features: Sequence[np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the CKA of all pairs, float64 (k, k), and the same with the molecules of one side shuffled.

    The second is the baseline for unrelated representations of the same widths and spectra; it is not 0 in a finite
    sample.

    Args:
        features: k arrays (n, width) of the same n molecules.
        seed: of the shuffle.
    """
    points = [standardized(matrix) for matrix in features]
    order = np.random.default_rng(seed).permutation(len(points[0]))
    cka, null = np.eye(len(points)), np.eye(len(points))
    for i, x in enumerate(points):
        shuffled = x[order]
        for j, y in enumerate(points[: i + 1]):
            cka[i, j] = cka[j, i] = linear_cka(x, y)
            null[i, j] = null[j, i] = linear_cka(shuffled, y)
    return cka, null


def classical_scaling(distances: np.ndarray, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates (k, count) that approximate `distances` (k, k), and the fraction explained by each axis.

    Torgerson's multidimensional scaling. Fractions are of the sum of absolute eigenvalues, so that negative
    eigenvalues, which no plane can show, lower them. The largest coordinate of an axis is positive.
    """
    centre = np.eye(len(distances)) - 1 / len(distances)
    values, vectors = np.linalg.eigh(-0.5 * centre @ np.square(distances) @ centre)
    order = np.argsort(values)[::-1][:count]
    coordinates = np.zeros((len(distances), count))
    coordinates[:, : len(order)] = vectors[:, order] * np.sqrt(np.maximum(values[order], 0))
    largest = np.abs(coordinates).argmax(axis=0)
    coordinates *= np.where(coordinates[largest, np.arange(count)] < 0, -1, 1)
    total = np.abs(values).sum()
    fractions = np.zeros(count)
    fractions[: len(order)] = np.maximum(values[order], 0) / (total if total > 0 else 1)
    return coordinates, fractions
