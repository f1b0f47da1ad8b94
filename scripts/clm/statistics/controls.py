"""Results on control tasks, whose truth is known: the fraction of label noise in the error, and the gain on the truth.

Labels carry normal noise of SD s, so RMSE^2 = (error against the truth)^2 + s^2, and noise hides gains: the relative
change of the error against the truth is 1 / (1 - s^2 / RMSE^2) times that of the RMSE.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from clm.tables.columns import PRIMARY, UNTRAINED

HALF = 0.5  # of the squared error; beyond it, labels limit more than the representation


def noise_fraction(noise_sd: float, error: float) -> float:
    """Return the fraction of a squared error that is label noise, at most 1; NaN without an error."""
    return float(min(noise_sd**2 / error**2, 1.0)) if error > 0 else float("nan")


def truth_gain(gain: float, share: float) -> float:
    """Return the relative gain on the truth for a relative gain of the RMSE; noise is `share` of the squared RMSE."""
    return 1 - (1 - gain) ** (1 / (1 - share)) if share < 1 and gain < 1 else float("nan")


def limit(lower: float, upper: float) -> str:
    """Return what limits a task, from the interval of the fraction of noise."""
    if not np.isfinite([lower, upper]).all():
        return "undefined"
    return "labels" if lower > HALF else "representation" if upper < HALF else "undecided"


def control_rows(
    transfer: pd.DataFrame, saturation: pd.DataFrame, controls: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield a row per control task, mode, split and axis, primary read-out.

    The fraction of noise is for a typical pretrained encoder: medians over cells of the error and of its bounds.

    Args:
        transfer: transfer.csv.
        saturation: saturation.csv.
        controls: task to property, molecules, noise, noise_sd (in units of the label).
    """
    scored = transfer[transfer["corpus"].notna() & (transfer["corpus"] != UNTRAINED) & (transfer["status"] == "ok")]
    for gain in primary(saturation[saturation["task"].isin(controls)]).to_dict("records"):
        same = (scored["task"] == gain["task"]) & (scored["mode"] == gain["mode"]) & (scored["split"] == gain["split"])
        error, low, high = primary(scored[same])[["error", "lower", "upper"]].median()
        control = controls[gain["task"]]
        share, fewest, most = (noise_fraction(control["noise_sd"], value) for value in (error, high, low))
        named = {name: gain[name] for name in ("task", "mode", "split", "axis", "gain", "lower", "upper", "verdict")}
        truth = {f"truth_{name}": truth_gain(gain[name], share) for name in ("gain", "lower", "upper")}
        shares = {
            "noise_fraction": share,
            "noise_fraction_lower": fewest,
            "noise_fraction_upper": most,
            "limit": limit(fewest, most),
        }
        yield dict(control) | named | {"error": error} | shares | truth


def primary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the primary read-out (fine-tuned models have no other)."""
    return rows[rows["features"].isna() | (rows["features"] == PRIMARY)]
