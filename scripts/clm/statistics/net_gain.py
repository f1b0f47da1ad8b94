"""Net gain: what pretraining adds to an encoder of the same size that was never trained.

g = log e(untrained encoder of the same size, features and protocol; mean of at least 3 initializations)
- log e(checkpoint). Along parameters it removes the gain of a linear read-out from width alone; along tokens and
molecules the untrained term is the same for all compared cells and cancels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from clm.statistics.estimates import Estimate, Part, combine, satterthwaite
from clm.statistics.regression import Design
from clm.statistics.slopes import nadeau_bengio
from clm.tables.columns import PRIMARY, UNTRAINED
from clm.tables.panels import GROUP, Panel, primary_labels

MIN_INITIALIZATIONS = 3


@dataclass(frozen=True)
class Twins:
    """Untrained encoders on one task, in one mode, split and read-out.

    Attributes:
        errors: {size: DataFrame, one row per initialization and one column per split seed, of log errors}.
        lost: {size: initializations without a usable error}.
        draws: {size: float64 (b,), mean log error on drawn test sets}, for a split without seeds.
    """

    errors: Mapping[str, pd.DataFrame]
    lost: Mapping[str, int]
    draws: Mapping[str, np.ndarray]

    def reason(self, size: str) -> str | None:
        """Return the reason why checkpoints of a size have no net gain, or None."""
        if size not in self.errors and size not in self.lost:
            return "no untrained encoder of this size, features and protocol"
        count, lost = len(self.errors.get(size, ())), self.lost.get(size, 0)
        if count < MIN_INITIALIZATIONS:
            ended = f", {lost} more diverged or have no usable error" if lost else ""
            return f"{count} untrained initializations{ended}; at least {MIN_INITIALIZATIONS} are needed"
        return None


def untrained_twins(transfer: pd.DataFrame, draws: pd.DataFrame | None = None) -> dict[tuple[str, ...], Twins]:
    """Return the untrained encoders of every mode, split, read-out and task.

    Args:
        transfer: transfer.csv.
        draws: draws.parquet, or None.
    """
    rows = transfer[transfer["corpus"] == UNTRAINED].copy()
    rows["features"] = rows["features"].fillna(PRIMARY)
    sampled = {} if draws is None or draws.empty else draws[draws["corpus"] == UNTRAINED].groupby(list(GROUP))
    samples = {key: group for key, group in sampled} if len(sampled) else {}
    rows = primary_labels(rows)
    return {key: build(group, samples.get(key)) for key, group in rows.groupby(list(GROUP), sort=False)}


def build(rows: pd.DataFrame, draws: pd.DataFrame | None) -> Twins:
    """Return the twins of one group of `untrained_twins`; fine-tuning seeds are averaged first."""
    usable = rows["error"].notna() & (rows["error"] > 0)
    table = rows[usable].groupby(["size", "seed", "split_seed"])["error"].mean().unstack()
    table = np.log(table.dropna())
    errors = {size: part.droplevel("size") for size, part in table.groupby(level="size")} if len(table) else {}
    tried = rows.groupby("size")["seed"].nunique()
    lost = {size: int(count) - len(errors.get(size, ())) for size, count in tried.items()}
    sampled = {} if draws is None else {size: mean_draws(group) for size, group in draws.groupby("size")}
    return Twins(errors, {size: count for size, count in lost.items() if count}, sampled)


def mean_draws(draws: pd.DataFrame) -> np.ndarray:
    """Return the mean over initializations of log errors on drawn test sets; draws without an error are excluded.

    Whether a draw has an error depends on its labels alone, so the same draws are excluded for every model.
    """
    means = np.stack(draws["log_error"].to_numpy()).mean(axis=0)
    return means[np.isfinite(means)]


@dataclass(frozen=True)
class NetPanel:
    """A panel of net log errors (minus the net gain), and the contribution of the twins to the error of a slope.

    Attributes:
        panel: cells with a net gain only.
        twins: of its task.
        reasons: {position in the original panel: why that cell has no net gain}.
    """

    panel: Panel
    twins: Twins
    reasons: dict[int, str]

    @property
    def gains(self) -> np.ndarray:
        """Net gain of each checkpoint, float64 (n,)."""
        return -self.panel.errors.mean(axis=0)

    def twin_part(self, weights: np.ndarray) -> Part | None:
        """Return the variance of weights @ net gain from the shared untrained means, or None if they cancel.

        It is the sum over sizes of W^2 s^2 / n, with W the weights of the cells of a size and s the SD of log error
        over its n initializations.
        """
        sizes, parts = self.panel.cells["size"].to_numpy(), []
        for size in dict.fromkeys(sizes):
            weight = float(weights[sizes == size].sum())
            if abs(weight) > 1e-9 * float(np.abs(weights).sum()):
                values = self.twins.errors[size].to_numpy(dtype=float).mean(axis=1)
                parts.append(Part(weight**2 * float(np.var(values, ddof=1)) / len(values), len(values) - 1.0))
        return satterthwaite(tuple(parts)) if parts else None


def net_panel(panel: Panel, twins: Twins | None) -> NetPanel | None:
    """Return the panel of net log errors, or None when no checkpoint has a net gain.

    Args:
        panel: raw log errors of a task.
        twins: untrained encoders of the same mode, split, read-out and task; None when there are none.
    """
    twins = twins or Twins({}, {}, {})
    sizes = panel.cells["size"].to_numpy()
    reasons = {i: reason for i, size in enumerate(sizes) if (reason := twins.reason(size))}
    kept = np.array([i for i in range(len(sizes)) if i not in reasons], dtype=int)
    if not len(kept):
        return None
    by_size = {size: twins.errors[size].to_numpy(dtype=float).mean(axis=0) for size in dict.fromkeys(sizes[kept])}
    if len({len(values) for values in by_size.values()}) > 1:
        by_size = {size: values.mean(keepdims=True) for size, values in by_size.items()}
    means = np.array([by_size[size] for size in sizes[kept]]).T
    shift = means if len(means) == len(panel.errors) else means.mean(axis=0, keepdims=True)
    made = replace(
        panel,
        cells=panel.cells.iloc[kept].reset_index(drop=True),
        errors=panel.errors[:, kept] - shift,
        repeats={new: panel.repeats[old] for new, old in enumerate(kept) if old in panel.repeats},
        draws=net_draws(panel, twins, kept),
        exclusions=panel.exclusions + len(reasons),
        halves=None,
    )
    return NetPanel(made, twins, reasons)


def net_draws(panel: Panel, twins: Twins, kept: np.ndarray) -> np.ndarray | None:
    """Return the drawn log errors minus those of the twins on the same draws, or None if one of them has none."""
    sizes = panel.cells["size"].to_numpy()[kept]
    if panel.draws is None or any(len(twins.draws.get(size, ())) != len(panel.draws) for size in sizes):
        return None
    return panel.draws[:, kept] - np.array([twins.draws[size] for size in sizes]).T


def slope(design: Design, panel: Panel, net: NetPanel | None = None) -> Estimate:
    """Return the slope of log error, or of net log error, with all its sources of error.

    Args:
        design: estimator of the slope for the cells of the panel.
        panel: log errors; `net.panel` for net ones.
        net: for a net slope, the net panel with the error of the twins.
    """
    value, variance = design.slope(panel.errors.mean(axis=0))
    return combine(
        value if abs(value) > 1e-10 else 0.0,
        Part(variance, design.df),
        tuple(part for part in (test_part(design.weights, panel), net and net.twin_part(design.weights)) if part),
    )


def test_part(weights: np.ndarray, panel: Panel) -> Part | None:
    """Return the variance of weights @ errors over split seeds or drawn test sets; None if there are neither."""
    if len(panel.errors) > 1:
        return Part(nadeau_bengio(panel.errors @ weights, panel.ratio), len(panel.errors) - 1.0)
    if panel.draws is None:
        return None
    return Part(float(np.var(panel.draws @ weights, ddof=1)), len(panel.draws) - 1.0)
