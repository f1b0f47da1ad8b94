"""Claims that the pretraining loss falls along an axis, which two intervals of the exponent must both show."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.claims import claim
from clm.statistics.verdicts import NOT_TESTABLE, UNDECIDED, shortage
from clm.tables.columns import ALPHA

ENDS = ("lower", "upper", "bootstrap_lower", "bootstrap_upper")


def loss_claim(fits: pd.DataFrame, corpus: str, axis: str, what: str, margin: float) -> dict[str, Any]:
    """Judge "pretraining loss falls with ..." by the exponent a of L ~ x^-a.

    Args:
        fits: fits.csv.
        corpus: of the pretraining.
        axis: N, D, U or C.
        what: the axis in words.
        margin: fall per doubling that matters.
    """
    chosen = (
        (fits["corpus"] == corpus) & (fits["axis"] == axis) & (fits["form"] == "power") & (fits["parameter"] == "a")
    )
    rows = fits[chosen & (fits["status"] == "ok")]
    base = {"name": f"loss_falls.{axis}", "text": f"pretraining loss falls with {what}", "source": "abstract"}
    base |= {"test": "log-log slope of validation loss, trunks as clusters and by a bootstrap over trunks"}
    base |= {"tables": ["fits.csv", "runs.csv"], "threshold": f"fall of {100 * margin:g} % per doubling"}
    if rows.empty:
        return claim(**base, reason="needs: trunks that differ along this axis")
    row = rows.iloc[0].to_dict()
    evidence = {"n": int(row["n"]), "effect": row["estimate"], "lower": row["lower"], "upper": row["upper"]}
    verdict, reason = judge_fall(row, margin)
    return claim(**base, **evidence, verdict=verdict, reason="; ".join([reason, *fit_remarks(row)]))


def judge_fall(row: Mapping[str, Any], margin: float) -> tuple[str, str]:
    """Return verdict and reason from a row of fits.csv.

    supported: both intervals lie above 0. contradicted: both exclude a fall of the margin. If they disagree, the claim
    is undecided.

    Args:
        row: estimate, df, n_trunks and the two intervals of the exponent.
        margin: fall of the loss per doubling that matters.
    """
    missing = shortage(row["df"], int(row["n_trunks"]))
    if missing:
        return NOT_TESTABLE, missing
    if any(pd.isna(row[name]) for name in ENDS):
        return NOT_TESTABLE, "needs: more trunks, most draws of the bootstrap have none that differ"
    small, relevant = -np.log2(1 - margin), f"one of {100 * margin:g} % per doubling"
    found = {fall_of(row[low], row[high], small) for low, high in (ENDS[:2], ENDS[2:])}
    if found == {"falls"}:
        return "supported", "both intervals of the exponent lie above 0"
    if found == {"little"}:
        return "contradicted", f"no fall, and {relevant} is ruled out by both intervals"
    if len(found) > 1:
        robust, drawn = (f"[{row[low]:.3g}, {row[high]:.3g}]" for low, high in (ENDS[:2], ENDS[2:]))
        return UNDECIDED, f"the intervals disagree: clusters {robust}, bootstrap over trunks {drawn}"
    return UNDECIDED, "both intervals of the exponent contain 0 and relevant falls"


def fall_of(lower: float, upper: float, small: float) -> str:
    """Return the conclusion from one interval of the exponent; an interval above 0 shows a fall, however small."""
    return "falls" if lower > 0 else "little" if upper < small else "either"


def fit_remarks(row: Mapping[str, Any]) -> list[str]:
    """Return remarks on the power law behind an exponent: its fit, and its error on held-out cells."""
    remarks = []
    if pd.notna(row["lack_of_fit_p"]):
        fits = "does not describe" if row["lack_of_fit_p"] < ALPHA else "may describe"
        remarks.append(f"a power law {fits} the steps (p = {row['lack_of_fit_p']:.2g}, {row['lack_of_fit_test']})")
    elif pd.notna(row["lack_of_fit_test"]):
        remarks.append(f"fit not tested: {row['lack_of_fit_test']}")
    if pd.notna(row["holdout_error"]):
        remarks.append(f"it misses the largest cells, held out, by {100 * np.expm1(row['holdout_error']):.2g} %")
    return remarks
