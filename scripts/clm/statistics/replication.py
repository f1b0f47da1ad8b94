"""Compare two studies: each claim that both judge, with its effect in both and the difference."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from clm.statistics.plan_outcome import NOT_JUDGED
from clm.statistics.verdicts import OPEN

FOUND = ("effect", "lower", "upper", "verdict")
AGAIN = tuple(f"{name}_again" for name in FOUND)
COLUMNS = ("id", "claim", *FOUND, *AGAIN, "difference", "difference_lower", "difference_upper", "differs", "verdicts")
SAME, OTHER, ONCE, NEVER = "the same", "different", "decided by one study", "decided by none"


def replicated(first: Iterable[Mapping[str, Any]], second: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a row of COLUMNS per claim that both studies judge, in the order of the first.

    Args:
        first: claims of claims.json.
        second: those of the replication.

    If a mode has a single split in both studies, the claim on all its splits equals that on this split, listed once.

    `difference` is the second effect minus the first. Its interval comes from the two intervals by the method of
    variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27:1693), which keeps their asymmetry.
    It assumes independent errors. Shared test molecules, untrained encoders or seeds make it too wide if they shift
    both effects alike: then it shows fewer differences than there are. `differs`: the interval excludes zero.
    """
    again = {claim["id"]: claim for claim in second}
    pairs = [(claim, again[claim["id"]]) for claim in first if claim["id"] in again]
    rows = [
        {"id": one["id"], "claim": one["claim"]}
        | {name: one[name] for name in FOUND}
        | {name: other[of] for name, of in zip(AGAIN, FOUND, strict=True)}
        | difference(one, other)
        | {"verdicts": agreement(one["verdict"], other["verdict"])}
        for one, other in pairs
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = [name for name in (*FOUND, *AGAIN) if not name.startswith("verdict")]
    return table[~(table.duplicated(numbers) & table["effect"].notna())].reset_index(drop=True)


def difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, float | bool | None]:
    """Return the second effect minus the first with its interval; None if one of the studies has no number."""
    values = np.array([[claim[name] for name in FOUND[:3]] for claim in (first, second)], dtype=float)
    (effect, lower, upper), (effect_again, lower_again, upper_again) = values
    between = effect_again - effect
    low = between - np.hypot(effect_again - lower_again, upper - effect)
    high = between + np.hypot(upper_again - effect_again, effect - lower)
    told = zip(("difference", "difference_lower", "difference_upper"), (between, low, high), strict=True)
    found = {name: float(value) if np.isfinite(value) else None for name, value in told}
    return found | {"differs": bool(low > 0 or high < 0) if np.isfinite([low, high]).all() else None}


def agreement(first: str, second: str) -> str:
    """Return how two verdicts on one claim agree."""
    decided = [verdict not in (*OPEN, NOT_JUDGED) for verdict in (first, second)]
    if all(decided):
        return SAME if first == second else OTHER
    return ONCE if any(decided) else NEVER


def replication_lines(table: pd.DataFrame) -> list[str]:
    """Report how often the verdicts agree, and the claims whose effects differ by more than their intervals allow."""
    counts = [f"{(table['verdicts'] == how).sum()} {how}" for how in (SAME, OTHER, ONCE, NEVER)]
    measured = table[table["differs"].notna()]
    apart = measured[measured["differs"].astype(bool)]
    lines = [
        f"{len(table)} claims in both studies; verdicts: {', '.join(counts)}",
        f"{len(apart)} of {len(measured)} effects differ by more than their intervals allow",
    ]
    for row in pd.concat([apart, table[table["verdicts"] == OTHER]]).drop_duplicates("id").itertuples():
        lines.append(
            f"  {row.id}: {row.effect:.3g} ({row.verdict}), again {row.effect_again:.3g} ({row.verdict_again})"
        )
    return lines
