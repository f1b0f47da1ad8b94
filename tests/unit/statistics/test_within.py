"""Correlations within a budget and a size, false discovery rate, signs in words, regret with a zero."""

import numpy as np
import pytest
from clm.statistics.ranking import Ranking, Settings
from clm.statistics.regret import greedy_choice, hindsight_regret, random_regret, uniform_choice
from clm.statistics.within import SCOPES, judge_scopes, scope_columns, sign_in_words, simpson, within_scope
from clm.tables.panels import Panel
from planted_studies import REPLICATES, allowed
from scipy import stats
from synthetic_study import grid_cells

CELLS = grid_cells(seeds=3)
CELLS["checkpoint"] = range(len(CELLS))


def planted(random):
    """Within each budget loss and score are correlated -.4; over everything budgets make up for it."""
    n = len(CELLS)
    loss = random.normal(size=n)
    score = -0.4 * loss + np.sqrt(1 - 0.4**2) * random.normal(size=n)
    step = np.log2(CELLS["tokens"] / CELLS["tokens"].min()).to_numpy() - 1.5
    return loss - 0.566 * step, score - 0.566 * step


def drawing(count, seed=0):
    return Ranking(Settings(count, seed, 4, 0.3, ("a", "b"))).resamples


def correlations(loss, score, count=200):
    return {scope: within_scope(loss, score, CELLS, scope, drawing(count)) for scope in SCOPES}


def test_simpson_is_told_as_such():
    random = np.random.default_rng(0)
    links = [correlations(*planted(random), count=2) for _ in range(100)]
    everything, budget = (np.mean([link[scope].spearman for link in links]) for scope in ("everything", "budget"))
    assert everything == pytest.approx(0, abs=0.05) and budget == pytest.approx(-0.4, abs=0.06)
    sentence = simpson(everything, budget)
    assert "Within one budget more loss goes with a worse score" in sentence and "Simpson" in sentence
    assert simpson(-0.41, -0.45) is None and simpson(0.05, -0.05) is None
    assert simpson(0.4, -0.4) is not None and simpson(float("nan"), -0.4) is None


def test_correlation_within_a_budget_is_that_of_its_ranks():
    """Every budget alone by scipy; the pooled one is their mean, for equal numbers of checkpoints."""
    loss, score = planted(np.random.default_rng(1))
    own = [stats.spearmanr(loss[i], score[i]).statistic for i in CELLS.groupby("budget").indices.values()]
    assert correlations(loss, score)["budget"].spearman == pytest.approx(np.mean(own))
    own = [stats.spearmanr(loss[i], score[i]).statistic for i in CELLS.groupby("size").indices.values()]
    assert correlations(loss, score)["size"].spearman == pytest.approx(np.mean(own))


@pytest.mark.parametrize("scope", SCOPES)
def test_unrelated_trunk_effects_are_rarely_found(scope):
    """Permutations move whole trunks: at most 5 % within any scope, where cells taken as independent find far more."""
    random, honest, naive = np.random.default_rng(2), [], []
    trunk = CELLS["trunk"].to_numpy()
    for i in range(REPLICATES // 2):
        x, y = (random.normal(size=trunk.max() + 1)[trunk] + 0.3 * random.normal(size=len(trunk)) for _ in range(2))
        row = scope_columns(scope, within_scope(x, y, CELLS, scope, drawing(99, i)))
        honest.append(row[f"within_{scope}_p"] <= 0.05)
        naive.append(stats.spearmanr(x, y).pvalue <= 0.05)
    assert np.mean(honest) <= 0.05 + allowed(0.05, REPLICATES // 2) and np.mean(naive) > 0.2


def test_false_discovery_rate_is_held_over_the_family_of_predictors():
    rows = [
        {"predictor": name, "within_budget": 0.4, "within_budget_p": p, "within_size": -0.4, "within_size_p": 0.01}
        for name, p in zip(("curvature", *"bcde"), [0.001, 0.02, 0.03, 0.5, None], strict=True)
    ]
    judge_scopes(rows)
    corrected = stats.false_discovery_control([0.001, 0.02, 0.03, 0.5])
    assert [row["within_budget_p_bh"] for row in rows[:4]] == pytest.approx(corrected)
    assert [row["within_budget_meaning"] for row in (rows[0], *rows[3:])] == [
        "more curvature, better score",
        "no relation shown",
        "not testable here",
    ]
    assert rows[0]["within_size_meaning"] == "more curvature, worse score"
    assert sign_in_words("curvature", float("nan"), 0.01) == "not testable here"


def test_columns_are_those_of_each_task_and_of_all_together():
    """Budgets that make up for the loss hide it over everything, in every task and pooled alike."""
    random = np.random.default_rng(4)
    ranking = Ranking(Settings(99, 0, 4, 0.3, ("a", "b")))
    items, own = [], []
    for task in ("a", "b"):
        loss, score = planted(random)
        names = {"mode": "linear_probe", "split": "random", "features": "mean", "task": task}
        cells = CELLS.assign(loss=np.exp(loss), flops=1.0)
        panel = Panel(names, "rmse", cells, np.stack([-score] * 2), {}, None, 0.1, 1.0, 0)
        items.append(ranking.find(panel, "loss", loss))
        own.append(correlations(loss, score)["budget"].spearman)
    first, second, pooled = ranking.rows("loss", items)
    assert [first["within_budget"], second["within_budget"]] == pytest.approx(own)
    assert pooled["within_budget"] == pytest.approx(np.tanh(np.mean(np.arctanh(own))))
    assert pooled["within_budget_lower"] < pooled["within_budget"] < min(-0.3, pooled["within_budget_upper"])
    trace = ranking.find(panel, "trace", loss)  # grows with the number of parameters: one size only
    assert trace.scopes["size"].spearman == pytest.approx(trace.association.spearman) and "budget" not in trace.scopes


def test_regret_in_hindsight_is_never_negative_and_a_random_choice_has_none_against_random():
    random = np.random.default_rng(3)
    for _ in range(50):
        errors = random.normal(size=(3, 20))
        choice = greedy_choice(random.normal(size=20), 1.0)
        assert hindsight_regret(errors, choice) >= 0
        assert random_regret(errors, uniform_choice(20)) == pytest.approx(0, abs=1e-12)
        best = greedy_choice(errors.mean(axis=0), -1.0)
        assert hindsight_regret(errors, best) == 0 and random_regret(errors, best) < 0
        assert hindsight_regret(errors, choice) - random_regret(errors, choice) == pytest.approx(
            errors.mean() - errors.mean(axis=0).min()
        )
