"""Net gain of pretraining with and without token order: comparison of untrained, shuffled and pretrained encoders.

A trunk on shuffled tokens is compared with the trunk on the same molecules of the same size, seed and budget, and both
with untrained encoders of that size. In log error

    net gain of pretraining = net gain of pretraining on shuffled tokens + gain from token order

so that the first term on the right is the gain from token counts. Intervals include the spread between seeds (pooled
within the groups of one condition, with their degrees of freedom), test sets or split seeds, untrained initializations,
and, for means over tasks, the spread between tasks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics import contrasts
from clm.statistics.arms import (
    CELL,
    KINDS,
    arms_of,
    contrast,
    matched_runs,
    paired,
    pooled,
    seeds_df,
    share_interval,
    untrained_estimate,
    weights_of,
)
from clm.statistics.estimates import Estimate
from clm.statistics.hierarchical import MIN_TASKS
from clm.statistics.net_gain import NetPanel, Twins, net_panel, slope
from clm.statistics.verdicts import NOT_SENSITIVE, NOT_TESTABLE, UNSEEN
from clm.tables.columns import POOLED, PRETRAINED, PRIMARY, SHUFFLED, UNTRAINED
from clm.tables.panels import MIN_SIGNAL, Panel, panels, study_runs

MIN_SEEDS_DF = 2  # minimum degrees of freedom between seeds for a verdict
MIN_POOLED = 3  # minimum number of tasks for an interval from their spread
WORDS = {"lower error": "gain", "higher error": "loss"}
COLUMNS = ("corpus", "shuffled", *CELL, "mode", "split", "task", "kind", "seeds", "n_tasks", "df", "gain", "lower")
COLUMNS += ("upper", "share", "share_lower", "share_upper", "verdict", "reason")


@dataclass(frozen=True)
class Group:
    """Net log errors of the tasks of one cell, mode and split, and the names that its rows share."""

    nets: Sequence[NetPanel]
    names: Mapping[str, Any]

    @property
    def seeds(self) -> int:
        """Minimum number of seeds per arm."""
        return min(len(net.panel.cells) // 2 for net in self.nets)


def control_rows(
    tables: Mapping[str, pd.DataFrame],
    twins: Mapping[tuple[str, ...], Twins],
    sensitive: Mapping[tuple[str, str], bool],
    settings: Mapping[str, Any],
) -> Iterator[dict[str, Any]]:
    """Yield the rows of pretraining_control.csv.

    Args:
        tables: `runs`, `transfer`, `draws` and those of the control as `shuffled_runs` and so on.
        twins: of `untrained_twins`.
        sensitive: {(mode, split): whether the study detects gains on the control task}.
        settings: `shuffled` ({control: corpus}), `aggregate` (tasks that count), `contrast_margin`.
    """
    transfer = joined(tables["transfer"], tables["shuffled_transfer"])
    draws = joined(tables["draws"], tables["shuffled_draws"])
    for corpus, source in settings["shuffled"].items():
        runs = matched_runs(tables["runs"], tables["shuffled_runs"], source, corpus)
        for cell, chosen in runs.groupby(list(CELL), sort=False):
            names = {"corpus": source, "shuffled": corpus} | dict(zip(CELL, cell, strict=True))
            chosen = study_runs(chosen, [source, corpus])
            for group in groups(panels(transfer, chosen, draws), twins, names):
                yield from group_rows(group, sensitive, settings)


def joined(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of both tables."""
    return pd.concat([part for part in (table, more) if len(part)] or [table], ignore_index=True)


def groups(found: Iterator[Panel], twins: Mapping[tuple[str, ...], Twins], names: dict[str, Any]) -> Iterator[Group]:
    """Yield the tasks of each mode and split that have a signal, a pair of encoders and untrained twins."""
    nets: dict[tuple[str, str], list[NetPanel]] = {}
    for panel in found:
        if panel.names["features"] != PRIMARY or panel.signal < MIN_SIGNAL:
            continue
        net = net_panel(paired(panel), twins.get(tuple(panel.names.values()))) if len(paired(panel).cells) else None
        if net is not None:
            nets.setdefault((panel.names["mode"], panel.names["split"]), []).append(net)
    for (mode, split), group in nets.items():
        yield Group(group, names | {"mode": mode, "split": split})


