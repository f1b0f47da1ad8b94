"""Two arms of trunks that differ in their corpus alone, each with its twin of the same size, seed and budget."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from clm.statistics.estimates import Estimate
from clm.statistics.hierarchical import net_task_slope, pool
from clm.statistics.net_gain import NetPanel
from clm.statistics.regression import Design
from clm.tables.columns import ORDER, PRETRAINED, SHUFFLED, UNTRAINED
from clm.tables.panels import Panel, study_runs

KINDS = (UNTRAINED, SHUFFLED, PRETRAINED, ORDER)
CELL = ("size", "subset", "budget")
REACH, PRECISION = 3.0, 0.002  # of the interval of a share


def matched_runs(runs: pd.DataFrame, shuffled: pd.DataFrame, source: str, corpus: str) -> pd.DataFrame:
    """Return the checkpoints that exist for both a corpus and its shuffled control, in the form of `study_runs`.

    Args:
        runs: runs.csv.
        shuffled: shuffled_runs.csv.
        source: the corpus.
        corpus: the control.
    """
    both = pd.concat([runs[runs["corpus"] == source], shuffled[shuffled["corpus"] == corpus]], ignore_index=True)
    both = both[(both["status"] == "ok") & (both["loss"] > 0)]
    count = both.groupby([*CELL, "seed"])["corpus"].transform("nunique")
    return study_runs(both[count == 2], [source, corpus])


def paired(panel: Panel) -> Panel:
    """Return a panel without the checkpoints whose counterpart has no score."""
    both = panel.cells.groupby("seed")["corpus"].transform("nunique").to_numpy() == 2
    kept = np.flatnonzero(both)
    if len(kept) == len(panel.cells):
        return panel
    return replace(
        panel,
        cells=panel.cells.iloc[kept].reset_index(drop=True),
        errors=panel.errors[:, kept],
        repeats={new: panel.repeats[old] for new, old in enumerate(kept) if old in panel.repeats},
        draws=None if panel.draws is None else panel.draws[:, kept],
        halves=None,
    )


def contrast(arms: np.ndarray, weights: Mapping[str, float]) -> Design:
    """Return the estimator of a weighted sum of the means of some arms; each cell is its own trunk.

    The variance between seeds is pooled over arms, as in an analysis of variance.

    Args:
        arms: (n,), name of the arm of each cell.
        weights: of the arms that count.
    """
    names, counts = np.unique(arms, return_counts=True)
    inside = (arms[:, None] == arms[None, :]).astype(float)
    size = dict(zip(names, counts, strict=True))
    weight = np.array([weights.get(arm, 0.0) / size[arm] for arm in arms])
    df = len(arms) - len(names)
    centre = np.eye(len(arms)) - inside / inside.sum(axis=1, keepdims=True)
    scores = np.sqrt(float(weight @ weight) / max(df, 1)) * centre
    return Design(weight, scores, float(max(df, 1)), np.ones(len(arms), dtype=bool), len(arms))


def seeds_df(net: NetPanel, corpus: str) -> int:
    """Return the degrees of freedom between seeds; 0 if each arm has a single seed."""
    return len(net.panel.cells) - len(np.unique(arms_of(net, corpus)))


def weights_of(kind: str, share: float = 1.0) -> dict[str, float]:
    """Return the weights on net log errors: a net gain is minus a net log error."""
    return {
        SHUFFLED: {SHUFFLED: -1.0},
        PRETRAINED: {PRETRAINED: -1.0},
        ORDER: {PRETRAINED: -1.0, SHUFFLED: 1.0},
        "share": {SHUFFLED: -1.0, PRETRAINED: share},
    }[kind]


def arms_of(net: NetPanel, corpus: str) -> np.ndarray:
    """Return the arm of each cell: the shuffled control or its twin on the unshuffled corpus."""
    return np.where(net.panel.cells["corpus"].to_numpy() == corpus, SHUFFLED, PRETRAINED)


def pooled(nets: Sequence[NetPanel], corpus: str, weights: Mapping[str, float]) -> Estimate:
    """Return the mean over tasks of a contrast."""
    return pool([net_task_slope(contrast(arms_of(net, corpus), weights), net) for net in nets]).estimate


def share_interval(nets: Sequence[NetPanel], corpus: str, share: float) -> tuple[float, float]:
    """Return the interval of a fraction: the values that a test does not reject.

    The method is that of Fieller (J. R. Stat. Soc. B 1954, 16, 175).

    Args:
        nets: net log errors, one per task, with a net gain of pretraining above 0.
        corpus: the control.
        share: (net gain of shuffled) / (net gain of pretrained).

    Returns:
        Both ends; NaN for an end further than REACH from the fraction.
    """

    def fits(tried: float) -> bool:
        low, high = pooled(nets, corpus, weights_of("share", tried)).interval()
        return low <= 0 <= high

    ends = []
    for sign in (-1, 1):
        inside, outside = 0.0, REACH
        if fits(share + sign * outside):
            ends.append(float("nan"))
            continue
        while outside - inside > PRECISION:
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if fits(share + sign * middle) else (inside, middle)
        ends.append(share + sign * inside)
    return ends[0], ends[1]


def untrained_estimate(nets: Sequence[NetPanel]) -> tuple[float, float]:
    """Return degrees of freedom and half the width of the interval of the mean log error of untrained encoders."""
    size = nets[0].panel.cells["size"].iloc[0]
    values = [net.twins.errors[size].to_numpy(dtype=float).mean(axis=1) for net in nets]
    count = min(map(len, values))
    mean = np.mean([one[:count] for one in values], axis=0)
    return count - 1.0, float(stats.t.ppf(0.975, count - 1) * mean.std(ddof=1) / np.sqrt(count))
