"""Sentences of the findings page on predictors of transfer, and on the cost of choosing a checkpoint by them."""

from typing import Any

import pandas as pd

from clm.pages.findings import Section, interval, listed, percent
from clm.statistics.predictors import LOSS
from clm.statistics.within import BUDGET, SIZE, simpson
from clm.tables.columns import ALPHA, POOLED, PRIMARY
from clm.wording.names import mode_name
from clm.wording.predictors import predictor_name


def prediction_section(correlations: pd.DataFrame, decision: pd.DataFrame) -> Section:
    """Report which predictors rank checkpoints, and the cost of choosing by them."""
    rows = correlations[(correlations["task"] == POOLED) & (correlations["features"] == PRIMARY)]
    lines = []
    for (mode, split), group in rows.groupby(["mode", "split"], sort=False):
        known = group[group["lower"].notna()]
        clear = known[(known["lower"] > 0) | (known["upper"] < 0)].sort_values("spearman", key=abs, ascending=False)
        told = [
            f"{predictor_name(row['predictor'])} {row['spearman']:.2f} {interval(row)}"
            for row in clear.head(5).to_dict("records")
        ]
        lines.append(
            f"{mode_name(mode)}, {split} split: the interval of the mean rank correlation with the score "
            "excludes 0 for "
            f"{len(clear)} of {len(known)} predictors; strongest: {listed(told)}."
        )
        lines += [
            f"{mode_name(mode)}, {split} split: {scopes_line(row)}"
            for row in group[group["predictor"] == LOSS].to_dict("records")
        ]
    for (mode, split), group in decision.groupby(["mode", "split"], sort=False):
        lines.append(f"{mode_name(mode)}, {split} split, {group['n_tasks'].max():.0f} tasks: {advice(group)}")
    return "What predicts transfer, and what to compute for a new task", lines


def advice(group: pd.DataFrame) -> str:
    """Return the sentence on the decision table of one mode and split, with rows in ascending order of regret."""
    free = group[group["verdict"] == "costs nothing"]
    told = [f"{predictor_name(row['predictor'])} {regrets(row)}" for row in free.to_dict("records")]
    good = group[group["verdict"] == "recommended"]
    candidate = group[group["predictor"].str.startswith("domain_loss")]
    sentence = f"regret in hindsight (and error against a random choice) of what costs nothing: {listed(told)}. "
    if good.empty:
        sentence += "No predictor has clearly less, so none is recommended to a user with a new task"
    else:
        names = [
            f"{predictor_name(row['predictor'])} {regrets(row)}, {row['needs']}" for row in good.to_dict("records")
        ]
        sentence += f"A user with a new task should compute one of: {'; '.join(names)}"
    if candidate.empty:
        return sentence + "."
    best = candidate.iloc[0]
    name = predictor_name(best["predictor"])
    told = f"the loss on the task's own molecules was the first candidate; its best form, {name}"
    return f"{sentence}; {told}, has a regret of {regrets(best)} ({best['verdict']})."


def regrets(row: Any) -> str:
    """Return the regret of a row of the decision table in hindsight and, in brackets, against a random choice."""
    return f"{percent(row['hindsight'])} ({round(100 * row['against_random'], 2) + 0.0:+.2g} %)"


def scopes_line(row: dict[str, Any]) -> str:
    """Report the rank correlation of loss and score over all checkpoints, within a budget and within a size.

    Args:
        row: of correlations.csv, the loss on all tasks together.
    """
    told = [f"over everything {row['spearman']:.2f} {interval(row)}"]
    paradoxes = []
    for scope in (BUDGET, SIZE):
        name = f"within_{scope}"
        if pd.isna(row[name]):
            continue
        ends = {end: row[f"{name}_{end}"] for end in ("lower", "upper")}
        meaning, shown = row[f"{name}_meaning"], row[f"{name}_p_bh"] < ALPHA
        if scope == SIZE and not shown:  # permuted trunks keep their budgets
            meaning = "not shown between trunks of one size; their budgets may carry it"
        told.append(f"within a {scope} {row[name]:.2f} {interval(ends)} ({meaning})")
        # otherwise the two are not shown to differ, or the relation is not shown
        if shown and not (ends["lower"] <= row["spearman"] <= ends["upper"]):
            paradoxes.append(simpson(row["spearman"], row[name], scope=scope))
    return " ".join([f"rank correlation of loss and score {'; '.join(told)}.", *filter(None, paradoxes)])
