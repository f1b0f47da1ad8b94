"""Titles say what is planted in their tables, and no more."""

import numpy as np
import pandas as pd
from clm.wording import titles


def curves(*rows):
    return pd.DataFrame(rows, columns=["model", "labels", "error", "lower", "upper"])


def test_the_lowest_curve_is_named_at_the_most_labels():
    rows = [("a", 100, 1.0, 0.9, 1.1), ("b", 100, 3.0, 2.9, 3.1), ("a", 800, 2.0, 1.9, 2.1), ("b", 800, 1.0, 0.9, 1.1)]
    names = {"a": "A", "b": "fingerprint forest"}
    assert titles.lowest_at_most_labels(curves(*rows), names) == "lowest at 800 labels: fingerprint forest"
    wide = curves(*rows[:3], ("b", 800, 1.0, 0.9, 1.9))
    assert titles.lowest_at_most_labels(wide, names).endswith("fingerprint forest (intervals overlap)")
    unknown = curves(*rows[:3], ("b", 800, 1.0, np.nan, np.nan))
    assert titles.lowest_at_most_labels(unknown, names).endswith("(intervals overlap)")
    assert titles.lowest_at_most_labels(curves(rows[0]), names) == ""


def test_the_best_score_is_the_highest_auc_and_the_lowest_rmse():
    table = pd.DataFrame({"kind": ["published", "published", "fine_tuned", "baseline"], "score": [0.7, 0.9, 0.6, 0.8]})
    assert titles.best_here_and_published(table.assign(metric="auc")) == "best here 0.8, published 0.9"
    assert titles.best_here_and_published(table.assign(metric="rmse")) == "best here 0.6, published 0.7"
    assert titles.best_here_and_published(table.tail(2).assign(metric="auc")) == ""


def test_a_rise_after_pretraining_is_a_rise():
    row = {"gain": -0.02, "lower": -0.05, "upper": 0.01}
    assert titles.pretraining_gain(row) == "pretrained: error rises by 2.0 % [-1.0, 5.0]"
    assert titles.pretraining_gain(row | {"lower": np.nan}) == "pretrained: error rises by 2.0 % (no interval)"


def test_an_encoder_is_lowest_only_below_the_forest_and_every_baseline():
    rows = [("a", "linear_probe", 0.9), ("a", "baseline", 0.95), ("b", "fine_tuned", 0.9), ("b", "baseline", 0.8)]
    rows += [("c", "linear_probe", 1.1), ("c", "baseline", 1.2), ("d", "fine_tuned", 0.7), ("d", "untrained", 0.6)]
    found = titles.lowest_by_encoder(pd.DataFrame(rows, columns=["task", "kind", "ratio"]))
    assert found == "A pretrained encoder has the lowest error on 1 of 4 tasks"


def test_changed_verdicts_are_counted_where_there_is_a_statistic():
    rows = [("nothing", 1.0, 0), ("task", 1.0, 1), ("task", 1.0, 0), ("task", np.nan, 1)]
    table = pd.DataFrame(rows, columns=["left_out", "effect", "changed"])
    assert titles.changed_verdicts(table) == "Leaving a part out changes the verdict in 1 of 2 cases"


def test_alignment_is_told_by_kinds():
    pairs = [("untrained", "untrained", 0.9), ("untrained", "pretrained", 0.5), ("pretrained", "untrained", 0.7)]
    assert titles.alike(pairs) == "Alignment: two untrained 0.90, untrained and pretrained 0.60 (median)"
    assert titles.alike([]) == "Alignment: not measured"
