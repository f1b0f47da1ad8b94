"""Compare a plan with the outcome of its study: the claims planned to be testable, and which of them are decided."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from clm.statistics.verdicts import NOT_TESTABLE, OPEN
from clm.tables.columns import ENCODER_MODES, POOLED

PLAN_COLUMNS = ("claim", "mode", "split", "outcome", "effect", "unit", "testable", "needs")
TESTABLE, ONE_WAY = "testable", "testable one way"
NOT_PLANNED, NOT_JUDGED = "not planned", "shown, not judged"
COLUMNS = ("id", "planned", "smallest_effects", "needs", "effect", "lower", "upper", "verdict", "decided", "reason")


def plan_outcomes(plan: pd.DataFrame, claims: Iterable[Mapping[str, Any]], splits: Iterable[str]) -> pd.DataFrame:
    """Return a row of COLUMNS per claim of a finished study.

    Args:
        plan: rows of PLAN_COLUMNS that were written before the study ran; `mode` and `split` are missing for claims on
            pretraining. If a mode has a single split, its pooled claims are planned with that split.
        claims: those of claims.json.
        splits: names of the splits of the study.

    `planned` is "testable" if all outcomes of the claim were, "testable one way" if only some were, so that an effect
    may be too small to be decided, and "shown, not judged" if no test was planned. `smallest_effects` lists each
    outcome with the effect that is decided with 80 % power (relative changes per doubling as fractions).
    """
    keys = plan[["claim", "mode", "split"]].fillna("").itertuples(index=False, name=None)
    known: dict[tuple[str, str, str], list[Any]] = {}
    for key, row in zip(keys, plan.to_dict("records"), strict=True):
        known.setdefault(key, []).append(row)
    rows = []
    for claim in claims:
        stem, mode, split = parted(claim["id"], [*splits, POOLED])
        planned = known.get((stem, mode, split)) or only_split(known, stem, mode, split)
        decided = claim["verdict"] not in OPEN
        rows.append({name: claim[name] for name in ("id", "effect", "lower", "upper", "verdict", "reason")}
                    | expected(planned) | {"decided": decided})  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def parted(name: str, splits: Iterable[str]) -> tuple[str, str, str]:
    """Split the name of a claim into claim, mode and split: "headline.D", "fine_tuned", "scaffold"."""
    words, places = name.split("."), (*ENCODER_MODES, *splits)
    mode = next((word for word in words if word in ENCODER_MODES), "")
    split = next((word for word in words if word in places and word != mode), "")
    return ".".join(word for word in words if word not in places), mode, split


def only_split(known: Mapping[tuple[str, str, str], list[Any]], stem: str, mode: str, split: str) -> list[Any]:
    """Return the plan of a pooled claim in a mode with a single split, which is the plan of this split."""
    found = [rows for (of, where, _), rows in known.items() if (of, where) == (stem, mode)]
    return found[0] if split == POOLED and len(found) == 1 else []


def expected(rows: list[Any]) -> dict[str, Any]:
    """Return the columns on the plan of a claim."""
    if not rows:
        return {"planned": NOT_PLANNED, "smallest_effects": None, "needs": None}
    able = [row for row in rows if row["testable"]]
    effects = "; ".join(f"{row['outcome']} {row['effect']:.3g}" for row in able if pd.notna(row["effect"]))
    needs = "; ".join(dict.fromkeys(row["needs"] for row in rows if not row["testable"]))
    if able:
        planned = TESTABLE if len(able) == len(rows) else ONE_WAY
    else:
        planned = NOT_JUDGED if {row["outcome"] for row in rows} == {"shown"} else NOT_TESTABLE
    return {"planned": planned, "smallest_effects": effects, "needs": needs}


def outcome_lines(table: pd.DataFrame) -> list[str]:
    """Report how many claims were planned to be testable, how many of these are decided, and which are not."""
    testable = table[table["planned"] == TESTABLE]
    decided = testable["decided"].sum()
    lines = [
        f"{len(table)} claims, {len(testable)} planned to be testable; of these {decided} are decided"
        + (f" ({decided / len(testable):.0%})" if len(testable) else "")
    ]
    for row in testable[~testable["decided"].astype(bool)].itertuples():
        lines.append(f"  {row.id}: {row.verdict} ({row.reason}); planned: {row.smallest_effects}")
    some = table[table["planned"] == ONE_WAY]
    lines.append(f"{len(some)} planned to be testable one way; of these {some['decided'].sum()} are decided")
    others = table[table["planned"] != TESTABLE]
    lines += [f"  {row.id}: {row.planned}{f', needs {row.needs}' if row.needs else ''}" for row in others.itertuples()]
    return lines
