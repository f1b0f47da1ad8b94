"""The findings of a study, in sentences filled from its tables that claim no more than these."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from clm.statistics.claims_prediction import SHOWN
from clm.statistics.verdicts import OPEN
from clm.tables.columns import PRIMARY, UNTRAINED
from clm.wording.names import changed, mode_name, readable

AXES = {"N": "parameters", "D": "tokens", "U": "molecules", "C": "compute"}
CELL = ["size", "subset", "budget"]
PAPER_TASKS = 8  # minimum number of fine-tuned tasks for statements about the paper
Section = tuple[str, list[str]]


def percent(value: float) -> str:
    """Return a fraction as percent with two significant digits."""
    return f"{100 * value:.2g} %"


def interval(row: Mapping[str, Any], scale: float = 1.0) -> str:
    """Return the 95 % interval of a row, or an empty text if there is none (fewer than 3 tasks)."""
    if pd.isna(row["lower"]) or pd.isna(row["upper"]):
        return "(no interval)"
    return f"[{scale * row['lower']:.2g}, {scale * row['upper']:.2g}]"


def decimals(value: float) -> str:
    """Return a number with two decimals, never "-0.00"."""
    return f"{round(value, 2) + 0.0:.2f}"


def listed(names: list[str]) -> str:
    """Return the joined names, or "none"."""
    return ", ".join(names) or "none"


def loss_section(runs: pd.DataFrame, fits: pd.DataFrame) -> Section:
    """Report how far the validation loss fell, and along which axes."""
    trained = runs[(runs["corpus"] != UNTRAINED) & (runs["status"] == "ok")]
    lines = []
    if len(trained):
        best, start = trained.loc[trained["loss"].idxmin()], runs[runs["corpus"] == UNTRAINED]["loss"].median()
        lines.append(
            f"Lowest validation loss: {best['loss']:.3f} nats per masked token ({best['size']} parameters, "
            f"{best['subset']} molecules of {best['corpus']}, {best['budget']} tokens); untrained encoders have "
            f"{start:.2f}. {len(runs) - len(trained) - (runs['corpus'] == 'untrained').sum()} runs diverged."
        )
    fits = fits[fits["axis"].isin(list(AXES))]
    slopes = fits[(fits["form"] == "power") & (fits["parameter"] == "a") & (fits["status"] == "ok")]
    for row in slopes.to_dict("records"):
        fall, *ends = (1 - 2 ** -row[name] for name in ("estimate", "lower", "upper"))
        lines.append(
            f"On {row['corpus']}, loss {changed(fall, *ends)} per doubling of {AXES[row['axis']]} "
            f"({row['n']:.0f} checkpoints of {row['n_trunks']:.0f} trunks)."
        )
    floors = fits[(fits["form"] == "power_floor") & (fits["parameter"] == "E") & fits["corpus"].isin(slopes["corpus"])]
    for corpus, rows in floors.groupby("corpus", sort=False):
        lines += floor_lines(corpus, rows)
    return "Pretraining loss", lines


def floor_lines(corpus: str, rows: pd.DataFrame) -> list[str]:
    """Report for one corpus along which axes the loss is shown to approach a floor, and along which not.

    Args:
        corpus: its name.
        rows: of fits.csv, the parameter E of the power law with a floor.
    """
    found = [
        f"On {corpus}, the fit along {AXES[row['axis']]} has a floor of {row['estimate']:.2g} nats {interval(row)}."
        for row in rows[rows["status"] == "ok"].to_dict("records")
    ]
    missing = listed([AXES[axis] for axis in rows.loc[rows["status"] != "ok", "axis"]])
    text = f"On {corpus}, a floor of the loss is not identified along {missing}: the range is too short."
    return found + ([text] if missing != "none" else [])


def elasticity_section(elasticity: pd.DataFrame, corpus: str) -> Section:
    """Report how much of a gain in loss reaches the tasks."""
    rows = elasticity[(elasticity["features"] == PRIMARY) & (elasticity["corpus"] == corpus)]
    lines = []
    for (mode, split), group in rows.groupby(["mode", "split"], sort=False):
        told = [
            f"{verdict}: {len(chosen)} ({listed([with_slope(row) for row in chosen.to_dict('records')])})"
            for verdict, chosen in group.groupby("verdict", sort=True)
        ]
        lines.append(f"{mode_name(mode)}, {split} split, {len(group)} tasks: {'; '.join(told)}.")
    return "How much of a gain in loss arrives (elasticity: 1 all of it, 0 none of it)", lines


def with_slope(row: Mapping[str, Any]) -> str:
    """Return a task with its elasticity, if known."""
    return row["task"] if pd.isna(row["slope"]) else f"{row['task']} {decimals(row['slope'])} {interval(row)}"


def gains_section(saturation: pd.DataFrame) -> Section:
    """Count the verdicts on gain along each axis, and name the decided tasks."""
    rows = saturation[saturation["features"] == PRIMARY]
    lines = []
    for (axis, mode, split), group in rows.groupby(["axis", "mode", "split"], sort=False):
        counts = group["verdict"].value_counts()
        decided = [
            f"{row['task']} {row['verdict']} ({100 * row['gain']:.1f} % {interval(row, 100)})"
            for row in group.to_dict("records")
            if row["verdict"] in ("improving", "saturated", "no relevant gain", "degraded")
        ]
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        lines.append(f"More {AXES[axis]}, {mode_name(mode)}, {split} split: {told}. Decided: {listed(decided)}.")
    return "Gain in error per doubling", lines


def sensitivity_section(places: list[dict[str, Any]]) -> Section:
    """Report in which modes and splits the study can detect a gain at all.

    Args:
        places: `sensitive` of claims.json.
    """
    lines = []
    for row in places:
        word = "sensitive" if row["sensitive"] else "not sensitive" if row["assessed"] else "not assessed"
        lines.append(
            f"{mode_name(row['mode'])}, {row['split']} split: {word}; {row['reason'].removeprefix('not assessed; ')}."
        )
    return "Can this study see a gain", lines


def claims_section(claims: list[dict[str, Any]], tuned: int) -> Section:
    """List the claims that a test decided and count the others.

    Args:
        claims: those of claims.json.
        tuned: number of fine-tuned tasks that count.
    """
    lines = []
    if 0 < tuned < PAPER_TASKS:
        lines.append(
            f"{tuned} tasks are fine-tuned, fewer than the {PAPER_TASKS} that claims of the paper need; what "
            "is said of fine-tuned models holds for these tasks."
        )
    lines += [
        f"{claim['verdict']}: {claim['claim']} (effect {claim['effect']:.2g} {interval(claim)}, n {claim['n']})."
        for claim in once(claims)
        if claim["verdict"] not in (*OPEN, SHOWN) and claim["lower"] is not None
    ]
    counts = [
        f"{word}: {sum(claim['verdict'] == word for claim in claims)} of {len(claims)}." for word in (*OPEN, SHOWN)
    ]
    return "Claims of the paper and of its review", [*lines, *counts]


def once(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the claims; of one over all splits and one over a single split with equal numbers, only the latter."""
    found = {
        (claim["claim"].split(" (")[0], claim["effect"], claim["lower"], claim["upper"]): claim for claim in claims
    }
    return list(found.values())


def page(study: str, first: str, short: list[Section], details: list[Section]) -> str:
    """Return the page as Markdown: the beginning, the short sections, then the tables in words.

    Args:
        study: name of the study.
        first: Markdown of the beginning.
        short: sections for everybody.
        details: sections on single tables.
    """
    head = (
        f"# What the study `{study}` found\n\nMade from its tables. Intervals are 95 %. N, D, U: parameters, tokens, "
        "molecules. Trunk: one pretraining run with all its token budgets, the unit of every interval. AUC: area under "
        "the receiver operating characteristic; RMSE: root mean square error.\n"
    )
    parts = [body(short), "# Tables, one by one", body(details)]
    return readable("\n".join([head, first, "\n\n".join(part for part in parts if part)]) + "\n")


def body(sections: list[Section]) -> str:
    """Return sections as Markdown, without empty ones."""
    texts = [f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) for title, lines in sections if lines]
    return "\n\n".join(texts).replace("- \n\n", "\n")
