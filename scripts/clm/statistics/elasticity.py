"""The fraction of a gain in pretraining loss that reaches a task: the slope of net log error on log loss."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.net_gain import Twins, net_panel, slope
from clm.statistics.regression import Design, slope_design
from clm.statistics.verdicts import ELASTICITY_FAMILY, NOT_TESTABLE, by_family, judge_elasticities, no_signal, shortage
from clm.tables.panels import MIN_SIGNAL, Panel

COLUMNS = ("mode", "split", "features", "corpus", "task", "metric", "slope", "lower", "upper", "p", "p_holm", "df")
COLUMNS += ("raw_slope", "within_size", "within_size_lower", "within_size_upper", "n_cells", "n_trunks", "loss_ratio")
COLUMNS += ("verdict", "reason")


def loss_design(cells: pd.DataFrame, groups: np.ndarray) -> Design | None:
    """Return the estimator of the slope on log validation loss with a constant for each group of cells."""
    return slope_design(np.log(cells["loss"].to_numpy(dtype=float)), groups, cells["trunk"].to_numpy())


def elasticity_row(panel: Panel, min_trunks: int, twins: Twins | None) -> dict[str, Any]:
    """Return the elasticity of one task; the verdict is added with its family.

    1 means that the net gain grows in proportion to the fall of the loss, 0 that none of it reaches the task. The loss
    is treated as exact: over hundreds of validation molecules its error is far below the spread between checkpoints.
    With a constant for each size (`within_size`) the untrained encoders cancel; this is the sensitivity analysis.

    Args:
        panel: errors of the task.
        min_trunks: minimum number of trunks for an estimate.
        twins: untrained encoders of the same mode, split, read-out and task.
    """
    loss, trunks = panel.cells["loss"].to_numpy(dtype=float), panel.cells["trunk"].to_numpy()
    row: dict[str, Any] = {"n_cells": len(loss), "n_trunks": len(np.unique(trunks)), "estimate": None}
    row |= {"loss_ratio": float(loss.max() / loss.min()), "metric": panel.metric, "signal": panel.signal}
    design = loss_design(panel.cells, np.zeros(len(loss), dtype=int))
    if design is None or row["n_trunks"] < min_trunks:
        return row | {"missing": shortage(None)}
    row |= {"raw_slope": slope(design, panel).value, "missing": None}
    inside = loss_design(panel.cells, panel.cells.groupby("size", sort=False).ngroup().to_numpy())
    if inside is not None:
        within = slope(inside, panel)
        lower, upper = within.interval()
        row |= {"within_size": within.value, "within_size_lower": lower, "within_size_upper": upper}
    net = net_panel(panel, twins)
    design = None if net is None else loss_design(net.panel.cells, np.zeros(len(net.panel.cells), dtype=int))
    if net is None or design is None:
        reason = (twins or Twins({}, {}, {})).reason(panel.cells["size"].iloc[0])
        return row | {"missing": f"needs: untrained encoders; {reason}"}
    row |= {"missing": shortage(design.df, design.clusters)}
    estimate = slope(design, net.panel, net)
    lower, upper = estimate.interval()
    row |= {"slope": estimate.value, "lower": lower, "upper": upper, "p": estimate.p_zero(), "df": estimate.df}
    return row | {"estimate": estimate}


def judge(rows: list[dict[str, Any]], margin: float, sensitive: Mapping[tuple[str, str], bool]) -> list[dict[str, Any]]:
    """Add p_holm, verdict and reason to the rows of `elasticity_row`, which name mode, split, features, corpus, task.

    Args:
        rows: of `elasticity_row`.
        margin: elasticity that matters.
        sensitive: {(mode, split): whether the study detects gains on a control task}; False if absent.
    """
    judged = [dict(row) for row in rows]
    for positions in by_family(pd.DataFrame(rows), ELASTICITY_FAMILY).values() if rows else ():
        members = [judged[i] for i in positions]
        barred = [no_signal(row["metric"]) if row["signal"] < MIN_SIGNAL else None for row in members]
        seen = sensitive.get((members[0]["mode"], members[0]["split"]), False)
        results = judge_elasticities([row["estimate"] for row in members], margin, seen, barred)
        for row, result in zip(members, results, strict=True):
            reason = row["missing"] if result.verdict == NOT_TESTABLE and row["missing"] else result.reason
            row |= {"p_holm": result.p_difference, "verdict": result.verdict, "reason": reason}
    return judged
