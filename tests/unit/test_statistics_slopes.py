"""Slopes, their variance with few clusters, and verdicts on gain, on data with planted truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from clm.statistics.gains import AXES, axis_design, gain_of, gain_row, judge
from clm.statistics.multiplicity import benjamini_hochberg, holm
from clm.statistics.panels import Panel
from clm.statistics.regression import slope_design
from clm.statistics.slopes import Slope, combined_slope, nadeau_bengio, satterthwaite
from clm.statistics.steps import add_review, review_row, step_rows
from scipy import stats
from statsmodels.stats.multitest import multipletests
from synthetic_study import BUDGETS, SIZES, SUBSETS

N_AXIS, D_AXIS, U_AXIS, C_AXIS = AXES


def grid_cells(seeds=1):
    """Checkpoints of a default grid: 4 sizes, 3 subsets, 4 budgets."""
    rows = [
        {"size": size, "subset": subset, "seed": seed, "budget": budget, "parameters": n, "molecules": u, "tokens": d}
        for size, n in SIZES.items()
        for subset, u in SUBSETS.items()
        for seed in range(seeds)
        for budget, d in BUDGETS.items()
    ]
    cells = pd.DataFrame(rows).assign(corpus="zinc", loss=1.0)
    cells["flops"] = 6 * cells["parameters"] * cells["tokens"]
    cells["trunk"] = cells.groupby(["size", "subset", "seed"], sort=False).ngroup()
    return cells


def panel(errors, cells, metric="rmse", signal=1.0, draws=None, repeats=None, task="t"):
    errors = np.atleast_2d(errors)
    repeats = repeats or {i: np.exp(errors[:, i]) for i in range(len(cells))}
    names = {"mode": "frozen", "split": "random", "features": "mean", "task": task}
    return Panel(names, metric, cells, errors, repeats, draws, 0.125, signal, 0)


def test_slope_and_variance_agree_with_statsmodels():
    random = np.random.default_rng(0)
    x, groups = random.normal(size=40), np.repeat(np.arange(5), 8)
    y = 0.3 * x + groups + random.normal(size=40) * (1 + np.abs(x))
    dummies = (groups[:, None] == np.arange(5)).astype(float)
    reference = sm.OLS(y, np.column_stack([x, dummies])).fit(cov_type="HC2")
    slope, variance = slope_design(x, groups, np.arange(40)).slope(y)
    assert slope == pytest.approx(reference.params[0])
    assert variance == pytest.approx(reference.bse[0] ** 2)  # CR2 with clusters of one is HC2


def test_freedom_of_two_equal_groups_is_that_of_the_pooled_t_test():
    design = slope_design(np.repeat([0.0, 1.0], 6), np.zeros(12, int), np.arange(12))
    assert design.freedom == pytest.approx(10)


def test_repeated_measures_add_no_freedom():
    """Every trunk measured four times without any difference: as if measured once."""
    x = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0], 4)
    y = np.repeat(np.random.default_rng(1).normal(size=5), 4)
    many = slope_design(x, np.zeros(20, int), np.repeat(np.arange(5), 4))
    once = slope_design(x[::4], np.zeros(5, int), np.arange(5))
    assert many.slope(y) == pytest.approx(once.slope(y[::4]))
    assert many.freedom == pytest.approx(once.freedom) and many.clusters == 5


def test_no_design_without_variation_and_clusters_that_say_nothing_do_not_count():
    assert slope_design(np.ones(6), np.zeros(6, int), np.arange(6)) is None
    assert slope_design(np.arange(4.0), np.zeros(4, int), np.zeros(4, int)) is None
    alone = slope_design(np.array([0.0, 1, 2, 3, 9]), np.array([0, 0, 0, 0, 1]), np.arange(5))
    assert alone.clusters == 4 and not alone.used[4]


def test_satterthwaite_and_nadeau_bengio_by_hand():
    assert satterthwaite([(1.0, 4.0), (3.0, 9.0)]) == pytest.approx((4.0, 16 / (1 / 4 + 9 / 9)))
    values = np.array([1.0, 2.0, 6.0])
    assert nadeau_bengio(values, 0.125) == pytest.approx((1 / 3 + 1 / 8) * 7.0)


def test_common_test_noise_cancels_and_own_noise_does_not():
    cells, random = grid_cells(), np.random.default_rng(2)
    design = axis_design(cells, N_AXIS)
    common = np.tile(random.normal(size=(300, 1)), (1, len(cells)))
    own = 0.1 * random.normal(size=(300, len(cells)))
    flat = np.zeros((1, len(cells)))
    assert combined_slope(design, flat, 0.1, common).error == pytest.approx(0, abs=1e-12)
    expected = 0.1 * np.sqrt(np.sum(design.weights**2))
    assert combined_slope(design, flat, 0.1, common + own).error == pytest.approx(expected, rel=0.15)
    assert not combined_slope(design, flat, 0.1, None).sampled


def test_holm_and_benjamini_hochberg_agree_with_statsmodels_and_skip_missing():
    p = np.random.default_rng(3).uniform(size=12) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    assert holm([0.01, np.nan, 0.04, 0.03]) == pytest.approx([0.03, np.nan, 0.06, 0.06], nan_ok=True)


def test_trunk_effects_are_no_scale_effect():
    """Trunk SD without any scale effect: at most 7 % false positives, where tests that ignore trunks fail."""
    cells, random = grid_cells(seeds=1), np.random.default_rng(4)
    design, runs = axis_design(cells, N_AXIS), 1000
    trunks = cells["trunk"].to_numpy()
    y = random.normal(size=(runs, trunks.max() + 1))[:, trunks] + 0.3 * random.normal(size=(runs, len(cells)))
    estimates = y @ design.weights
    errors = np.sqrt(np.sum(np.square(y @ design.scores.T), axis=1))
    p = 2 * stats.t.sf(np.abs(estimates) / errors, design.freedom)
    assert np.mean(p < 0.05) <= 0.07
    x = np.log2(cells["parameters"].to_numpy())
    spearman = [stats.spearmanr(x, row).pvalue for row in y[:300]]
    largest, smallest = (y[:300, (cells["size"] == size).to_numpy()] for size in ("1m", "60k"))
    welch = stats.ttest_ind(largest, smallest, axis=1, equal_var=False).pvalue
    assert np.mean(np.array(spearman) < 0.05) > 0.2 and np.mean(welch < 0.05) > 0.2


def verdicts(gain, sd, repeats, cells, seed, metric="rmse", trunk_sd=0.0):
    random = np.random.default_rng(seed)
    x = np.log2(cells["parameters"].to_numpy())
    rows = []
    for i in range(repeats):
        trunk = trunk_sd * random.normal(size=cells["trunk"].max() + 1)[cells["trunk"].to_numpy()]
        noise = sd * random.normal(size=(3, len(cells)))
        errors = np.log(0.4) + np.log(1 - gain) * x + trunk + noise
        row = gain_row(panel(errors - (np.log(1 - gain) * x).mean(), cells, metric), N_AXIS, 0.01, 4)
        rows.append(judge([row | {"task": f"t{i}"}], 0.01)[0])  # families of one
    return pd.Series([row["verdict"] for row in rows]).value_counts(normalize=True)


def test_planted_slopes_get_their_verdicts():
    cells = grid_cells()
    assert verdicts(0.0, 0.01, 100, cells, 0).get("saturated", 0) > 0.95
    assert verdicts(0.0, 0.01, 400, cells, 1).reindex(["improving", "degraded"]).sum() <= 0.05
    assert verdicts(0.005, 0.05, 200, cells, 2).get("improving", 0) <= 0.05
    at_margin = verdicts(0.01, 0.02, 400, cells, 3)
    assert at_margin.get("saturated", 0) <= 0.07 and at_margin.get("improving", 0) <= 0.05
    assert verdicts(0.02, 0.01, 100, cells, 4).get("improving", 0) > 0.9
    assert verdicts(-0.02, 0.01, 100, cells, 5).get("degraded", 0) > 0.95
    assert verdicts(0.02, 0.01, 50, cells, 4, metric="auc").equals(verdicts(0.02, 0.01, 50, cells, 4))


def test_few_trunks_leave_a_flat_task_undecided():
    cells = grid_cells()
    few = cells[(cells["subset"] == "32k") & (cells["budget"] == "1600k")].reset_index(drop=True)
    assert verdicts(0.0, 0.05, 100, few, 0).get("undecided", 0) > 0.85
    three = gain_row(panel(np.zeros(3), few.iloc[:3]), N_AXIS, 0.01, 4)
    assert judge([three], 0.01)[0]["verdict"] == "too_few"


def test_no_signal_and_no_variance_give_no_crash():
    cells = grid_cells()
    noise = np.full(len(cells), np.log(0.5))
    assert judge([gain_row(panel(noise, cells, "auc", signal=0.2), N_AXIS, 0.01, 4)], 0.01)[0]["verdict"] == "no_signal"
    flat = judge([gain_row(panel(noise, cells), N_AXIS, 0.01, 4)], 0.01)[0]
    assert flat["verdict"] == "saturated" and flat["p"] == 1.0
    assert Slope(0.0, 0.0, 5.0, True).interval() == (0.0, 0.0)


def test_holm_demotes_a_lucky_task_among_many():
    base = {"axis": "N", "mode": "m", "split": "s", "features": "mean", "signal": 1.0, "n_cells": 9, "left_out": 0}
    lucky = base | {"gain": 0.05, "lower": 0.011, "upper": 0.09, "p": 0.01, "p_equivalence": 0.99, "sampled": True}
    others = [lucky | {"p": 0.5, "lower": -0.1, "upper": 0.2} for _ in range(15)]
    assert judge([lucky], 0.01)[0]["verdict"] == "improving"
    row = judge([lucky, *others], 0.01)[0]
    assert row["verdict"] == "undecided" and row["p_holm"] == pytest.approx(0.16) and row["family_size"] == 16


def test_axes_recover_planted_gains():
    cells = grid_cells()
    x = {axis.name: np.log2(cells[axis.column].to_numpy()) for axis in AXES[:3]}
    y = -0.05 * x["N"] - 0.03 * x["D"] + 0.02 * x["U"]
    found = [gain_row(panel(y, cells), axis, 0.01, 4)["gain"] for axis in AXES[:3]]
    assert found == pytest.approx([gain_of(-0.05), gain_of(-0.03), gain_of(0.02)])
    both = gain_row(panel(-0.05 * np.log2(cells["flops"].to_numpy()), cells), C_AXIS, 0.01, 4)
    assert both["gain"] == pytest.approx(gain_of(-0.05))


def test_steps_pair_cells_and_average_budgets_first():
    cells = grid_cells()
    y = np.where(cells["size"] == "1m", -0.2, 0.0) + 0.01 * cells["trunk"].to_numpy() % 0.03
    last = step_rows(panel(y, cells), N_AXIS)[-1]
    doublings = np.log2(2)
    assert (last["from"], last["to"]) == ("500k", "1m")
    assert last["gain"] == pytest.approx(gain_of((-0.2 + np.mean(shift(y, cells))) / doublings), abs=0.02)
    assert len(step_rows(panel(y, cells), D_AXIS)) == 3 and len(step_rows(panel(y, cells), U_AXIS)) == 2


def shift(y, cells):
    ends = [y[(cells["size"] == size).to_numpy()] for size in ("500k", "1m")]
    return ends[1] - ends[0] + 0.2


def test_review_definition_by_hand():
    cells = grid_cells()
    cells = cells[(cells["subset"] == "32k") & (cells["budget"] == "1600k")].reset_index(drop=True)
    first, second = np.array([0.30, 0.32, 0.31]), np.array([0.40, 0.41, 0.42])
    repeats = {0: first, 1: first, 2: first, 3: second}
    errors = np.log([[0.31, 0.31, 0.31, 0.41]])
    auc = review_row(panel(errors, cells, "auc", repeats=repeats), N_AXIS)
    assert auc["review_change"] == pytest.approx((0.59 - 0.69) / 0.69 / 1.0)  # 500k to 1m is one doubling
    assert auc["review_p"] == pytest.approx(stats.ttest_ind(first, second, equal_var=False).pvalue)
    rmse = review_row(panel(errors, cells, "rmse", repeats=repeats), N_AXIS)
    assert rmse["review_change"] == pytest.approx((0.31 - 0.41) / 0.31)
    rows = judge([gain_row(panel(errors, cells, "auc", repeats=repeats), N_AXIS, 0.01, 4) | auc], 0.01)
    assert add_review(rows, 0.01)[0]["review_verdict"] == "degraded"
    once = {i: values[:1] for i, values in repeats.items()}
    single = review_row(panel(errors, cells, "rmse", repeats=once), N_AXIS)
    rows = judge([gain_row(panel(errors, cells, repeats=once), N_AXIS, 0.01, 4) | single], 0.01)
    assert add_review(rows, 0.01)[0]["review_verdict"] == "saturated"  # one value has no SD to drop below
