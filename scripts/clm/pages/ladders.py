"""The findings of a study on ladders of external models."""

import pandas as pd

from clm.pages.findings import AXES, Section, interval, listed
from clm.tables.columns import POOLED
from clm.wording.names import signed


def ladders_section(table: pd.DataFrame | None) -> Section:
    """Report the headline of each ladder, and the number of tasks with each verdict.

    Args:
        table: ladders.csv, or None without ladders.
    """
    title = "Ladders of models from elsewhere (linear probes)"
    if table is None:
        return title, []
    lines = []
    for (name, quantity), group in table.groupby(["ladder", "quantity"], sort=False):
        if quantity in PREDICTORS:
            for split, rows in group[group["task"] == POOLED].groupby("split", sort=False):
                lines.append(f"{name}, {split} split, all tasks: {PREDICTORS[quantity](rows)}")
            continue
        for axis, rows in group.groupby("axis", sort=False, dropna=False):
            what = "elasticity" if pd.isna(axis) or axis == "elasticity" else f"more {AXES[axis]}"
            if quantity == "headline":
                pooled = rows[rows["split"] == POOLED].to_dict("records")
                lines += [f"{name}, {what}, all tasks: {row['verdict']} ({effect(row)})." for row in pooled]
            else:
                counts = rows["verdict"].value_counts()
                told = listed([f"{count} {verdict}" for verdict, count in counts.items()])
                lines.append(f"{name}, {what}, tasks and splits: {told}.")
    return title, lines


def correlations_line(rows: pd.DataFrame) -> str:
    """Report which predictors rank the models as their scores do."""
    known = rows[rows["lower"].notna()]
    clear = known[(known["lower"] > 0) | (known["upper"] < 0)].sort_values("estimate", key=abs, ascending=False)
    told = [f"{row['predictor']} {row['estimate']:.2f} {interval(row)}" for row in clear.head(5).to_dict("records")]
    counted = f"the interval of the rank correlation with the score excludes 0 for {len(clear)} of {len(known)} numbers"
    return f"{counted}; strongest: {listed(told)}." if told else f"{counted}."


def regrets_line(rows: pd.DataFrame) -> str:
    """Report the regret of choosing a model by each predictor, for the best three."""
    best = rows[rows["predictor"] != "random"].sort_values("estimate", kind="stable").head(3)
    told = []
    for row in best.to_dict("records"):
        ends = f" [{signed(row['lower'])}, {signed(row['upper'])}]" if pd.notna(row["lower"]) else ""
        told.append(f"{row['predictor'].replace('_', ' ')} {signed(row['estimate'])} %{ends}")
    return f"error of the chosen model against a random choice, lowest first: {listed(told)}."


PREDICTORS = {"correlation": correlations_line, "regret": regrets_line}


def effect(row: dict) -> str:
    """Return the estimate with its interval, or the reason why there is none."""
    if pd.isna(row["estimate"]):
        return row["reason"]
    if row["axis"] == "elasticity":
        return f"{row['estimate']:.2f} {interval(row)}"
    return f"gain per doubling {100 * row['estimate']:.1f} % {interval(row, 100)}"
