"""Sentences and a table that compare the largest encoder, fine-tuned and probed, with its rivals."""

import pandas as pd

from clm.pages.findings import CELL, Section, listed
from clm.tables.columns import BASELINE, FINE_TUNED, LINEAR_PROBE, PRIMARY, UNTRAINED
from clm.tables.panels import primary_labels
from clm.wording.names import METRICS, baseline_name, mode_name

RMSE = "Error is 1 − AUC for classification, RMSE in the units of the label for regression; lower is better."


def rivals_section(transfer: pd.DataFrame, runs: pd.DataFrame, corpus: str, split: str) -> Section:
    """Compare the largest pretrained encoder of each mode with baselines and external models."""
    rows = primary_labels(transfer[(transfer["split"] == split) & transfer["status"].isin(("ok", "no_signal"))])
    lines, columns = [], {"error is": rows.groupby("task")["metric"].first().replace(METRICS)}
    baselines = rows[rows["mode"] == BASELINE]
    others = {
        baseline_name(name): group.groupby("task")["error"].mean() for name, group in baselines.groupby("baseline")
    }
    for mode in (FINE_TUNED, LINEAR_PROBE):
        scored = rows[(rows["mode"] == mode) & (rows["features"] == PRIMARY)]
        cell = largest(scored, runs, corpus)
        if cell is None:
            continue
        untrained = scored[(scored["corpus"] == UNTRAINED) & (scored["size"] == cell["size"])]
        own = scored[(scored["corpus"] == corpus) & (scored[CELL] == cell[CELL]).all(axis=1)]
        named = {f"untrained, {mode_name(mode)}": untrained.groupby("task")["error"].mean()}
        error = own.groupby("task")["error"].mean()
        lines += compared(mode, cell, error, named | others)
        columns |= {mode_name(mode): error} | named
    title = f"Against baselines and models from elsewhere ({split} split)"
    if not lines:
        return title, ["No checkpoint."]
    return title, [RMSE, *lines, "\n\n" + markdown(pd.DataFrame(columns | others))]


def largest(scored: pd.DataFrame, runs: pd.DataFrame, corpus: str) -> pd.Series | None:
    """Return the row of runs.csv of the largest checkpoint that has scores, or None."""
    trained = runs[(runs["corpus"] == corpus) & (runs["status"] == "ok")]
    trained = trained[trained.set_index(CELL).index.isin(scored[scored["corpus"] == corpus].set_index(CELL).index)]
    return None if trained.empty else trained.sort_values(["parameters", "molecules", "tokens"], kind="stable").iloc[-1]


def compared(mode: str, cell: pd.Series, error: pd.Series, others: dict[str, pd.Series]) -> list[str]:
    """Return the tasks on which the encoder of one mode has the lower error, a line for each rival."""
    lines = [
        f"{mode_name(mode).capitalize()}: the encoder of {cell['size']} parameters, {cell['subset']} molecules, "
        f"{cell['budget']} tokens."
    ]
    for name, rival in others.items():
        both = pd.DataFrame({"own": error, "rival": rival}).dropna()
        better = both.index[both["own"] < both["rival"]].tolist()
        told = f"Lower error than {name} on {len(better)} of {len(both)} tasks: {listed(better)}."
        lines += [told] if len(both) else []
    return lines


def markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown, numbers with three digits."""
    head = ["task", *table.columns]
    body = [
        [str(task), *(f"{v:.3f}" if isinstance(v, float) and pd.notna(v) else str(v).replace("nan", "") for v in row)]
        for task, row in zip(table.index, table.itertuples(index=False), strict=True)
    ]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
