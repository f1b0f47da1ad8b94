"""The decision table on regrets planted to recommend, to advise against and to leave open."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.choice_draws import DIFFERENCE, FREE
from clm.statistics.decision import NESTED, decision_rows, nested_choice, source_of
from clm.statistics.intervals import mean_interval

TASKS = [f"t{i}" for i in range(12)]
NO_LINKS = pd.DataFrame(
    columns=["mode", "split", "features", "task", "predictor", "spearman", "lower", "upper", "n_trunks"]
)


def regrets(tasks=TASKS, **planted):
    random = np.random.default_rng(0)
    rows = [
        {"mode": "linear_probe", "split": "random", "predictor": name, "task": task,
         "regret": mean + sd * random.normal(),
         "n_cells": 48}
        for name, (mean, sd) in planted.items() for task in tasks
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    chance = table["task"].map(table[table["predictor"] == "random"].set_index("task")["regret"])
    return table.assign(hindsight=table["regret"] + 0.2, against_random=table["regret"] - chance)


def pooled(table):
    """The pooled rows of regret.csv: the difference of each predictor to the best free rule, tasks drawn anew."""
    wide = table.pivot_table(index="task", columns="predictor", values="regret", sort=False)
    free = wide[[name for name in FREE if name in wide]]
    rival = free.mean().idxmin()
    rows = []
    for name in wide.columns.difference(free.columns):
        apart = (wide[name] - wide[rival]).to_numpy()
        low, high = mean_interval(apart, 300, 0)
        rows.append({"mode": "linear_probe", "split": "random", "predictor": name, "task": "(all)", "rival": rival,
                     "difference": apart.mean(), "difference_lower": low, "difference_upper": high})  # fmt: skip
    return pd.concat([table.assign(**dict.fromkeys(DIFFERENCE)), pd.DataFrame(rows, columns=[*table, *DIFFERENCE])])


def decided(table, links=NO_LINKS):
    return pd.DataFrame(decision_rows(links, pooled(table), TASKS, 300, 0)).set_index("predictor")


def test_verdicts_on_planted_regrets():
    found = decided(
        regrets(random=(0.1, 0.01), largest_model=(0.05, 0.01), loss=(0.06, 0.01), logme=(0.01, 0.01), knn=(0.05, 0.02),
                trace=(0.12, 0.01))
    )  # fmt: skip
    assert found.loc["logme", "verdict"] == "recommended" and found.loc["logme", "rival"] == "largest_model"
    assert found.loc["knn", "verdict"] == "undecided" and found.loc["trace", "verdict"] == "not recommended"
    assert set(found.loc[["random", "largest_model", "loss"], "verdict"]) == {"costs nothing"}
    assert found.loc[NESTED, "verdict"] == "recommended"  # it picks logme for every task
    assert found.loc[NESTED, "regret"] == pytest.approx(found.loc["logme", "regret"])
    assert list(found["regret"]) == sorted(found["regret"])
    assert found["hindsight"].to_numpy() == pytest.approx(found["regret"].to_numpy() + 0.2)
    assert found.loc["random", "against_random"] == pytest.approx(0, abs=1e-12)
    assert found.loc[NESTED, "against_random"] == pytest.approx(found.loc["logme", "against_random"])
    assert found.loc["logme", "against_random_upper"] < 0 < found.loc["trace", "against_random"]


def test_when_all_are_equal_nothing_is_recommended():
    names = ("random", "largest_model", "loss", *(f"loss_{i}" for i in range(5)), "logme")
    assert "recommended" not in set(decided(regrets(**dict.fromkeys(names, (0.0, 0.0))))["verdict"])
    wrong = 0
    for seed in range(40):
        table = regrets(**dict.fromkeys(("random", "largest_model", "loss", "logme"), (0.02, 0.02)))
        table["regret"] += 0.02 * np.random.default_rng(seed).normal(size=len(table))
        wrong += decided(table).loc["logme", "verdict"] == "recommended"
    assert wrong <= 2  # its rival is the best of three, which errs towards no recommendation


def test_few_tasks_are_undecided():
    found = decided(regrets(TASKS[:2], random=(0.1, 0.0), largest_model=(0.1, 0.0), logme=(0.0, 0.0)))
    assert found.loc["logme", "verdict"] == "undecided" and found.loc["logme", "regret_lower"] is None
    assert NESTED in found.index and NESTED not in decided(regrets(TASKS[:1], random=(0.1, 0.0))).index


def test_the_nested_choice_does_not_see_the_task():
    table = pd.DataFrame({"a": [0.0, 0.0, 0.9], "b": [0.1, 0.1, 0.0]}, index=["t0", "t1", "t2"])
    # without t2 predictor a looks best, and fails there; without t0 (or t1) b does
    assert nested_choice(table).tolist() == ["b", "b", "a"]
    assert nested_choice(table[:1]).empty


def test_what_measures_a_predictor_and_correlations_stand_beside():
    link = {"mode": "linear_probe", "split": "random", "features": "mean", "task": "(all)", "predictor": "logme"}
    links = pd.DataFrame([link | {"spearman": 0.4, "lower": 0.1, "upper": 0.6, "n_trunks": 12}])
    planted = dict.fromkeys(("random", "logme", "sharpness_1", "domain_loss_carbon", "loss_carbon"), (0.1, 0.01))
    found = decided(regrets(**planted), links)
    assert found.loc["logme", "stage"] == "linear_probe" and found.loc["sharpness_1", "stage"] == "curvature"
    assert pd.isna(found.loc["loss_carbon", "stage"]) and found.loc["logme", "spearman"] == 0.4
    assert "no labels" in source_of("domain_loss_carbon")[0] and source_of("unheard_of") == ("not stated", None)
