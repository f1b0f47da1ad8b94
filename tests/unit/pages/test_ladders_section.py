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

PREDICTOR = {"ladder": "family", "split": "scaffold", "task": "(all)", "lower": None, "upper": None}
RANKED = [
    PREDICTOR | {"quantity": "correlation", "predictor": "loss", "estimate": -0.61, "lower": -0.8, "upper": -0.2},
    PREDICTOR | {"quantity": "correlation", "predictor": "logme", "estimate": 0.3, "lower": -0.1, "upper": 0.6},
    PREDICTOR | {"quantity": "correlation", "predictor": "loss", "estimate": 0.9, "task": "esol"},
    PREDICTOR | {"quantity": "regret", "predictor": "random", "estimate": 0.0},
    PREDICTOR | {"quantity": "regret", "predictor": "loss", "estimate": -0.021, "lower": -0.04, "upper": 0.01},
    PREDICTOR | {"quantity": "regret", "predictor": "largest_model", "estimate": 0.004},
]


def test_no_ladder_no_line():
    assert ladders_section(None)[1] == []


def test_each_axis_has_a_line():
    assert ladders_section(pd.DataFrame(ROWS))[1] == [
        "family, more parameters, tasks and splits: 1 improving, 1 undecided.",
        "family, elasticity, tasks and splits: 1 undecided.",
        "family, more parameters, all tasks: improving (gain per doubling 3.1 % [1, 5.2]).",
        "family, more tokens, all tasks: not testable here (needs: 6 tasks, has 1).",
    ]


def test_predictors_are_told_over_all_tasks():
    assert ladders_section(pd.DataFrame(RANKED))[1] == [
        "family, scaffold split, all tasks: the interval of the rank correlation with the score excludes 0 for 1 of 2 "
        "numbers; strongest: loss -0.61 [-0.8, -0.2].",
        "family, scaffold split, all tasks: error of the chosen model against a random choice, lowest first: loss "
        "-2.1 % [-4.0, 1.0], largest model 0.4 %.",
    ]
