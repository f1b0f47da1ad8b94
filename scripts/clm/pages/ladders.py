"""What a study found about ladders of models from elsewhere."""

import pandas as pd

from clm.pages.findings import AXES, Section, interval, listed
from clm.tables.columns import POOLED


def ladders_section(table: pd.DataFrame | None) -> Section:
    """Tell the headline of each ladder, and for how many tasks each verdict holds.

    Args:
        table: ladders.csv, or None without ladders.
    """
    title = "Ladders of models from elsewhere (linear probes)"
    if table is None:
        return title, []
    lines = []
    for (name, quantity), group in table.groupby(["ladder", "quantity"], sort=False):
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


def effect(row: dict) -> str:
    """Return the estimate with its interval, or why there is none."""
    if pd.isna(row["estimate"]):
        return row["reason"]
    if row["axis"] == "elasticity":
        return f"{row['estimate']:.2f} {interval(row)}"
    return f"gain per doubling {100 * row['estimate']:.1f} % {interval(row, 100)}"
