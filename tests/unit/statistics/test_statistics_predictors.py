"""Correlations with whole trunks, partial correlations, ceilings and regret, on data with planted truth."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.correlation import (
    associate,
    fisher_mean,
    stratum_ranks,
    two_sided_p,
    weighted_correlation,
)
from clm.statistics.intervals import mean_interval, percentile_interval
from clm.statistics.prediction import FAILS, judge_rows, verdict_of
from clm.statistics.predictors import Predictors
from clm.statistics.ranking import Ranking, Settings
from clm.statistics.regret import chosen_regret, greedy_choice, uniform_choice
from clm.statistics.reliability import noise_ceiling
from clm.statistics.resampling import resamples
from clm.tables.panels import Panel
from scipy import stats

TRUNKS, BUDGETS = 12, 5
TRUNK = np.repeat(np.arange(TRUNKS), BUDGETS)
BUDGET = np.tile(np.array([f"b{i}" for i in range(BUDGETS)]), TRUNKS)
ONE = np.zeros(TRUNKS * BUDGETS, dtype=int)


def drawn(count=200, seed=0):
    return resamples(TRUNK, BUDGET, ONE, count, seed, 10)


def test_ranks_and_correlation_agree_with_scipy_also_when_resampled():
    random = np.random.default_rng(0)
    x, y = random.integers(0, 6, size=30).astype(float), random.normal(size=30)
    weights = random.integers(0, 4, size=(3, 30)).astype(float)
    strata = np.zeros(30, int)
    found = weighted_correlation(stratum_ranks(x, weights, strata), stratum_ranks(y, weights, strata), weights)
    for row, value in zip(weights.astype(int), found, strict=True):
        assert value == pytest.approx(stats.spearmanr(np.repeat(x, row), np.repeat(y, row)).statistic)


def test_strata_remove_what_differs_between_sizes():
    """Within a size the trace is unrelated to the score; across sizes both grow."""
    random = np.random.default_rng(1)
    strata = np.repeat(np.arange(4), 15)
    x, y = 100 * strata + random.normal(size=60), 100 * strata + random.normal(size=60)
    across = associate(x, y, (), ONE, drawn(2))
    within = associate(x, y, (), strata, drawn(2))
    assert across.spearman > 0.9 and abs(within.spearman) < 0.4 and abs(within.pearson) < 0.4


def test_permutations_move_whole_trunks_and_keep_budgets():
    moved = drawn(50).permutations
    assert (BUDGET[moved] == BUDGET).all()
    blocks = TRUNK[moved].reshape(50, TRUNKS, BUDGETS)
    assert (blocks == blocks[:, :, :1]).all()
    few = resamples(TRUNK[:45], BUDGET[:45], ONE[:45], 50, 0, 10)
    assert len(few.permutations) == 0 and two_sided_p(0.9, few.permutations) is None
    weights = drawn(50).weights.reshape(50, TRUNKS, BUDGETS)
    assert (weights == weights[:, :, :1]).all() and (weights.sum(axis=(1, 2)) == TRUNKS * BUDGETS).all()


def test_unrelated_trunk_effects_do_not_correlate():
    """At most 7 % false positives, where points taken as independent give far more."""
    random, resampled, found, naive = np.random.default_rng(2), drawn(200), [], []
    for _ in range(300):
        x, y = (random.normal(size=TRUNKS)[TRUNK] + 0.3 * random.normal(size=len(TRUNK)) for _ in range(2))
        link = associate(x, y, (), ONE, resampled)
        found.append(two_sided_p(link.spearman, link.null))
        naive.append(stats.spearmanr(x, y).pvalue)
    assert np.mean(np.array(found) < 0.05) <= 0.07
    assert np.mean(np.array(naive) < 0.05) > 0.2


def test_partial_correlation_sees_through_the_loss():
    random, resampled, found = np.random.default_rng(3), drawn(200), []
    for _ in range(100):
        loss = random.normal(size=TRUNKS)[TRUNK] + 0.5 * random.normal(size=len(TRUNK))
        proxy = np.exp(loss) + 0.3 * random.normal(size=TRUNKS)[TRUNK]
        y = -loss + 0.3 * random.normal(size=TRUNKS)[TRUNK]
        link = associate(proxy, y, (loss,), ONE, resampled)
        found.append((link.spearman, link.partial, two_sided_p(link.partial, link.partial_null)))
    plain, partial, p = np.array(found).T
    assert plain.mean() < -0.6 and abs(partial.mean()) < 0.1 and np.mean(p < 0.05) <= 0.1
    x = random.normal(size=len(TRUNK))
    link = associate(x, -loss + x, (loss,), ONE, resampled)
    assert link.partial > 0.7 and two_sided_p(link.partial, link.partial_null) < 0.05
    assert percentile_interval(link.partial_boot)[0] > 0.4


def compute_and_loss(random):
    """Return compute that trunks and budgets share out, and a loss that follows it with noise of its own."""
    compute = random.normal(size=TRUNKS)[TRUNK] + np.tile(np.linspace(-1, 1, BUDGETS), TRUNKS)
    return compute, -compute + random.normal(size=TRUNKS)[TRUNK] + 0.5 * random.normal(size=len(TRUNK))


def test_partial_correlation_sees_through_loss_and_compute_together():
    """A proxy of compute adds to the loss and nothing to both; a number of its own adds to both."""
    random, resampled, found = np.random.default_rng(6), drawn(200), []
    for _ in range(100):
        compute, loss = compute_and_loss(random)
        proxy = np.exp(compute) + 0.2 * random.normal(size=TRUNKS)[TRUNK]
        y = compute - loss + 0.3 * random.normal(size=TRUNKS)[TRUNK]
        link = associate(proxy, y, (loss, compute), ONE, resampled)
        found.append((link.partial, link.both, two_sided_p(link.both, link.both_null)))
    given_loss, both, p = np.array(found).T
    assert given_loss.mean() > 0.5 and abs(both.mean()) < 0.1 and np.mean(p < 0.05) <= 0.1
    x = random.normal(size=len(TRUNK))
    link = associate(x, compute - loss + x, (loss, compute), ONE, resampled)
    assert link.both > 0.6 and two_sided_p(link.both, link.both_null) < 0.05
    assert percentile_interval(link.both_boot)[0] > 0.3


def test_partial_correlation_agrees_with_residuals_of_ranks():
    random = np.random.default_rng(7)
    compute, loss = compute_and_loss(random)
    x, y = compute + random.normal(size=len(TRUNK)), loss + random.normal(size=len(TRUNK))
    ranks = [stats.rankdata(values) for values in (loss, compute)]
    plane = np.column_stack([np.ones(len(TRUNK)), *ranks])
    rest = [r - plane @ np.linalg.lstsq(plane, r, rcond=None)[0] for r in (stats.rankdata(x), stats.rankdata(y))]
    link = associate(x, y, (loss, compute), ONE, drawn(2))
    assert link.both == pytest.approx(np.corrcoef(*rest)[0, 1])
    constant = associate(x, y, (loss, np.ones(len(TRUNK))), ONE, drawn(2))
    assert constant.both == pytest.approx(constant.partial)  # what does not vary explains nothing
    assert np.isnan(associate(compute, y, (loss, compute), ONE, drawn(2)).both)


@pytest.mark.parametrize(("trunks", "decided"), [(11, False), (12, True)])
def test_loss_and_compute_together_need_12_trunks(trunks, decided):
    random = np.random.default_rng(8)
    compute, loss = compute_and_loss(random)
    x = random.normal(size=len(TRUNK))
    cells = pd.DataFrame({"trunk": TRUNK, "checkpoint": range(len(TRUNK)), "budget": BUDGET, "size": "s"})
    cells = cells.assign(loss=np.exp(loss), flops=10.0**compute)[: trunks * BUDGETS]
    names = {"mode": "linear_probe", "split": "random", "features": "mean", "task": "t"}
    errors = (loss - compute - 2 * x + 0.02 * random.normal(size=(3, len(TRUNK))))[:, : trunks * BUDGETS]
    panel = Panel(names, "rmse", cells, errors, {}, None, 0.1, 1.0, 0)
    ranking = Ranking(Settings(200, 0, 4, 0.3, ("t",)))
    rows = ranking.rows("trace_free", [ranking.find(panel, "trace_free", x[: trunks * BUDGETS])])
    (row,) = judge_rows([row | {"metric": "rmse"} for row in rows], 0.3)
    assert row["verdict"] == "predicts" and row["partial_loss_flops"] > 0.6
    assert (
        row["both_verdict"] == ("predicts" if decided else "not testable here") and (row["both_p"] is None) != decided
    )


def test_p_is_undefined_when_permutations_cannot_move_the_predictor():
    tokens = np.tile(np.arange(BUDGETS, dtype=float), TRUNKS)
    link = associate(tokens, tokens + 0.1 * np.random.default_rng(0).normal(size=len(TRUNK)), (), ONE, drawn(50))
    assert link.spearman > 0.9 and two_sided_p(link.spearman, link.null) is None


def test_numbers_without_labels_serve_every_split_and_those_with_labels_do_not():
    keys = {"corpus": "zinc", "size": "s", "subset": "u", "seed": 0, "budget": "b", "task": "t", "label": None}
    rows = [
        keys | {"split": "scaffold", "name": name, "value": 1.0}
        for name in ("domain_loss", "domain_loss_carbon", "logme")
    ]
    rows += [keys | {"split": "random", "name": "domain_loss", "value": 2.0}]
    table = pd.DataFrame(rows).astype({"seed": "Int64"})
    cells = pd.DataFrame([keys])
    names = {"mode": "fine_tuned", "split": "random", "features": "mean", "task": "t"}
    panel = Panel(names, "rmse", cells, np.zeros((1, 1)), {}, None, 0.1, 1.0, 0)
    found = Predictors(table).values(panel).iloc[0].to_dict()
    assert found == {"domain_loss": 2.0, "domain_loss_carbon": 1.0}  # LogME has seen test labels of another split


def test_fisher_mean_is_that_of_z_and_skips_missing():
    assert fisher_mean([0.2, 0.8]) == pytest.approx(np.tanh((np.arctanh(0.2) + np.arctanh(0.8)) / 2))
    assert fisher_mean([0.5, np.nan]) == pytest.approx(0.5)
    assert np.isnan(fisher_mean([np.nan]))
    assert percentile_interval(np.full(10, np.nan)) == (None, None)


def test_ceiling_is_the_root_of_the_reliability():
    random = np.random.default_rng(4)
    truth, reliability = random.normal(size=4000), 0.5
    noise = np.sqrt(3 * (1 - reliability) / reliability)  # the mean over 3 seeds has a third of its variance
    errors = truth + noise * random.normal(size=(3, 4000)) + 5 * random.normal(size=(3, 1))
    assert noise_ceiling(errors, None) == pytest.approx(np.sqrt(reliability), abs=0.03)
    observed = truth + random.normal(size=4000)
    draws = observed + random.normal(size=(200, 4000)) + 5 * random.normal(size=(200, 1))
    assert noise_ceiling(observed[None, :], draws) == pytest.approx(np.sqrt(0.5), abs=0.03)
    assert noise_ceiling(random.normal(size=(3, 50)), None) < 0.6  # nothing but noise
    assert noise_ceiling(observed[None, :], None) is None


def test_equal_checkpoints_have_no_regret():
    random = np.random.default_rng(5)
    honest, naive = [], []
    for _ in range(400):
        errors = 0.02 * random.normal(size=(3, 60))
        honest.append(chosen_regret(errors, uniform_choice(60)))
        naive.append(np.mean(errors.mean(axis=0)) - errors.mean(axis=0).min())
    assert abs(np.mean(honest)) < 0.002 < 0.02 < np.mean(naive)


def test_regret_of_known_choices():
    errors = np.tile(np.log([1.0, 1.1, 1.5]), (4, 1))
    assert chosen_regret(errors, greedy_choice(np.array([1.0, 2.0, 3.0]), -1.0)) == pytest.approx(0)
    assert chosen_regret(errors, greedy_choice(np.array([1.0, 2.0, 3.0]), 1.0)) == pytest.approx(np.log(1.5))
    assert greedy_choice(np.array([2.0, 2.0, 1.0]), 1.0).tolist() == [0.5, 0.5, 0.0]
    assert mean_interval(np.array([0.1, 0.2]), 100, 0) == (None, None)
    low, high = mean_interval(np.array([0.1, 0.2, 0.3, 0.1]), 200, 0)
    assert 0.1 <= low < 0.175 < high <= 0.3


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"lower": 0.5, "upper": 0.9, "p": 0.01, "ceiling": 0.3}, "predicts"),
        ({"lower": 0.5, "upper": 0.9, "p": None, "ceiling": 0.9}, "not testable here"),
        ({"lower": 0.05, "upper": 0.25, "p": 0.01, "ceiling": 0.9}, FAILS),  # surely not 0, and surely small
        ({"lower": -0.2, "upper": 0.25, "p": 0.7, "ceiling": 0.9}, FAILS),
        ({"lower": -0.2, "upper": 0.25, "p": 0.7, "ceiling": 0.5}, "undecided"),
        ({"lower": -0.2, "upper": 0.25, "p": 0.7, "ceiling": None}, "undecided"),
        ({"lower": -0.5, "upper": 0.25, "p": 0.7, "ceiling": 0.9}, "undecided"),
        ({"lower": None, "upper": None, "p": None, "ceiling": 0.9}, "not testable here"),
    ],
)
def test_verdicts_on_predictors(numbers, expected):
    rho = None if numbers["lower"] is None else (numbers["lower"] + numbers["upper"]) / 2
    for part, column in (("", "spearman"), ("partial_", "partial_loss"), ("both_", "partial_loss_flops")):
        named = {f"{part}{name}": numbers[name] for name in ("lower", "upper")}
        row = named | {column: rho, "ceiling": numbers["ceiling"]}
        assert verdict_of(row, part, 0.3, numbers["p"]) == expected
