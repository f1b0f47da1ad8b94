"""Verdicts on the claims from tables planted to support, to contradict and to leave them undecided."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.claims import (
    compute_gains,
    headline_claims,
    heterogeneity,
    task_dependence,
)
from clm.statistics.claims_prediction import parameter_space_claim, prediction_claims, review_claims
from clm.statistics.prediction import judge_rows

KEY = ("linear_probe", "scaffold")
TASKS = [f"t{i}" for i in range(12)]


def saturation(gains, half_width, verdict="undecided", tasks=TASKS, axis="C", **columns):
    base = {"axis": axis, "mode": KEY[0], "split": KEY[1], "features": "mean", "verdict": verdict}
    rows = [
        base | {"task": task, "gain": gain, "lower": gain - half_width, "upper": gain + half_width} | columns
        for task, gain in zip(tasks, gains, strict=False)
    ]
    return pd.DataFrame(rows)


def test_the_claim_of_limited_improvement_is_that_of_the_headline():
    row = {"axis": "C", "mode": "linear_probe", "split": "(all)", "n_tasks": 12, "gain": 0.014, "lower": 0.003}
    row |= {"upper": 0.023, "verdict": "undecided", "reason": "why"}
    bare = {
        "axis": "N",
        "mode": "fine_tuned",
        "split": "random",
        "n_tasks": 3,
        "gain": None,
        "lower": None,
        "upper": None,
    }
    table = pd.DataFrame([row, bare | {"verdict": "not testable here", "reason": "needs: 6 tasks, has 3"}])
    limited, headline = headline_claims(table, 0.01)
    assert limited["id"] == "limited_improvement.linear_probe.(all)" and limited["verdict"] == "undecided"
    assert (limited["effect"], limited["lower"], limited["upper"]) == (0.014, 0.003, 0.023)
    assert headline["verdict"] == "not testable here" and headline["effect"] is None


def test_only_tasks_that_count_and_have_signal_enter():
    table = pd.concat([saturation(np.zeros(12), 0.01), saturation([0.9], 0.01, "AUC not above one half", ["bad"])])
    table = pd.concat([table, saturation([0.9], 0.01, tasks=["control"]), saturation([0.9], 0.01, axis="N")])
    assert sorted(compute_gains(table, [*TASKS, "bad"])[KEY]["task"]) == sorted(TASKS)


@pytest.mark.parametrize(
    ("gains", "half_width", "verdict"),
    [
        (np.linspace(-0.05, 0.05, 12), 0.005, "supported"),
        (np.linspace(-0.0005, 0.0005, 12), 0.02, "contradicted"),
        (np.array([-0.012, 0.012] * 6), 0.02, "undecided"),
    ],
)
def test_task_dependence(gains, half_width, verdict):
    groups = compute_gains(saturation(gains, half_width), TASKS)
    assert task_dependence(KEY, groups[KEY], 0.01, True)["verdict"] == verdict


def test_heterogeneity_by_hand():
    share, lower, upper = heterogeneity(40.0, 11)
    assert share == pytest.approx(0.75) and lower < 0.75 < upper
    assert heterogeneity(5.0, 11)[0] == 0.0


def correlations(sensitive=True, **rows):
    """Rows of all tasks together as rank_predictors judges them."""
    base = {"mode": KEY[0], "split": KEY[1], "features": "mean", "task": "(all)", "n_trunks": 14, "ceiling": 0.9}
    base |= {"signal": True, "metric": "rmse", "partial_loss_flops": np.nan, "both_p": None}
    names = ("spearman", "lower", "upper", "p", "partial_loss", "partial_lower", "partial_upper", "partial_p")
    table = [base | dict.fromkeys(names) | {"predictor": name} | told for name, told in rows.items()]
    judged = pd.DataFrame(judge_rows(table, 0.3, sensitive))
    return judged.astype({"p": float, "partial_p": float, "ceiling": float})


def plain(rho, lower, upper, p, **more):
    return {"spearman": rho, "lower": lower, "upper": upper, "p": p} | more


def partial(rho, lower, upper, p, **more):
    return {"partial_loss": rho, "partial_lower": lower, "partial_upper": upper, "partial_p": p} | more


def verdict(table, name):
    return next(claim for claim in prediction_claims(table, 0.3) if claim["id"].startswith(name))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (plain(-0.05, -0.2, 0.1, 0.6), "supported"),
        (plain(-0.8, -0.9, -0.6, 0.002), "contradicted"),
        (plain(-0.4, -0.8, 0.1, 0.2), "undecided"),
        (plain(-0.8, -0.9, -0.6, None), "not testable here"),
        (plain(-0.2, -0.28, -0.1, 0.002), "supported"),  # surely not 0, and surely less than .3
        (plain(-0.05, -0.2, 0.1, 0.6, ceiling=0.4), "undecided"),
    ],
)
def test_loss_predicts_not(told, expected):
    found = verdict(correlations(loss=told), "loss_predicts_not")
    assert found["verdict"] == expected and found["effect"] == told["spearman"]


def test_hessian_needs_all_to_fail_or_one_to_succeed():
    useless, useful, unclear = (
        partial(0.0, -0.2, 0.2, 0.9),
        partial(0.7, 0.5, 0.8, 0.002),
        partial(0.2, -0.4, 0.6, 0.4),
    )
    name = "hessian_predicts_not"
    assert verdict(correlations(trace=useless, eigenvalue_1=useless), name)["verdict"] == "supported"
    assert verdict(correlations(trace=useless, eigenvalue_1=useful), name)["verdict"] == "contradicted"
    assert verdict(correlations(trace=useless, eigenvalue_1=unclear), name)["verdict"] == "undecided"
    assert verdict(correlations(loss=plain(0, -0.1, 0.1, 0.9)), name)["verdict"] == "not testable here"
    assert verdict(correlations(sharpness_2=useful), "landscape_predicts_not")["verdict"] == "contradicted"
    assert verdict(correlations(trace_per_parameter=useful), name)["n"] == 0  # not among the claims


def test_the_number_that_is_shown_is_of_a_predictor_that_decides():
    """A larger correlation of four trunks, which no permutation can test, stands beside one that predicts."""
    few = partial(0.9, 0.85, 0.99, None, n_trunks=4)
    table = correlations(sharpness_2=partial(-0.5, -0.7, -0.2, 0.002), landscape_width=few).assign(
        both_verdict="undecided"
    )
    found = verdict(table, "landscape_predicts_not")
    assert (found["verdict"], found["effect"], found["n"]) == ("contradicted", -0.5, 14)
    assert found["reason"] == "it does predict; strongest: sharpness_2; given loss and compute together: undecided"
    unclear = correlations(sharpness_2=partial(-0.2, -0.6, 0.3, 0.4), landscape_width=few)
    assert verdict(unclear, "landscape_predicts_not")["effect"] == -0.2


@pytest.mark.parametrize("rho", [-0.8, -0.5, -0.35, -0.25, -0.1, 0.0])
@pytest.mark.parametrize("half", [0.04, 0.15, 0.5])
@pytest.mark.parametrize("p", [0.001, 0.03, 0.4, None])
@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize(
    ("name", "predictor"),
    [("loss_predicts_not", "loss"), ("hessian_predicts_not", "trace"), ("landscape_predicts_not", "sharpness_2")],
)
def test_claims_and_correlations_agree_on_every_row(rho, half, p, sensitive, name, predictor):
    made = (plain if predictor == "loss" else partial)(rho, rho - half, rho + half, p)
    table = correlations(sensitive, **{predictor: made})
    claimed = verdict(table, name)["verdict"]
    same = {"predicts": "contradicted", "correlates by less than the margin": "supported"}
    assert claimed == same.get(table["verdict"][0], table["verdict"][0])
    assert sensitive or claimed != "supported"


def test_nothing_measured_is_not_testable():
    empty = correlations(loss=plain(0, 0, 0, 1))[:0]
    assert {claim["verdict"] for claim in prediction_claims(empty, 0.3)} == {"not testable here"}
    assert parameter_space_claim()["verdict"] == "not testable here"


def test_the_share_of_the_review_is_shown_and_not_judged():
    """At a gain of zero most tasks pass it, so that it cannot decide."""
    names = ["saturated"] * 9 + ["improving"] * 3
    table = saturation(np.zeros(12), 0.01, axis="N", agrees=1).assign(review_verdict=names)
    (found,) = review_claims(table, TASKS, 0.01)
    assert found["verdict"] == "shown, not judged" and found["source"] == "review" and found["effect"] == 0.75
