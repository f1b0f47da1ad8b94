"""Summary of the findings: five sentences, each a count over one table."""

from collections.abc import Mapping

import pandas as pd

from clm.pages.findings import AXES, Section, listed
from clm.statistics.ablation import REVERSAL, TO_UNDECIDED
from clm.statistics.decision import NESTED
from clm.statistics.estimates import MIN_DF
from clm.tables.columns import NOTHING, PRIMARY
from clm.wording.predictors import predictor_name


def short_section(frame: Mapping[str, pd.DataFrame], corpus: str) -> Section:
    """Return the section from the tables fits, elasticity, saturation, ablation and decision."""
    found = [
        loss_line(frame["fits"], corpus),
        elasticity_line(frame["elasticity"], corpus),
        gains_line(frame["saturation"]),
        ablation_line(frame["ablation"]),
        decision_line(frame["decision"]),
    ]
    return "In short", [line for line in found if line]


def loss_line(fits: pd.DataFrame, corpus: str) -> str:
    """State along which axes both intervals of the exponent of the loss lie above 0."""
    rows = fits[(fits["corpus"] == corpus) & (fits["form"] == "power") & (fits["parameter"] == "a")]
    rows = rows[(rows["status"] == "ok") & rows["axis"].isin(list(AXES))]
    if rows.empty:
        return ""
    clear = (rows[["lower", "bootstrap_lower"]].min(axis=1, skipna=False) > 0) & (rows["df"] >= MIN_DF)
    falls, rest = ([AXES[axis] for axis in rows.loc[kept, "axis"]] for kept in (clear, ~clear))
    return f"Pretraining loss falls clearly with {listed(falls)}; not clearly with {listed(rest)}."


def elasticity_line(elasticity: pd.DataFrame, corpus: str) -> str:
    """Count verdicts on elasticity, linear probes and fine-tuned models together."""
    rows = elasticity[(elasticity["features"] == PRIMARY) & (elasticity["corpus"] == corpus)]
    counts = rows["verdict"].value_counts()
    if counts.empty:
        return ""
    told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
    return f"How much of it arrives at the tasks, over {len(rows)} pairs of task and protocol: {told}."


def gains_line(saturation: pd.DataFrame) -> str:
    """Name the tasks that gain, or lose, along each axis in any mode and split."""
    rows = saturation[saturation["features"] == PRIMARY]
    told = []
    for axis, name in AXES.items():
        for verdict, verb in (("improving", "help"), ("degraded", "harm")):
            chosen = rows[(rows["axis"] == axis) & (rows["verdict"] == verdict)]
            if len(chosen):
                told.append(f"more {name} {verb} {listed(sorted(set(chosen['task'])))}")
    if not told:
        return "No task is shown to gain or to lose by scale, in any mode and split."
    return f"Shown in at least one mode and split: {'; '.join(told)}."


def ablation_counts(ablation: pd.DataFrame) -> tuple[int, int, int]:
    """Count conclusions over tasks, those reversed and those that become undecided when some part is left out."""
    cut = ablation[ablation["left_out"] != NOTHING]
    found = [set(part["change"]) for _, part in cut.groupby(["statistic", "mode", "split"])]
    return len(found), *(sum(kind in kinds for kinds in found) for kind in (REVERSAL, TO_UNDECIDED))


def ablation_line(ablation: pd.DataFrame) -> str:
    """State how many conclusions over tasks are reversed, or become undecided, if some part is left out."""
    count, reversed_, lost = ablation_counts(ablation)
    if not count:
        return ""
    are, become = ("is" if reversed_ == 1 else "are"), ("becomes" if lost == 1 else "become")
    return (
        f"Of {count} conclusions over tasks {reversed_} {are} reversed and {lost} {become} undecided when some "
        "part of the tasks is left out."
    )


def decision_line(decision: pd.DataFrame) -> str:
    """Name the predictors that the decision table recommends."""
    if decision.empty:
        return ""
    names = sorted(set(decision.loc[decision["verdict"] == "recommended", "predictor"]) - {NESTED})
    if names:
        told = listed([predictor_name(name) for name in names])
        return f"Better than what costs nothing for choosing a checkpoint for a new task: {told}."
    return "No predictor is clearly better at choosing a checkpoint for a new task than what costs nothing."
