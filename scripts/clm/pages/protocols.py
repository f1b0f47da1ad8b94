"""What to use: comparison of the transfer protocols, and of the best baseline with the largest encoder."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from clm.tables.columns import BASELINE, FINE_TUNED, LINEAR_PROBE
from clm.wording.names import baseline_name, listed, scale_name, task_name

NAMED = 6  # tasks that are named on the first screen; more are counted
FOREST = "a fingerprint forest"  # all errors of relative_errors.csv are divided by its error


def protocol_lines(ratios: pd.DataFrame, settings: Mapping[str, Any]) -> list[str]:
    """Compare the largest model of each protocol with the others and with the best baseline.

    Args:
        ratios: relative_errors.csv.
        settings: `split`, `aggregate` (tasks that count).
    """
    rows = ratios[(ratios["split"] == settings["split"]) & ratios["task"].isin(settings["aggregate"])]
    last = rows.sort_values("parameters", kind="stable").groupby(["task", "kind"])["ratio"].last().unstack()
    lines = []
    if {FINE_TUNED, LINEAR_PROBE} <= set(last):
        lines.append(of_one_size(rows))
    kinds = [kind for kind in (FINE_TUNED, LINEAR_PROBE) if kind in last]
    if kinds:
        name, rival = best_baseline(rows)
        distance = (last[kinds].min(axis=1) / rival.reindex(last.index)).dropna().sort_values()
        lines.append(against(name, distance, settings["split"]))
    return lines


def of_one_size(rows: pd.DataFrame) -> str:
    """Compare fine-tuning with a linear probe of an encoder of the same size, the largest that has both scores.

    Args:
        rows: of relative_errors.csv, one split, tasks that count.
    """
    keys = ["parameters", "model", "task"]
    both = rows.pivot_table(index=keys, columns="kind", values="ratio")[[FINE_TUNED, LINEAR_PROBE]].dropna()
    if both.empty:
        return ""
    size = both.index.get_level_values("parameters").max()
    both = both.xs(size, level="parameters")
    better, name = int((both[FINE_TUNED] < both[LINEAR_PROBE]).sum()), scale_name(both.index[0][0])
    told = f"Fine-tuned, the encoder of {name} parameters had a lower error than probed on {better} of {len(both)}"
    return f"{told} task{'s' if len(both) > 1 else ''}."


def best_baseline(rows: pd.DataFrame) -> tuple[str, pd.Series]:
    """Return name and ratios by task of the baseline with the lowest mean log error, among those with all tasks."""
    table = rows[rows["kind"] == BASELINE].pivot_table(index="task", columns="model", values="ratio")
    table = table.reindex(rows["task"].unique()).dropna(axis=1).assign(**{FOREST: 1.0})
    best = np.log(table).mean().idxmin()
    return (best if best == FOREST else f"the best baseline ({baseline_name(best)})"), table[best]


def against(name: str, distance: pd.Series, split: str) -> str:
    """Return the sentence on a baseline and the largest encoder.

    Args:
        name: of the baseline.
        distance: by task, ascending, ratio of the lowest error of the largest encoders to that of the baseline.
        split: of the comparison.
    """
    worse, better = distance.index[distance > 1], distance.index[distance < 1]
    names = [listed([task_name(task) for task in group]) for group in (worse[::-1], better)]
    lost = f" ({names[0]})" if 0 < len(worse) <= NAMED else ""
    return (
        f"On the {split} split {name} had a lower error than the largest encoder, fine-tuned or probed, on "
        f"{len(worse)} of {len(distance)} tasks{lost}; the encoder had the lower one on "
        f"{names[1] if len(better) <= NAMED else 'the others'}."
    )
