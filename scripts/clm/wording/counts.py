"""Counts of verdicts in words, for titles."""

import pandas as pd

from clm.statistics.verdicts import ARRIVES, DEGRADED, IMPROVING, LITTLE_ARRIVES, NO_RELEVANT_GAIN, SATURATED

KINDS = {"help": (IMPROVING, ARRIVES), "harm": (DEGRADED,), "no gain": (SATURATED, NO_RELEVANT_GAIN, LITTLE_ARRIVES)}


def verdict_counts(rows: pd.DataFrame) -> str:
    """Return the numbers of rows with a gain, a loss, no relevant gain and no decision: "helps 1, no gain 2, open 9".

    Args:
        rows: with a column `verdict`, one row per task and mode.
    """
    told = []
    for word, verdicts in (("helps", KINDS["help"]), ("harms", KINDS["harm"]), ("no gain", KINDS["no gain"])):
        count = int(rows["verdict"].isin(verdicts).sum())
        told += [f"{word} {count}"] if count else []
    rest = int((~rows["verdict"].isin(sum(KINDS.values(), ()))).sum())
    told += [f"open {rest}"] if rest else []
    return ", ".join(told) or "not measured"
