"""Learning curves as rows: error against the number of labels, and the gain of the last doubling."""

from collections.abc import Iterator, Mapping
from typing import Any

from clm.statistics.verdicts import DEGRADED, IMPROVING, NO_RELEVANT_GAIN, SATURATED, UNDECIDED
from clm.tables.columns import KEYS

COLUMNS = ("task", "model", *KEYS, "baseline", "metric", "labels", "n_seeds", "error", "lower", "upper")
COLUMNS += ("gain", "gain_lower", "gain_upper", "verdict")


def learning_rows(curves: Mapping[str, Any], metric: str, margin: float) -> Iterator[dict[str, Any]]:
    """Yield the rows of learning_curves.csv of one task.

    Args:
        curves: result file of the task and one kind of model.
        metric: of the task.
        margin: relative gain per doubling of labels that matters.
    """
    for curve in curves["curves"]:
        names = dict(zip(KEYS, curve["cell"] or [None] * len(KEYS), strict=True))
        model = curve["baseline"] or " ".join(str(names[key]) for key in ("size", "corpus", "subset", "budget"))
        names |= {"task": curves["task"], "model": model, "baseline": curve["baseline"], "metric": metric}
        yield from (names | row | {"verdict": labels_verdict(row, margin)} for row in curve["rows"])


def labels_verdict(row: dict[str, Any], margin: float) -> str | None:
    """Return the verdict on the gain per doubling of labels since the previous row, from its 95 % interval alone.

    saturated: gains and losses of the margin are ruled out. no relevant gain: gains of the margin are ruled out, and
    the estimate is not a loss of the margin.
    """
    if row.get("gain") is None:
        return None
    if row["gain_lower"] > margin:
        return IMPROVING
    if row["gain_upper"] < 0:
        return DEGRADED
    if row["gain_upper"] >= margin:
        return UNDECIDED
    if row["gain_lower"] > -margin:
        return SATURATED
    return NO_RELEVANT_GAIN if row["gain"] > -margin else UNDECIDED
