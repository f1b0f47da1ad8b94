"""Titles of figures, filled from their tables."""

import pandas as pd

from clm.tables.columns import FINE_TUNED, LINEAR_PROBE, NOTHING, PRETRAINED, UNTRAINED
from clm.wording.names import change, changed


def lowest_at_most_labels(rows: pd.DataFrame, names: dict[str, str]) -> str:
    """Name the curve of a task that ends lowest: "lowest at 800 labels: fingerprint forest (intervals overlap)".

    Args:
        rows: of one task, with `model`, `labels`, `error`, `lower` and `upper`.
        names: of the models in words.
    """
    last = rows[rows["labels"] == rows["labels"].max()].sort_values("error", kind="stable")
    if len(last) < 2:
        return ""
    best, others = last.iloc[0], last.iloc[1:]
    overlap = " (intervals overlap)" if not best["upper"] < others["lower"].min() else ""
    return f"lowest at {best['labels']:.0f} labels: {names[best['model']]}{overlap}"


def best_here_and_published(rows: pd.DataFrame) -> str:
    """Return the best score of this study and the best published one for a task, "" if one of them is missing.

    Args:
        rows: of one task, with `metric`, `kind` and `score`.
    """
    best = rows.groupby(rows["kind"] == "published")["score"].agg("max" if rows["metric"].iloc[0] == "auc" else "min")
    return f"best here {best[False]:.3g}, published {best[True]:.3g}" if len(best.dropna()) == 2 else ""


def pretraining_gain(row: pd.Series) -> str:
    """Return the effect of pretraining on the error over all tasks, from the row of pretrained encoders."""
    if pd.isna(row["lower"]) or pd.isna(row["upper"]):
        return f"pretrained: error {change(row['gain'])} (no interval)"
    return f"pretrained: error {changed(row['gain'], row['lower'], row['upper'])}"


def lowest_by_encoder(ratios: pd.DataFrame) -> str:
    """Return the number of tasks on which a pretrained encoder of the study has the lowest error of all methods.

    Args:
        ratios: with `task`, `kind` and `ratio` of the error to that of the fingerprint forest, which has no row.
    """
    own = ratios["kind"].isin([LINEAR_PROBE, FINE_TUNED])
    rival = ratios[~own].groupby("task")["ratio"].min().clip(upper=1)
    lowest = ratios[own].groupby("task")["ratio"].min()
    count = int((lowest < rival.reindex(lowest.index).fillna(1)).sum())
    return f"A pretrained encoder has the lowest error on {count} of {len(lowest)} tasks"


def changed_verdicts(rows: pd.DataFrame) -> str:
    """Return how often a verdict changes when something is left out."""
    cut = rows[(rows["left_out"] != NOTHING) & rows["effect"].notna()]
    return f"Leaving a part out changes the verdict in {int((cut['changed'] == 1).sum())} of {len(cut)} cases"


def alike(pairs: list[tuple[str, str, float]]) -> str:
    """Return the median alignment of pairs of representations (kind, kind, value) by their kinds."""
    values: dict[tuple[str, ...], list[float]] = {}
    for a, b, value in pairs:
        values.setdefault(tuple(sorted((a, b))), []).append(value)
    named = {
        "two untrained": (UNTRAINED, UNTRAINED),
        "two pretrained": (PRETRAINED, PRETRAINED),
        "untrained and pretrained": tuple(sorted((PRETRAINED, UNTRAINED))),
    }
    told = [f"{name} {pd.Series(values[kinds]).median():.2f}" for name, kinds in named.items() if kinds in values]
    return "Alignment: " + (", ".join(told) + " (median)" if told else "not measured")
