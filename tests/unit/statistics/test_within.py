"""Correlations within a budget and a size, false discovery rate, signs in words, regret with a zero."""

import numpy as np
import pytest
from clm.statistics.regret import greedy_choice, uniform_choice
from clm.statistics.within import (
    SCOPES,
    adjust,
    hindsight_regret,
    random_regret,
    scope_row,
    sign_in_words,
    simpson,
    within_scope,
)
from planted_studies import REPLICATES, allowed
from scipy import stats
from synthetic_study import grid_cells

CELLS = grid_cells(seeds=3)


def planted(random):
    """Within each budget loss and score are correlated -.4; over everything budgets make up for it."""
    n = len(CELLS)
    loss = random.normal(size=n)
    score = -0.4 * loss + np.sqrt(1 - 0.4**2) * random.normal(size=n)
    step = np.log2(CELLS["tokens"] / CELLS["tokens"].min()).to_numpy() - 1.5
    return loss - 0.566 * step, score - 0.566 * step


def correlations(loss, score, count=200):
    return {scope: within_scope(loss, score, CELLS, scope, count, 0, 10)[0] for scope in SCOPES}


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
        link, trunks = within_scope(x, y, CELLS, scope, 99, i, 10)
        row = scope_row(scope, link, trunks)
        honest.append(row["p"] <= 0.05)
        naive.append(stats.spearmanr(x, y).pvalue <= 0.05)
    assert np.mean(honest) <= 0.05 + allowed(0.05, REPLICATES // 2) and np.mean(naive) > 0.2


def test_false_discovery_rate_is_held_over_the_family_of_predictors():
    rows = [
        {"mode": "m", "split": "s", "task": "(all)", "scope": "budget", "predictor": f"p{i}", "spearman": 0.4, "p": p}
        for i, p in enumerate([0.001, 0.02, 0.03, 0.5, None])
    ]
    found = adjust(rows, {"p0": "curvature"})
    assert [row["p_bh"] for row in found[:4]] == pytest.approx(stats.false_discovery_control([0.001, 0.02, 0.03, 0.5]))
    assert found[0]["meaning"] == "more curvature, better score" and found[4]["meaning"] == "not testable here"
    assert found[3]["meaning"] == "no relation shown"
    apart = adjust([row | {"scope": row["predictor"]} for row in rows[:4]])
    assert [row["p_bh"] for row in apart] == [row["p"] for row in rows[:4]]
    assert adjust([]) == [] and sign_in_words("curvature", -0.4, 0.01) == "more curvature, worse score"


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
