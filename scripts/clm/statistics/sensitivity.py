"""Assay sensitivity: whether a study detects, on a control task of known truth, that pretraining helps at all.

If a method does not respond to a known effect, its null result shows nothing about scale. Clinical trials that show no
difference must likewise demonstrate the effect of a known treatment (ICH E10, section 1.5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.estimates import MIN_DF, Estimate, Part, combine
from clm.statistics.net_gain import MIN_INITIALIZATIONS, NetPanel, test_part
from clm.statistics.verdicts import corrected, shortage
from clm.tables.columns import ALPHA

COLUMNS = ("mode", "split", "sensitive", "assessed", "task", "effect", "lower", "upper", "reason")
NAMED = "logp"  # the property whose noiseless control decides


@dataclass(frozen=True)
class Sensitivity:
    """Whether one mode and split of a study is sensitive.

    Attributes:
        sensitive: whether verdicts such as "no relevant gain" may be given.
        assessed: whether there was a control with a net gain.
        task: the control that decided, None when not assessed.
        effect, lower, upper: its relative net gain with the 95 % interval, None when not assessed.
        reason: one sentence.
    """

    sensitive: bool
    assessed: bool
    task: str | None
    effect: float | None
    lower: float | None
    upper: float | None
    reason: str


def named_control(controls: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the control that decides: logP without noise with the most molecules; None if there is none.

    Args:
        controls: task to `property`, `molecules`, `noise`.
    """
    clean = {name: told["molecules"] for name, told in controls.items() if is_named(told)}
    return max(clean, key=clean.__getitem__) if clean else None


def is_named(control: Mapping[str, Any]) -> bool:
    """Return whether a control is logP without label noise."""
    return control["property"] == NAMED and control["noise"] == 0


def last_budget(cells: pd.DataFrame) -> np.ndarray:
    """Return whether each checkpoint has the largest budget, to within a batch, bool (n,)."""
    return (cells["tokens"] >= cells["tokens"].max() * 0.9).to_numpy()


def size_weights(sizes: np.ndarray) -> np.ndarray:
    """Return the weights of a mean with equal weight per size, whatever its number of trunks, float64 (n,)."""
    names, counts = np.unique(sizes, return_counts=True)
    return np.array([1 / (len(names) * counts[names == size][0]) for size in sizes])


def trunk_variance(gains: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the variance of gains between trunks, and its degrees of freedom.

    The sizes are chosen, not drawn, so the variance is within sizes. If too few sizes have two trunks, the variance of
    all trunks is used, which errs towards "not sensitive".

    Args:
        gains: float64 (..., n), net gain of each trunk.
        sizes: (n,), name of the size of each.
    """
    names, codes = np.unique(sizes, return_inverse=True)
    df = float(len(sizes) - len(names))
    if df < MIN_DF:
        return np.var(gains, axis=-1, ddof=1), len(sizes) - 1.0
    means = np.stack([gains[..., codes == code].mean(axis=-1) for code in range(len(names))], axis=-1)
    return np.square(gains - means[..., codes]).sum(axis=-1) / df, df


def control_gain(net: NetPanel) -> Estimate | None:
    """Return the net gain of the checkpoints with the largest budget, mean over sizes; None below two trunks."""
    kept = np.flatnonzero(last_budget(net.panel.cells))
    if len(kept) < 2:
        return None
    sizes = net.panel.cells["size"].to_numpy()[kept]
    weights = np.zeros(len(net.panel.cells))
    weights[kept] = size_weights(sizes)
    variance, df = trunk_variance(net.gains[kept], sizes)
    parts = (test_part(weights, net.panel), net.twin_part(weights))
    found = tuple(part for part in parts if part is not None)
    return combine(float(weights @ net.gains), Part(float(variance) * float(weights @ weights), df), found)


def assess(gains: Mapping[str, Estimate | None], named: str | None) -> Sensitivity:
    """Return whether a study is sensitive in one mode and split.

    The named control decides by its 95 % interval. If it was not measured the others decide, with Holm's correction.

    Args:
        gains: {control task: net gain of `control_gain`}.
        named: the control of `named_control`.
    """
    usable = {task: e for task, e in gains.items() if e is not None and shortage(e.df) is None}
    if named in usable:
        estimate = usable[named]
        low, _ = estimate.interval()
        return told(named, estimate, low > 0)
    if not usable:
        trunks = (
            f"{MIN_DF + 1:g} trunks at the largest budget and {MIN_INITIALIZATIONS} untrained encoders of each size"
        )
        needs = f"{trunks} on it" if gains else f"the {NAMED} control without noise in this mode, {trunks}"
        return Sensitivity(False, False, None, None, None, None, f"not assessed; needs: {needs}")
    p = dict(zip(usable, corrected([e.p_zero() for e in usable.values()]), strict=True))
    task = min(usable, key=lambda name: (usable[name].value <= 0, p[name]))
    return told(task, usable[task], bool(p[task] < ALPHA and usable[task].value > 0))


def told(task: str, estimate: Estimate, sensitive: bool) -> Sensitivity:
    """Return the sensitivity that a control shows, in relative gains of error."""
    effect, lower, upper = (float(-np.expm1(-value)) for value in (estimate.value, *estimate.interval()))
    what = f"{100 * effect:.1f} % [{100 * lower:.1f}, {100 * upper:.1f}]"
    helps = "lowers" if sensitive else "does not surely lower"
    reason = f"pretraining {helps} the error of {task} at the largest budget: {what}"
    return Sensitivity(sensitive, True, task, effect, lower, upper, reason)


def sensitivity_rows(
    places: Sequence[tuple[str, str]],
    nets: Mapping[tuple[str, ...], NetPanel | None],
    controls: Mapping[str, Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield the rows of sensitivity.csv.

    Args:
        places: (mode, split) of the study.
        nets: {(mode, split, features, task): net log errors} of control tasks; None without a net gain.
        controls: as in `named_control`.
    """
    for mode, split in places:
        gains = {
            key[-1]: None if net is None else control_gain(net) for key, net in nets.items() if key[:2] == (mode, split)
        }
        found = asdict(assess(gains, named_control(controls)))
        flags = {name: int(found[name]) for name in ("sensitive", "assessed")}
        yield {"mode": mode, "split": split} | found | flags


def read_sensitivity(table: pd.DataFrame) -> dict[tuple[str, str], bool]:
    """Return {(mode, split): whether it is sensitive} of sensitivity.csv."""
    return {(row["mode"], row["split"]): bool(row["sensitive"]) for row in table.to_dict("records")}
