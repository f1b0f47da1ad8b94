"""Slopes and their variance with few clusters, on data with planted truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from clm.statistics.gains import AXES, axis_design
from clm.statistics.multiplicity import BENJAMINI_HOCHBERG, HOLM, adjusted, adjusted_in_families, holm_rows
from clm.statistics.regression import slope_design
from clm.statistics.slopes import combined_slope, nadeau_bengio, satterthwaite
from scipy import stats
from statsmodels.stats.multitest import multipletests
from synthetic_study import grid_cells

N_AXIS = AXES[0]


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
    assert design.df == pytest.approx(10)


def test_repeated_measures_add_no_freedom():
    """Every trunk measured four times without any difference: as if measured once."""
    x = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0], 4)
    y = np.repeat(np.random.default_rng(1).normal(size=5), 4)
    many = slope_design(x, np.zeros(20, int), np.repeat(np.arange(5), 4))
    once = slope_design(x[::4], np.zeros(5, int), np.arange(5))
    assert many.slope(y) == pytest.approx(once.slope(y[::4]))
    assert many.df == pytest.approx(once.df) and many.clusters == 5


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


def test_holm_and_benjamini_hochberg_follow_their_definitions_and_skip_missing():
    p = np.random.default_rng(3).uniform(size=12) ** 3
    order, count = np.argsort(p), len(p)
    steps = [p[i] * (count - rank) for rank, i in enumerate(order)]
    assert adjusted(p, HOLM)[order] == pytest.approx([min(1, max(steps[: k + 1])) for k in range(count)])
    steps = [p[i] * count / (rank + 1) for rank, i in enumerate(order)]
    assert adjusted(p, BENJAMINI_HOCHBERG)[order] == pytest.approx([min(1, *steps[k:], 1) for k in range(count)])
    assert adjusted([0.01, np.nan, 0.04, 0.03]) == pytest.approx([0.03, np.nan, 0.06, 0.06], nan_ok=True)
    assert np.isnan(adjusted([np.nan, np.nan])).all()


@pytest.mark.parametrize(("method", "theirs"), [(HOLM, "holm"), (BENJAMINI_HOCHBERG, "fdr_bh")])
def test_adjusted_values_agree_with_statsmodels(method, theirs):
    p = np.random.default_rng(4).uniform(size=(8, 7)) ** 3
    expected = [multipletests(row, method=theirs)[1] for row in p]
    np.testing.assert_allclose([adjusted(row, method) for row in p], expected)
    p[3, 2] = p[5] = np.nan
    np.testing.assert_allclose(holm_rows(p), [adjusted(row, HOLM) for row in p])


def test_each_family_is_corrected_alone():
    frame = pd.DataFrame({"axis": ["N", "D", "N", "D"], "mode": "m", "split": "s", "features": "mean"})
    p = pd.Series([0.01, 0.02, 0.04, np.nan])
    assert adjusted_in_families(frame, p, HOLM).tolist() == pytest.approx([0.02, 0.02, 0.04, np.nan], nan_ok=True)


def test_trunk_effects_are_no_scale_effect():
    """Trunk SD without any scale effect: at most 7 % false positives, where tests that ignore trunks fail."""
    cells, random = grid_cells(seeds=1), np.random.default_rng(4)
    design, runs = axis_design(cells, N_AXIS), 1000
    trunks = cells["trunk"].to_numpy()
    y = random.normal(size=(runs, trunks.max() + 1))[:, trunks] + 0.3 * random.normal(size=(runs, len(cells)))
    estimates = y @ design.weights
    errors = np.sqrt(np.sum(np.square(y @ design.scores.T), axis=1))
    p = 2 * stats.t.sf(np.abs(estimates) / errors, design.df)
    assert np.mean(p < 0.05) <= 0.07
    x = np.log2(cells["parameters"].to_numpy())
    spearman = [stats.spearmanr(x, row).pvalue for row in y[:300]]
    largest, smallest = (y[:300, (cells["size"] == size).to_numpy()] for size in ("1m", "60k"))
    welch = stats.ttest_ind(largest, smallest, axis=1, equal_var=False).pvalue
    assert np.mean(np.array(spearman) < 0.05) > 0.2 and np.mean(welch < 0.05) > 0.2
