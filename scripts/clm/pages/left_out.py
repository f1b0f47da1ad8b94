"""Sentences of the findings page on scores that the statistics exclude, counted by reason."""

import pandas as pd

from clm.pages.findings import Section
from clm.tables.columns import COUNT_FEATURES, PRIMARY
from clm.tables.panels import primary_labels
from clm.wording.names import scale_name

REASONS = {  # status of a cell without a number
    "constant_labels": "labels all equal",
    "one_class": "one class only among the test labels",
    "no_test_labels": "no labelled molecule in the test part",
    "no_train_labels": "no labelled molecule in the training part",
    "no_label_defined": "no label of the task has a number",
    "nan_predictions": "predictions that are no numbers",
    "diverged": "pretraining diverged",
}
REMARKS = {  # status of a cell with a number that supports no conclusion on its own
    "no_signal": "not better than predicting the mean, or the interval of the AUC contains one half",
    "no_interval": "fewer than 5 scaffolds or too few of one class for an interval",
    "constant_labels": "labels all equal in the test part",
}


def left_out_section(transfer: pd.DataFrame, runs: pd.DataFrame) -> Section:
    """Report which scores the statistics exclude and why, and which they use with a remark.

    Args:
        transfer: transfer.csv.
        runs: runs.csv.
    """
    rows = primary_labels(transfer)
    rows = rows[rows["features"].isin([PRIMARY, COUNT_FEATURES]) | rows["features"].isna()]
    without, exact = rows["error"].isna(), rows["error"] == 0
    diverged = runs[runs["status"] != "ok"]
    lines = []
    if len(diverged):
        names = "; ".join(checkpoint_name(row) for _, row in diverged.iterrows())
        lines.append(f"Checkpoints that diverged, in no fit and no verdict: {len(diverged)} ({names}).")
    lines.append(f"Scores without a number, in no statistic: {without.sum()} of {len(rows)}.")
    lines += counted(rows[without], REASONS)
    if exact.any():
        lines.append(f"Errors of exactly 0, left out because they have no logarithm: {by_task(rows[exact])}.")
    weak = rows[~without & (rows["status"] != "ok")]
    if len(weak):
        lines.append("Scores with a number and a remark; a task most of whose models have no signal gets no verdict:")
        lines += counted(weak, REMARKS)
    return "What is left out of the statistics", lines


def checkpoint_name(row: pd.Series) -> str:
    """Return the label of a checkpoint: "60k after 1.8M tokens of zinc (64k molecules), seed 0"."""
    size, budget, subset = scale_name(row["size"]), scale_name(row["budget"]), scale_name(row["subset"])
    return f"{size} after {budget} tokens of {row['corpus']} ({subset} molecules), seed {row['seed']}"


def counted(rows: pd.DataFrame, words: dict[str, str]) -> list[str]:
    """Return a sentence per status, in the order of `words`; others keep their names."""
    order = [*words, *sorted(set(rows["status"]) - set(words))]
    groups = {status: rows[rows["status"] == status] for status in order}
    return [f"{words.get(status, status)}: {by_task(group)}." for status, group in groups.items() if len(group)]


def by_task(rows: pd.DataFrame) -> str:
    """Return the number of rows, in total and of each task and split."""
    counts = rows.groupby(["task", "split"], sort=False).size()
    return f"{len(rows)} ({'; '.join(f'{task}, {split} split {n}' for (task, split), n in counts.items())})"
