"""Repeated-measures analysis of variance and Tukey's test, against other implementations."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.contrasts import Blocks, critical, repeated_measures, tukey, verdict
from clm.statistics.methods import contrast_rows
from clm.statistics.slopes import nadeau_bengio
from scipy import stats
from statsmodels.stats.anova import AnovaRM
from statsmodels.stats.multicomp import pairwise_tukeyhsd


def layout(blocks=6, methods=4, effect=0.0, block_sd=1.0, seed=0):
    random = np.random.default_rng(seed)
    return (
        block_sd * random.normal(size=(blocks, 1)) + effect * np.arange(methods) + random.normal(size=(blocks, methods))
    )


def test_analysis_of_variance_agrees_with_statsmodels():
    y = layout(effect=0.4)
    long = pd.DataFrame(y).stack().rename("y").rename_axis(["block", "method"]).reset_index()
    told = AnovaRM(long, "y", "block", ["method"]).fit().anova_table.iloc[0]
    found = repeated_measures(y)
    assert (found.f, found.p) == pytest.approx((told["F Value"], told["Pr > F"]))
    assert found.df == told["Den DF"]


def test_tukey_agrees_with_statsmodels_and_scipy():
    """One-way groups have another residual, but the same test once means, residual and freedom are given."""
    y = layout(8, 3, effect=0.7, block_sd=0.0, seed=3)
    rest = y - y.mean(axis=0)
    one_way = Blocks(y.mean(axis=0), float(np.sum(rest**2) / 21), 21, 8, np.nan, np.nan)
    told = pairwise_tukeyhsd(y.ravel(), np.tile(["a", "b", "c"], 8))
    scipy_p = stats.tukey_hsd(*y.T).pvalue
    for i, (first, second) in enumerate([(0, 1), (0, 2), (1, 2)]):
        found = tukey(one_way, second, first)
        assert found.estimate == pytest.approx(told.meandiffs[i])
        assert (found.lower, found.upper) == pytest.approx(tuple(told.confint[i]), abs=2e-3)
        assert found.p == pytest.approx(told.pvalues[i], abs=2e-3) == scipy_p[first, second]


def test_two_methods_are_a_paired_t_test():
    y = layout(7, 2, effect=0.8)
    found, told = tukey(repeated_measures(y), 0, 1), stats.ttest_rel(*y.T)
    low, high = told.confidence_interval(0.95)
    assert (found.p, found.lower, found.upper) == pytest.approx((told.pvalue, low, high), rel=1e-3)


def test_resampled_splits_have_the_variance_of_nadeau_and_bengio():
    y = layout(5, 2)
    reach = [(found.upper - found.lower) / 2 for found in (tukey(repeated_measures(y), 0, 1, r) for r in (0.0, 0.125))]
    ratio = nadeau_bengio(y[:, 0] - y[:, 1], 0.125) / nadeau_bengio(y[:, 0] - y[:, 1], 0.0)
    assert reach[1] / reach[0] == pytest.approx(np.sqrt(ratio))


def test_family_wise_error_is_at_most_5_percent():
    """Any of the ten differences beyond the critical one; two standard errors of the simulation are allowed."""
    wrong, repeats = 0, 2000
    for seed in range(repeats):
        found = repeated_measures(layout(8, 5, seed=seed))
        wrong += np.ptp(found.means) > critical(5, found.df) * np.sqrt(found.residual / found.count)
    assert abs(wrong / repeats - 0.05) <= 2 * np.sqrt(0.05 * 0.95 / repeats)


@pytest.mark.parametrize(
    ("shift", "noise", "expected"),
    [(-0.3, 0.01, "lower error"), (0.3, 0.01, "higher error"), (0.01, 0.005, "no relevant difference"),
     (-0.1, 0.5, "undecided")],
)  # fmt: skip
def test_verdicts_on_planted_differences(shift, noise, expected):
    random = np.random.default_rng(0)
    y = random.normal(size=(6, 1)) + noise * random.normal(size=(6, 2)) + np.array([shift, 0.0])
    table = pd.DataFrame(y, columns=["largest", "ecfp_forest"])
    (row,) = contrast_rows(table, 0.0, 0.05)
    assert row["verdict"] == expected == verdict(row["lower"], row["upper"], 0.05)
    assert contrast_rows(table[:2], 0.0, 0.05) == [] == contrast_rows(table[["ecfp_forest"]], 0.0, 0.05)


def test_no_variation_at_all():
    found = repeated_measures(np.zeros((3, 3)))
    assert np.isnan(found.f) and tukey(found, 0, 1).p == 1.0
