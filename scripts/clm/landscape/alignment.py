"""How alike representations are, whatever their width and units: linear centred kernel alignment (CKA), and its map."""

from collections.abc import Sequence

import numpy as np


def standardized(features: np.ndarray) -> np.ndarray:
    """Return features float (n, d) centred and scaled to a linear kernel of Frobenius norm 1, float64 (n, d).

    Representations without any spread become NaN: they are alike to nothing.
    """
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    norm = np.linalg.norm(centred.T @ centred)
    return centred / np.sqrt(norm) if norm > 0 else np.full_like(centred, np.nan)


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Return |Y'X|^2 / (|X'X| |Y'Y|) of standardized features of the same molecules.

    Kornblith et al., ICML 2019 (arXiv:1905.00414), table 1. Between 0 and 1; rotating, permuting or rescaling units
    changes nothing.
    """
    return float(np.square(y.T @ x).sum())


def alignments(features: Sequence[np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the CKA of all pairs, float64 (k, k), and the same with the molecules of one side shuffled.

    The second is what unrelated representations of these widths and spectra would show: CKA of finite samples is not 0.

    Args:
        features: k arrays (n, width) of the same n molecules.
        seed: of the shuffle.
    """
    points = [standardized(found) for found in features]
    order = np.random.default_rng(seed).permutation(len(points[0]))
    found, null = np.eye(len(points)), np.eye(len(points))
    for i, x in enumerate(points):
        shuffled = x[order]
        for j, y in enumerate(points[: i + 1]):
            found[i, j] = found[j, i] = linear_cka(x, y)
            null[i, j] = null[j, i] = linear_cka(shuffled, y)
    return found, null


def classical_scaling(distances: np.ndarray, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates (k, count) whose distances are like `distances` (k, k), and each axis' share of the spread.

    Torgerson's multidimensional scaling. Shares are of the sum of absolute eigenvalues: what no plane can show,
    negative eigenvalues included, lowers them. The largest coordinate of an axis is positive.
    """
    centre = np.eye(len(distances)) - 1 / len(distances)
    values, vectors = np.linalg.eigh(-0.5 * centre @ np.square(distances) @ centre)
    order = np.argsort(values)[::-1][:count]
    coordinates = np.zeros((len(distances), count))
    coordinates[:, : len(order)] = vectors[:, order] * np.sqrt(np.maximum(values[order], 0))
    largest = np.abs(coordinates).argmax(axis=0)
    coordinates *= np.where(coordinates[largest, np.arange(count)] < 0, -1, 1)
    total = np.abs(values).sum()
    shares = np.zeros(count)
    shares[: len(order)] = np.maximum(values[order], 0) / (total if total > 0 else 1)
    return coordinates, shares
