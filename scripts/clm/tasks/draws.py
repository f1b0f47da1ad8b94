"""Drawn test sets: log errors of all checkpoints of a task on the same resampled molecules, and on halves of them.

Two checkpoints are tested on the same molecules, so most of their test noise is common and cancels in a comparison;
separate intervals do not show how much. Whole scaffolds are drawn, as for the intervals of the cells. Halves share no
scaffold, so that a checkpoint chosen on one can be judged on the other: a single split has no second seed for that.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from clm.tables.columns import LAYER_FEATURES, PRIMARY, SCAFFOLD
from clm.tasks.scores import cluster_weights, errors, mean_over_labels

COLUMNS = ("budget", "split", "split_seed", "finetune_seed", "features", "label", "row", "y", "prediction")
HALF_PAIRS = 50
SPLIT = SCAFFOLD  # seeded splits vary between their seeds, which shows more than this bootstrap could


def log_error_draws(
    path: Path, groups: dict[int, int], kind: str, draws: int
) -> dict[tuple[str | None, str], dict[str, np.ndarray]]:
    """Return log errors of one result file on drawn test sets.

    Args:
        path: Parquet of test predictions.
        groups: row of the task's table to number of its scaffold cluster.
        kind: "regression" or "classification".
        draws: number of bootstrap draws.

    Returns:
        {(budget, features): {"log_error": float64 (draws,), "half_error": float64 (2 HALF_PAIRS,)}}: log of the error,
        averaged over labels (see `mean_over_labels`) and then over fine-tuning seeds, NaN where undefined; the two
        halves of a pair are adjacent. Inner layers are excluded: no verdict uses them.
    """
    frame = pd.read_parquet(path, columns=list(COLUMNS), filters=[("split", "==", SPLIT)])
    frame["features"] = frame["features"].fillna(PRIMARY)
    frame = frame[~frame["features"].str.startswith(LAYER_FEATURES)]
    if frame.empty:
        return {}
    rows = np.sort(frame["row"].unique())
    scaffolds = np.array([groups[row] for row in rows.tolist()])
    weights = np.vstack([cluster_weights(scaffolds, draws, 0), half_weights(scaffolds, HALF_PAIRS, 0)])
    draws_by_model = {}
    for (budget, features), cell in frame.groupby(["budget", "features"], sort=True, dropna=False):
        samples = [
            label_errors(replicate, rows, weights, kind)
            for _, replicate in cell.groupby("finetune_seed", sort=True, dropna=False)
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log(np.mean(samples, axis=0))
        key = (None if pd.isna(budget) else budget, features)
        draws_by_model[key] = {"log_error": values[:draws], "half_error": values[draws:]}
    return draws_by_model


def half_weights(groups: np.ndarray, pairs: int, seed: int) -> np.ndarray:
    """Return 1 for the molecules of a half and 0 for the others, float64 (2 pairs, n); pairs are complements.

    Args:
        groups: integer (n,), cluster of each molecule; clusters are never divided.
        pairs: number of random divisions of the clusters into halves of equal number.
        seed: of the divisions.
    """
    names, cluster = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(len(names)), (pairs, 1)), axis=1)
    first = (order < len(names) // 2)[:, cluster].astype(np.float64)
    return np.stack([first, 1 - first], axis=1).reshape(2 * pairs, -1)


def label_errors(replicate: pd.DataFrame, rows: np.ndarray, weights: np.ndarray, kind: str) -> np.ndarray:
    """Return the mean over labels of the errors, float64 (draws,), of one fine-tuned model."""
    labels = replicate.groupby("label", sort=True, dropna=False)
    return mean_over_labels(np.array([replicate_errors(label, rows, weights, kind) for _, label in labels]), kind)


def replicate_errors(cell: pd.DataFrame, rows: np.ndarray, weights: np.ndarray, kind: str) -> np.ndarray:
    """Return errors, float64 (draws,), of the predictions of one model for one label."""
    prediction = cell["prediction"].to_numpy()
    if not np.isfinite(prediction).all():
        return np.full(len(weights), np.nan)
    chosen = weights[:, np.searchsorted(rows, cell["row"].to_numpy())]
    with np.errstate(invalid="ignore", divide="ignore"):
        return errors(cell["y"].to_numpy(), prediction, chosen, kind)
