"""Tables of scores and learning curves on the page of a task, with names in words."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from clm.pages.claims import escaped
from clm.tables.columns import UNTRAINED
from clm.wording.names import (
    METRICS,
    baseline_name,
    corpus_name,
    kind_of,
    mode_name,
    model_name,
    scale_name,
    split_name,
)


def readable_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the table of errors, lowest first in each split, with names in words."""
    if scores.empty or "kind" not in scores:
        return scores
    scores = scores.sort_values(["split", "error"], kind="stable", na_position="last")
    pairs = list(zip(scores["kind"], scores["model"], strict=True))
    kinds = [mode_name(kind_of(kind, model)) for kind, model in pairs]
    named = scores.assign(model=[model_name(model, kind) for kind, model in pairs], kind=kinds)
    if {"split", "metric"} <= set(scores):
        named = named.assign(split=scores["split"].map(split_name), metric=scores["metric"].replace(METRICS))
    return named


def readable_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Return learning curves with the names of models in words."""
    return curves.assign(model=[curve_name(model) for model in curves["model"]])


def curve_name(model: str) -> str:
    """Return a model of learning_curves.csv in words: a baseline, or size, corpus, molecules and tokens."""
    if len(parts := model.split()) != 4:
        return baseline_name(model)
    size, corpus, subset, budget = parts
    if corpus == UNTRAINED:
        return f"{scale_name(size)} parameters, untrained"
    where = f"{scale_name(subset)} molecules of {corpus_name(corpus)}"
    return f"{scale_name(size)} parameters, {where}, {scale_name(budget)} tokens"


def table(head: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> str:
    """Return an HTML table."""
    body = "".join("<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escaped(name)}</th>' for name in head)}</tr>{body}</table>"


def cell(value: Any) -> str:
    """Return one value as HTML, missing ones as a dash."""
    return escaped(None if isinstance(value, float) and pd.isna(value) else value)