def group_rows(
    group: Group, sensitive: Mapping[tuple[str, str], bool], settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the rows over tasks, then those of each task."""
    corpus, counted = group.names["shuffled"], settings["aggregate"]
    used = [net for net in group.nets if net.panel.names["task"] in counted]
    if used:
        seen = sensitive.get((group.names["mode"], group.names["split"]), False)
        yield from pooled_rows(replace(group, nets=used), settings["contrast_margin"], seen)
    for net in group.nets:
        names = {**group.names, "task": net.panel.names["task"], "seeds": len(net.panel.cells) // 2, "n_tasks": 1}
        df, reach = untrained_estimate([net])
        yield names | {"kind": UNTRAINED, "df": df} | relative(0.0, -reach, reach)
        for kind in KINDS[1:]:
            found = slope(contrast(arms_of(net, corpus), weights_of(kind)), net.panel, net)
            yield names | {"kind": kind, "df": seeds_df(net, corpus)} | numbers(found, seeds_df(net, corpus))


def pooled_rows(group: Group, margin: float, sensitive: bool) -> Iterator[dict[str, Any]]:
    """Yield the rows of the mean over tasks, with verdicts; the row of shuffled tokens also has the fraction."""
    corpus, count = group.names["shuffled"], len(group.nets)
    names = {**group.names, "task": POOLED, "seeds": group.seeds, "n_tasks": count}
    df, reach = untrained_estimate(group.nets)
    yield names | {"kind": UNTRAINED, "df": df} | relative(0.0, -reach, reach)
    freedom = min(seeds_df(net, corpus) for net in group.nets)
    missing = shortage(freedom, count)
    for kind in KINDS[1:]:
        row = names | {"kind": kind, "df": freedom}
        if count < MIN_POOLED or freedom < 1:
            yield row | relative(mean_gain(group.nets, corpus, kind)) | {"verdict": NOT_TESTABLE, "reason": missing}
            continue
        found = pooled(group.nets, corpus, weights_of(kind))
        row |= numbers(found, freedom)
        low, high = found.interval()
        word = contrasts.verdict(-high, -low, margin)
        row |= {"verdict": NOT_TESTABLE, "reason": missing} if missing else judged(WORDS.get(word, word), sensitive)
        if kind == SHUFFLED and not missing:
            row |= share_of(group.nets, corpus)
        yield row


def judged(verdict: str, sensitive: bool) -> dict[str, str]:
    """Return the columns of a verdict; a small difference shows little if the study cannot detect a gain."""
    if verdict != contrasts.SMALL or sensitive:
        return {"verdict": verdict}
    return {"verdict": NOT_SENSITIVE, "reason": f"would be {verdict}, {UNSEEN}"}


def shortage(df: int, tasks: int) -> str | None:
    """Return what is missing for a verdict, or None."""
    if df < MIN_SEEDS_DF:
        return "needs: 2 seeds on shuffled tokens and the same 2 on the corpus in order"
    return None if tasks >= MIN_TASKS else f"needs: {MIN_TASKS} tasks, has {tasks}"


def share_of(nets: Sequence[NetPanel], corpus: str) -> dict[str, float]:
    """Return the fraction of the net gain of pretraining obtained with shuffled tokens, if that gain is above 0."""
    total = pooled(nets, corpus, weights_of(PRETRAINED))
    if total.interval()[0] <= 0:
        return {}
    share = pooled(nets, corpus, weights_of(SHUFFLED)).value / total.value
    low, high = share_interval(nets, corpus, share)
    return {"share": share, "share_lower": low, "share_upper": high}


def mean_gain(nets: Sequence[NetPanel], corpus: str, kind: str) -> float:
    """Return the mean over tasks of a contrast, without its error."""
    return float(np.mean([contrast(arms_of(net, corpus), weights_of(kind)).weights @ net.panel.y for net in nets]))


def numbers(estimate: Estimate, df: int) -> dict[str, float]:
    """Return the columns of an estimate in log error; no interval without a second seed."""
    return relative(estimate.value, *(estimate.interval() if df >= 1 else ()))


def relative(value: float, low: float = float("nan"), high: float = float("nan")) -> dict[str, float]:
    """Return net gains in log error as relative falls of the error."""
    gain, lower, upper = (float(-np.expm1(-number)) for number in (value, low, high))
    return {"gain": gain, "lower": lower, "upper": upper}
