"""The errors of all checkpoints on one task, in one mode, split and read-out, ready for statistics."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.tables.columns import ENCODER_MODES, FINE_TUNED, KEYS, MEAN_LABEL, PRIMARY, TRUNK_KEYS

GROUP = ("mode", "split", "features", "task")
MIN_SIGNAL = 0.5  # minimum fraction of checkpoints that beat the trivial predictor, for a verdict on a task
MIN_SHARE = 0.5  # minimum fraction of checkpoints with a number, below which a split seed is excluded for all


@dataclass(frozen=True)
class Panel:
    """Log errors of n checkpoints on one task.

    Attributes:
        names: mode, split, features, task.
        metric: "auc" or "rmse".
        cells: n rows of `study_runs`.
        errors: float64 (k, n), log error per split seed, averaged over fine-tuning seeds.
        repeats: {position in cells: float64 array of errors of single fine-tuning and split seeds}.
        draws: float64 (b, n), log errors on drawn test sets, or None.
        ratio: n_test / n_train.
        signal: fraction of checkpoints that beat the trivial predictor.
        exclusions: number of checkpoints without a usable number.
        halves: float64 (h, 2, n), log errors on both halves of the test scaffolds, or None.
    """

    names: dict[str, str]
    metric: str
    cells: pd.DataFrame
    errors: np.ndarray
    repeats: dict[int, np.ndarray]
    draws: np.ndarray | None
    ratio: float
    signal: float
    exclusions: int
    halves: np.ndarray | None = None

    @property
    def y(self) -> np.ndarray:
        """Mean log error of each checkpoint, float64 (n,)."""
        return self.errors.mean(axis=0)

    @property
    def replicates(self) -> np.ndarray:
        """Log errors per split seed, or per fine-tuning seed if there is one split, float64 (k, n)."""
        if len(self.errors) > 1 or len({len(values) for values in self.repeats.values()}) > 1:
            return self.errors
        return np.log(np.array([self.repeats[i] for i in range(len(self.cells))])).T


def study_runs(runs: pd.DataFrame, corpora: list[str]) -> pd.DataFrame:
    """Return the checkpoints of some corpora with status ok, with their `trunk` and `checkpoint` numbers."""
    usable = (runs["status"] == "ok") & (runs["loss"] > 0) & runs["corpus"].isin(corpora)
    cells = runs[usable].reset_index(drop=True)
    cells["trunk"] = cells.groupby(list(TRUNK_KEYS), sort=False).ngroup()
    cells["checkpoint"] = range(len(cells))
    return cells


def panels(transfer: pd.DataFrame, runs: pd.DataFrame, draws: pd.DataFrame) -> Iterator[Panel]:
    """Yield one panel per mode, split, read-out and task, the primary mode first, then in order of first appearance.

    Args:
        transfer: transfer.csv.
        runs: of `study_runs`; other checkpoints are ignored.
        draws: draws.parquet.
    """
    rows = transfer[transfer["mode"].isin(ENCODER_MODES)]
    rows = rows.sort_values("mode", key=lambda modes: modes != FINE_TUNED, kind="stable")
    rows["features"] = rows["features"].fillna(PRIMARY)
    rows = primary_labels(rows).merge(
        runs[[*KEYS, "checkpoint"]].rename(columns={"checkpoint": "position"}), on=list(KEYS)
    )
    rows["usable"] = rows["error"].notna() & (rows["error"] > 0)
    sampled = {key: group for key, group in draws.groupby(list(GROUP), sort=False)} if len(draws) else {}
    for key, group in rows.groupby(list(GROUP), sort=False):
        panel = build(dict(zip(GROUP, key, strict=True)), group, runs, sampled.get(key))
        if panel is not None:
            yield panel


def primary_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the label "mean" of tasks that have it and the single label of the others."""
    several = rows.loc[rows["label"] == MEAN_LABEL, "task"].unique()
    return rows[(rows["label"] == MEAN_LABEL) | ~rows["task"].isin(several)]


def build(names: dict[str, str], rows: pd.DataFrame, runs: pd.DataFrame, draws: pd.DataFrame | None) -> Panel | None:
    """Return one panel, or None when no checkpoint has a number."""
    good = rows[rows["usable"]]
    table = good.groupby(["split_seed", "position"])["error"].mean().unstack()
    table = table[table.notna().mean(axis=1) >= MIN_SHARE].dropna(axis=1)
    if table.empty or not table.shape[1]:
        return None
    positions = table.columns.to_numpy()
    good = good[good["position"].isin(positions)]
    sizes = good[["n_test", "n_train"]].mean()
    at = {position: i for i, position in enumerate(positions)}
    drawn = draws if len(table) == 1 else None
    samples = aligned_draws(drawn, runs.iloc[positions], "log_error", 1)
    return Panel(
        names=names,
        metric=str(good["metric"].iloc[0]),
        cells=runs.iloc[positions].reset_index(drop=True),
        errors=np.log(table.to_numpy(dtype=float)),
        repeats={at[position]: cell.to_numpy(dtype=float) for position, cell in good.groupby("position")["error"]},
        draws=None if samples is None else samples[:, 0],
        ratio=float(sizes["n_test"] / sizes["n_train"]),
        signal=float((good.groupby("position")["status"].agg(lambda s: (s == "ok").mean()) >= 0.5).mean()),
        exclusions=rows["position"].nunique() - len(positions),
        halves=aligned_draws(drawn, runs.iloc[positions], "half_error", 2),
    )


def aligned_draws(draws: pd.DataFrame | None, cells: pd.DataFrame, column: str, size: int) -> np.ndarray | None:
    """Return a column of draws.parquet in the order of the cells, or None if a cell has no draws.

    Returns:
        float64 (b, size, n): groups of `size` consecutive draws, without groups with an undefined draw.
    """
    if draws is None:
        return None
    known: Mapping[Any, np.ndarray] = dict(
        zip(draws[list(KEYS)].itertuples(index=False, name=None), draws[column], strict=True)
    )
    keys = list(cells[list(KEYS)].itertuples(index=False, name=None))
    if not all(key in known for key in keys):
        return None
    values = np.array([known[key] for key in keys], dtype=float).T.reshape(-1, size, len(keys))
    defined = np.isfinite(values).all(axis=(1, 2))
    return values[defined] if defined.mean() >= MIN_SHARE else None
