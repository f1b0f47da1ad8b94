"""Sentences of the findings page for a referee: choice of tasks, thresholds, rivals, the literature."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from clm.pages.findings import AXES, Section, interval, listed, percent
from clm.statistics.ablation import FROM_UNDECIDED, REVERSAL, TO_UNDECIDED, changes
from clm.tables.columns import NOTHING, POOLED, UNTRAINED
from clm.wording.names import baseline_name, mode_name

STATISTICS = {axis: f"median gain with {name}" for axis, name in AXES.items()}
STATISTICS |= {"elasticity": "median elasticity", "task_dependence": "differences between tasks"}
MEANINGS = {  # of a verdict on "scale helps little", or on "gains differ between tasks"
    "task_dependence": {"supported": "real", "contradicted": "negligible", "undecided": "undecided"},
    "": {"supported": "little", "contradicted": "more than little", "undecided": "undecided"},
}
RIVALS = {
    "smallest": "smallest encoder",
    UNTRAINED: "untrained encoder",
    "token_counts": "linear model of token counts",
}
CHANGES = {REVERSAL: "reversed without", TO_UNDECIDED: "undecided without", FROM_UNDECIDED: "decided without"}


def ablation_section(ablation: pd.DataFrame) -> Section:
    """Report for each conclusion over tasks the parts whose exclusion changes its verdict."""
    lines = []
    for keys, rows in ablation.groupby(["mode", "split", "statistic"], sort=False):
        mode, split, statistic = keys
        if mode == POOLED:
            where = "all modes and splits"
        else:
            where = f"{mode_name(mode)}, {split} split"
        base, cut = rows[rows["left_out"] == NOTHING], rows[rows["left_out"] != NOTHING]
        if base.empty or pd.isna(base["effect"].iloc[0]):
            continue
        told = "; ".join(f"{CHANGES[kind]} {listed(names)}" for kind, names in changes(cut).items() if names)
        verdict = base["verdict"].iloc[0]
        meaning = MEANINGS.get(statistic, MEANINGS[""]).get(verdict, verdict)
        tried = f"of {len(cut)} parts left out in turn, {told or 'none changes that'}"
        if not len(cut):
            tried = f"no part can be left out of {base['n_tasks'].iloc[0]:.0f} tasks"
        lines.append(f"{STATISTICS.get(statistic, statistic)} ({where}): {meaning}; {tried}.")
    return "Does the conclusion hang on the choice of tasks", lines


def repeats_section(fits: pd.DataFrame) -> Section:
    """Report what repeated data are worth for the pretraining loss."""
    rows = fits[(fits["form"] == "repeated") & (fits["parameter"] == "R")]
    return "What repeated molecules are worth", [worth_line(row) for row in rows.to_dict("records")]


def worth_line(row: Mapping[str, Any]) -> str:
    """Return the sentence on what repeated data are worth."""
    if row["status"] != "ok":
        return f"On {row['corpus']}, what repeated tokens are worth is unknown: {row['note']}."
    best = f"{row['estimate']:.2g}" if pd.notna(row["estimate"]) else "∞" if pd.isna(row["upper"]) else "0"
    upper = "∞)" if pd.isna(row["upper"]) else f"{row['upper']:.2g}]"
    return (
        f"On {row['corpus']}, tokens seen again lose their worth (to 1/e of a new one) after R* repetitions, best fit "
        f"{best}, 95 % interval [{row['lower']:.2g}, {upper} (∞: as much as new ones; {row['n_trunks']:.0f} trunks)."
    )


def repeatability_section(rates: pd.DataFrame) -> Section:
    """Report the difference between trainings done twice, by the study and by the check of learning rates."""
    twice = rates[rates["difference"].notna()]
    lines = []
    if len(twice):
        apart = (twice["difference"] / twice["loss"]).abs()
        line = f"{len(twice)} trainings were done twice; {(apart == 0).sum()} ended with the same loss to the bit"
        if apart.max() > 0:
            told = [f"{size} {percent(value)}" for size, value in zip(twice["size"], apart, strict=True) if value > 0]
            line += f", the others lie apart by, at {twice['budget_tokens'].iloc[0]:,.0f} tokens: {listed(told)}"
        lines.append(line + ".")
    return "Is a training repeatable", lines


def thresholds_section(thresholds: pd.DataFrame) -> Section:
    """Report from which scale on tasks saturate or degrade; count the undecided ones."""
    lines = []
    for (axis, mode, split), rows in thresholds.groupby(["axis", "mode", "split"], sort=False):
        told = [
            f"{row['task']} {row['verdict']} from {row['start']} on ({100 * row['gain']:.1f} % {interval(row, 100)})"
            for row in rows[rows["verdict"].isin(["improving", "no relevant gain", "degraded"])].to_dict("records")
        ]
        if told:
            undecided = len(rows) - len(told)
            lines.append(
                f"{AXES[axis]}, {mode_name(mode)}, {split} split: {listed(told)}; no threshold for {undecided} others."
            )
    return "From where on more does not help (gain per doubling over the rest of the axis)", lines


def contrasts_section(contrasts: pd.DataFrame) -> Section:
    """Report the named contrasts over tasks, and the number of tasks for which each is decided."""
    lines = []
    for (mode, split, other), rows in contrasts.groupby(["mode", "split", "other"], sort=False):
        counts = rows.loc[rows["task"] != POOLED, "verdict"].value_counts()
        single = ", ".join(f"{count} {name}" for name, count in counts.items())
        whole = rows[rows["task"] == POOLED].to_dict("records")
        over = (
            f"over tasks {100 * whole[0]['difference']:.1f} % {interval(whole[0], 100)}, {whole[0]['verdict']}"
            if whole
            else ""
        )
        told = "; ".join(part for part in (over, f"single tasks: {single}" if single else "") if part)
        rival = f"that of the {RIVALS.get(other) or baseline_name(other)}"
        lines.append(f"{mode_name(mode)}, {split} split, log error of the largest encoder minus {rival}: {told}.")
    return "Named contrasts (repeated-measures analysis of variance, Tukey's test)", lines


def literature_section(reconciliation: pd.DataFrame) -> Section:
    """Report what the windows of published studies, read-out layers and equal loss show here."""
    rows = reconciliation[reconciliation["task"] == POOLED]
    lines = [window_line(row) for row in rows[rows["question"] == "window"].to_dict("records")]
    for row in rows[rows["question"] != "window"].to_dict("records"):
        doubling = "tokens" if row["question"] == "layers" else "parameters"
        lines.append(
            f"{row['paper']}; {mode_name(row['mode'])}, {row['split']} split: median gain per doubling of {doubling}, "
            f"{row['contrast']}: {percent(row['estimate'])} {interval(row, 100)}."
        )
    single = reconciliation[(reconciliation["question"] == "layers") & (reconciliation["contrast"] == "last layer")]
    counts = single.loc[single["task"] != POOLED, "verdict"].value_counts()
    if len(counts):
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        lines.append(f"Does the last layer degrade with tokens while the middle one does not? Tasks: {told}.")
    return "What published studies saw, inside their own windows", lines


def window_line(row: dict[str, Any]) -> str:
    """Return the sentence on one window over all tasks."""
    sentence = (
        f"{row['paper']}; {mode_name(row['mode'])}, {row['split']} split: loss and error correlate with "
        f"{row['estimate']:.2f} {interval(row)} over {row['n_cells']:.0f} checkpoints whose losses differ by a "
        f"factor of {row['loss_ratio']:.1f}"
    )
    if pd.notna(row["expected"]) and row["verdict"] != "the whole range":
        sentence += f"; expected from the whole range: {row['expected']:.2f}"
    if pd.notna(row["published"]) and row["published"] != "none":
        sentence += f"; published ({row['contrast']}): {row['published']}"
    return f"{sentence} ({row['verdict']})."
