"""Principal components of weights of one architecture, and of a random walk with the same step lengths."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from clm.provenance.command import UserError

Weights = Mapping[str, np.ndarray]
ENCODER = "roberta_prelayernorm."


def encoder_weights(path: Path) -> dict[str, np.ndarray]:
    """Return the weights of the encoder in a safetensors file, without heads, which differ between tasks."""
    return {name: value for name, value in load_file(path).items() if name.startswith(ENCODER)}


def flatten(points: Sequence[Weights]) -> np.ndarray:
    """Return the weights of several models as rows, float64 (points, parameters).

    Raises:
        UserError: the models differ in architecture.
    """
    shapes = {name: value.shape for name, value in points[0].items()}
    for number, point in enumerate(points):
        if {name: value.shape for name, value in point.items()} != shapes:
            raise UserError(
                f"map of parameter space: point {number} has another architecture than the first; "
                "map each size by itself under landscape.maps"
            )
    return np.stack([np.concatenate([point[name].ravel() for name in sorted(shapes)]) for point in points]).astype(
        float
    )


def principal_components(rows: np.ndarray, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates (points, count) and the fraction of variance of each component (count,).

    The sign of a component is chosen so that its largest coordinate is positive.
    """
    centred = rows - rows.mean(axis=0)
    u, s, _ = np.linalg.svd(centred @ centred.T)  # few points in many dimensions: the Gram matrix is small
    lengths = np.sqrt(np.maximum(s, 0))
    coordinates = u[:, :count] * lengths[:count]
    largest = np.abs(coordinates).argmax(axis=0)
    coordinates *= np.where(coordinates[largest, np.arange(coordinates.shape[1])] < 0, -1, 1)
    return coordinates, s[:count] / s.sum()


def random_walk(rows: np.ndarray, parents: Sequence[int], seed: int) -> np.ndarray:
    """Return points of a random walk with the step lengths of `rows` and random directions.

    PCA also shows arcs for a random walk (Antognini and Sohl-Dickstein, NeurIPS 2018), so a map needs this null.

    Args:
        rows: float64 (points, parameters).
        parents: for each point, the point from which it was trained; the first is its own parent.
        seed: of the directions.
    """
    rng = np.random.default_rng(seed)
    walk = np.zeros_like(rows)
    for point, parent in enumerate(parents):
        if point == parent:
            continue
        step = rng.standard_normal(rows.shape[1])
        walk[point] = walk[parent] + step / np.linalg.norm(step) * np.linalg.norm(rows[point] - rows[parent])
    return walk
