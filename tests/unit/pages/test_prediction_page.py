"""Sentences on predictors and on regret say what hand-made tables hold."""

import pandas as pd
from clm.pages import prediction


def test_a_predictor_is_recommended_only_where_the_decision_table_does():
    def group(verdict):
        rows = [("logme", 0.02, verdict), ("domain_loss_carbon", 0.03, "undecided")]
        rows += [("largest_model", 0.05, "costs nothing"), ("random", 0.10, "costs nothing")]
        table = pd.DataFrame(rows, columns=["predictor", "hindsight", "verdict"])
        return table.assign(needs="labels", n_tasks=12, against_random=table["hindsight"] - 0.1)

    told = prediction.advice(group("recommended"))
    assert "should compute one of: LogME 2 % (-8 %), labels" in told
    assert "largest model 5 % (-5 %), random choice 10 % (+0 %)" in told
    assert "loss on the task's carbon atoms, has a regret of 3 % (-7 %) (undecided)" in told
    assert "none is recommended" in prediction.advice(group("undecided"))


def test_a_correlation_that_holds_within_a_budget_only_is_told_as_simpsons_paradox():
    row = {"spearman": -0.12, "lower": -0.4, "upper": 0.2, "within_size": None}
    row |= {
        "within_budget": -0.41,
        "within_budget_lower": -0.6,
        "within_budget_upper": -0.2,
        "within_budget_p_bh": 0.01,
    }
    line = prediction.scopes_line(row | {"within_budget_meaning": "more loss, worse score"})
    assert "over everything -0.12 [-0.4, 0.2]; within a budget -0.41 [-0.6, -0.2] (more loss, worse score)." in line
    assert line.endswith("over everything with little difference of scores (rho -0.12): Simpson's paradox.")
    alike = row | {"spearman": -0.5, "within_budget_meaning": "more loss, worse score"}
    assert "Simpson" not in prediction.scopes_line(alike)
    unsure = row | {"within_budget_upper": 0.1, "within_budget_meaning": "no relation shown"}
    assert "Simpson" not in prediction.scopes_line(unsure), "an interval that holds what is seen over everything"
    weak = row | {"within_budget_p_bh": 0.6, "within_budget_meaning": "no relation shown"}
    assert "Simpson" not in prediction.scopes_line(weak), "a relation that is not shown"
    size = {f"within_size{part}": row[f"within_budget{part}"] for part in ("", "_lower", "_upper")}
    size |= {"within_size_p_bh": 0.6, "within_size_meaning": "no relation shown"}
    line = prediction.scopes_line(row | {"within_budget_meaning": "more loss, worse score"} | size)
    assert "within a size -0.41 [-0.6, -0.2] (not shown between trunks of one size; their budgets may carry it)" in line
