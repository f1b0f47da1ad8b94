"""Read-out layers over token budgets, and models of different size at equal loss."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.claims import MIN_TASKS
from clm.statistics.gains import AXES, axis_design, gain_of, relative
from clm.statistics.hierarchical import net_task_slope, task_slope
from clm.statistics.medians import median_interval
from clm.statistics.net_gain import Twins, net_panel, slope
from clm.statistics.regression import Design, slope_design
from clm.statistics.slopes import combined_slope, nadeau_bengio
from clm.statistics.verdicts import NOT_SENSITIVE, NOT_TESTABLE, UNDECIDED, shortage
from clm.tables.columns import ALPHA, LAYER_FEATURES, POOLED, PRIMARY
from clm.tables.panels import MIN_SIGNAL, Panel

BIN = 0.05  # bin width in log loss; losses in one bin count as equal
LAST, MIDDLE, DIFFERENCE = "last layer", "middle layer", "last minus middle"
PAPERS = {"layers": "CLIMB (github.com/leifsieben/CLIMB)", "isoloss": "Liu et al. (arXiv 2210.14199)"}


def layer_row(contrast: str, panel: Panel, cells: pd.DataFrame, errors: np.ndarray, design: Design) -> dict[str, Any]:
    """Return estimate and interval as a gain per doubling of tokens, with p of no gain.

    Args:
        contrast: LAST, MIDDLE or DIFFERENCE.
        panel: of the last layer.
        cells: checkpoints with both layers, n.
        errors: float64 (k, n), log error per split seed, or a difference of two.
        design: estimator of the slope for these cells.
    """
    slope = combined_slope(design, errors, panel.ratio, None)
    low, high = slope.interval()
    row = {"question": "layers", "paper": PAPERS["layers"], "task": panel.names["task"], "contrast": contrast}
    row |= {"estimate": gain_of(slope.estimate), "lower": gain_of(high), "upper": gain_of(low), "p": slope.p_zero()}
    test = nadeau_bengio(errors @ design.weights, panel.ratio) if len(errors) > 1 else 0.0
    row |= {"slope": task_slope(design, errors.mean(axis=0), cells["trunk"].to_numpy(), test)}
    return row | {"n_cells": int(design.used.sum()), "n_trunks": design.clusters}


def isoloss_row(
    panel: Panel, margin: float, min_trunks: int, twins: Twins | None, sensitive: bool = True
) -> dict[str, Any] | None:
    """Return the net gain per doubling of parameters among checkpoints of equal loss, or None.

    Loss is binned; a constant for each bin compares small models trained for long with large ones trained briefly (Liu
    et al. vary the size at the minimal loss). Without untrained encoders of each size nothing is judged, because wider
    models have better features for a linear head even untrained.

    Args:
        panel: errors of the task.
        margin: relative gain per doubling that matters.
        min_trunks: minimum number of trunks for an estimate.
        twins: untrained encoders of the same mode, split, read-out and task.
        sensitive: whether the study detects gains on the control task; if not, finding no difference shows little.
    """
    design = size_design(panel.cells)
    if design is None or design.clusters < min_trunks or panel.signal < MIN_SIGNAL:
        return None
    row = {"question": "isoloss", "paper": PAPERS["isoloss"], "task": panel.names["task"]}
    row |= {"contrast": "parameters at equal loss", "n_cells": int(design.used.sum()), "n_trunks": design.clusters}
    row |= {"raw_estimate": gain_of(slope(design, panel).value)}
    net = net_panel(panel, twins)
    design = None if net is None else size_design(net.panel.cells)
    if net is None or design is None or shortage(design.df):
        return row | {"verdict": NOT_TESTABLE}
    estimate = slope(design, net.panel, net)
    row |= {"slope": net_task_slope(design, net)}
    row |= relative(estimate) | {"p": estimate.p_zero(), "n_cells": int(design.used.sum()), "n_trunks": design.clusters}
    row["estimate"] = row.pop("gain")
    if row["lower"] > 0:
        return row | {"verdict": "larger is better"}
    if row["upper"] < 0:
        return row | {"verdict": "smaller is better"}
    equal = estimate.p_equivalent(float(np.log1p(-margin)), float(np.log1p(margin))) < ALPHA
    if not equal:
        return row | {"verdict": UNDECIDED}
    return row | {"verdict": "no difference" if sensitive else NOT_SENSITIVE}


def size_design(cells: pd.DataFrame) -> Design | None:
    """Return the estimator of the slope per doubling of parameters among cells of equal loss."""
    bins = np.floor(np.log(cells["loss"].to_numpy(dtype=float)) / BIN).astype(int)
    return slope_design(np.log2(cells["parameters"].to_numpy(dtype=float)), bins, cells["trunk"].to_numpy())


def depths(panels: Mapping[str, Panel]) -> dict[str, int]:
    """Return {size: number of layers} from the layers whose read-outs exist (the last one is "mean")."""
    layers: dict[str, int] = {}
    for name, panel in panels.items():
        if name.startswith(LAYER_FEATURES):
            for size in panel.cells["size"].unique():
                layers[size] = max(layers.get(size, 0), int(name.removeprefix(LAYER_FEATURES)) + 1)
    return layers


def layer_rows(panels: Mapping[str, Panel], min_trunks: int) -> list[dict[str, Any]]:
    """Return the gain per doubling of tokens read from the last and from the middle layer, and their difference.

    Args:
        panels: {read-out: panel} of one task, mode and split; "mean" is the last layer, "layer0" the embedding.
        min_trunks: minimum number of trunks for an estimate.
    """
    last, depth = panels.get(PRIMARY), depths(panels)
    if last is None or not depth or last.signal < MIN_SIGNAL:
        return []
    middle = {}
    for name, panel in panels.items():
        if name.startswith(LAYER_FEATURES):
            kept = [depth[size] // 2 == int(name.removeprefix(LAYER_FEATURES)) for size in panel.cells["size"]]
            middle |= {c: panel.errors[:, i] for i, c in enumerate(panel.cells["checkpoint"]) if kept[i]}
    used = [i for i, c in enumerate(last.cells["checkpoint"]) if c in middle and len(middle[c]) == len(last.errors)]
    cells = last.cells.iloc[used].reset_index(drop=True)
    design = axis_design(cells, AXES[1]) if len(cells) else None
    if design is None or design.clusters < min_trunks:
        return []
    ends = last.errors[:, used]
    inner = np.column_stack([middle[c] for c in cells["checkpoint"]])
    slopes = {LAST: ends, MIDDLE: inner, DIFFERENCE: ends - inner}
    rows = [layer_row(name, last, cells, y, design) for name, y in slopes.items()]
    verdict = layer_verdict(*rows)
    return [row | {"verdict": verdict} for row in rows]


def layer_verdict(last: Mapping[str, Any], middle: Mapping[str, Any], difference: Mapping[str, Any]) -> str:
    """Return the verdict from three gains: does the last layer get worse with tokens while a middle one does not?"""
    if last["upper"] < 0 and middle["upper"] >= 0 and difference["upper"] < 0:
        return "read-out specialization"
    if last["upper"] < 0 and middle["upper"] < 0:
        return "both degrade"
    return "last layer does not degrade" if last["lower"] > 0 else "undecided"


def pooled_rows(
    rows: Sequence[Mapping[str, Any]], aggregate: Sequence[str], draws: int, seed: int
) -> list[dict[str, Any]]:
    """Return the median over tasks that count for each question and contrast with enough tasks."""
    pooled = []
    rows = [row for row in rows if row.get("estimate") is not None]
    for question, contrast in dict.fromkeys((row["question"], row["contrast"]) for row in rows):
        own = [r for r in rows if (r["question"], r["contrast"]) == (question, contrast) and r["task"] in aggregate]
        if len(own) < MIN_TASKS:
            continue
        median, high, low = (gain_of(end) for end in median_interval([r["slope"] for r in own], draws, seed))
        row = {"question": question, "paper": PAPERS[question], "task": POOLED, "contrast": contrast}
        row |= {"estimate": median, "lower": low, "upper": high, "verdict": "median of tasks"}
        pooled.append(row | {"n_cells": min(r["n_cells"] for r in own), "n_trunks": min(r["n_trunks"] for r in own)})
    return pooled
