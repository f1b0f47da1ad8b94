"""Findings tell of ladders by their headline and the verdicts of their tasks."""

import pandas as pd
from clm.pages.ladders import ladders_section

ROW = {"ladder": "family", "axis": "N", "split": "scaffold", "estimate": 0.031, "lower": 0.01, "upper": 0.052}
ROWS = [
    ROW | {"quantity": "gain", "verdict": "improving"},
    ROW | {"quantity": "gain", "verdict": "undecided"},
    ROW | {"quantity": "elasticity", "axis": None, "verdict": "undecided"},
    ROW | {"quantity": "headline", "split": "(all)", "verdict": "improving"},
    ROW | {"quantity": "headline", "axis": "D", "split": "(all)", "verdict": "not testable here", "estimate": None}
    | {"reason": "needs: 6 tasks, has 1"},
]  # fmt: skip


def test_no_ladder_no_line():
    assert ladders_section(None)[1] == []


def test_each_axis_has_a_line():
    assert ladders_section(pd.DataFrame(ROWS))[1] == [
        "family, more parameters, tasks and splits: 1 improving, 1 undecided.",
        "family, elasticity, tasks and splits: 1 undecided.",
        "family, more parameters, all tasks: improving (gain per doubling 3.1 % [1, 5.2]).",
        "family, more tokens, all tasks: not testable here (needs: 6 tasks, has 1).",
    ]
