"""Learning curves as rows: error against the number of labels, and what the last doubling brought."""

from collections.abc import Iterator, Mapping
from typing import Any

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
    """Return the verdict on the gain per doubling of labels since the row before: from its 95 % interval alone."""
    if row.get("gain") is None:
        return None
    if row["gain_lower"] > margin:
        return "improving"
    if row["gain_upper"] < 0:
        return "degraded"
    return "saturated" if row["gain_upper"] < margin else "undecided"
