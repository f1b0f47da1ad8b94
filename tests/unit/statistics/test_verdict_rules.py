"""Verdicts: which words an interval and corrected p values allow, and which they do not."""

import numpy as np
import pytest
from clm.statistics.estimates import Estimate, Part, combine, satterthwaite
from clm.statistics.gains import AXES, axis_design
from clm.statistics.hierarchical import task_slope
from clm.statistics.medians import median_interval
from clm.statistics.verdicts import (
    elasticity_verdict,
    judge_elasticities,
    judge_gains,
    judge_limited,
)
from planted_studies import REPLICATES, allowed, task_errors
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind
from synthetic_study import grid_cells


def estimate(gain, error, df=20.0):
    """A slope of log error whose relative gain per doubling is `gain`."""
    part = Part(error**2, df)
    return Estimate(float(np.log1p(-gain)), part, part)


def verdict(gain, error, df=20.0, sensitive=True):
    return judge_gains([estimate(gain, error, df)], 0.01, sensitive)[0].verdict


def test_a_wide_interval_around_zero_is_no_relevant_gain_and_not_saturated():
    assert verdict(0.0, 0.0045) == "saturated"
    lopsided = judge_gains([estimate(-0.004, 0.0055)], 0.01, True)[0]
    assert lopsided.verdict == "no relevant gain"  # losses of 1 % are not ruled out, gains are
    assert lopsided.p_one_sided < 0.05 < lopsided.p_equivalence
    assert verdict(-0.08, 0.05) == "undecided"  # an estimate of -8 % is neither
    assert verdict(-0.08, 0.02) == "degraded"
    assert verdict(0.0, 0.0065) == "undecided" and verdict(0.04, 0.01) == "improving"


def test_saturation_is_the_two_one_sided_tests_at_the_90_percent_interval():
    for value in np.linspace(-0.02, 0.02, 41):
        made = Estimate(value, Part(0.004**2, 9.0), Part(0.004**2, 9.0))
        low, high = made.interval(0.9)
        inside = np.log(0.99) < low and high < np.log(1.01)
        assert inside == (made.p_equivalent(np.log(0.99), np.log(1.01)) < 0.05)


def test_equivalence_agrees_with_statsmodels():
    random = np.random.default_rng(0)
    a, b = random.normal(size=12), random.normal(size=15)
    pooled = (np.var(a, ddof=1) * 11 + np.var(b, ddof=1) * 14) / 25 * (1 / 12 + 1 / 15)
    part = Part(pooled, 25.0)
    ours = Estimate(a.mean() - b.mean(), part, part).p_equivalent(-1.0, 1.5)
    assert ours == pytest.approx(ttost_ind(a, b, -1.0, 1.5)[0])


def test_one_influential_cell_decides_nothing():
    """A variance of 1.3 degrees of freedom: whatever the numbers, what is missing is told."""
    for gain in (-0.3, 0.0, 0.3):
        judged = judge_gains([estimate(gain, 1e-4, df=1.3)], 0.01, True)[0]
        assert judged.verdict == "not testable here" and "has 1.3" in judged.reason
    assert judge_elasticities([estimate(0.3, 1e-4, df=3.9)], 0.1, True)[0].verdict == "not testable here"
    assert judge_gains([None], 0.01, True)[0].reason.startswith("needs:")


def test_adding_a_variance_never_narrows_an_interval():
    """Satterthwaite's degrees of freedom grow with a second source; alone it would narrow this interval."""
    trunks = Part(1.0, 1.5)
    total = combine(0.0, trunks, (Part(0.5, 500.0),))
    plain = stats.t.ppf(0.975, total.total.df) * np.sqrt(total.total.variance)
    assert plain < total.reach() == pytest.approx(stats.t.ppf(0.975, 1.5))
    assert satterthwaite((Part(1.0, 4.0), Part(1.0, 4.0))).df == pytest.approx(8.0)
    assert combine(0.0, Part(0.0, 5.0)).interval() == (0.0, 0.0) and combine(0.0, Part(0.0, 5.0)).p_zero() == 1.0


def test_holm_is_made_for_differences_and_equivalences_apart():
    many = [estimate(0.0, 0.0046)] * 15
    assert verdict(0.0, 0.0046) == "saturated"
    assert {judged.verdict for judged in judge_gains(many, 0.01, True)} == {"undecided"}
    judged = judge_gains([estimate(0.05, 0.005), *many], 0.01, True)[0]
    plain = estimate(0.05, 0.005).p_zero()
    assert judged.verdict == "improving" and judged.p_difference == pytest.approx(16 * plain)
    barred = judge_gains([estimate(0.0, 0.0045), *many], 0.01, True, [None, *["AUC not above one half"] * 15])
    assert barred[0].verdict == "saturated" and barred[1].verdict == "AUC not above one half"


def test_a_study_that_cannot_see_says_so_in_place_of_little():
    assert verdict(0.0, 0.0045, sensitive=False) == "not sensitive"
    assert verdict(-0.004, 0.0055, sensitive=False) == "not sensitive"
    assert verdict(0.04, 0.01, sensitive=False) == "improving"
    little = Estimate(0.0, Part(0.02**2, 20.0), Part(0.02**2, 20.0))
    assert judge_elasticities([little], 0.1, False)[0].verdict == "not sensitive"
    assert judge_elasticities([little], 0.1, True)[0].verdict == "less than a tenth arrives"
    assert judge_limited(0.0, -0.005, 0.005, 0.01, sensitive=False)[0] == "not sensitive"


def test_elasticity_needs_its_lower_bound_above_a_tenth():
    assert elasticity_verdict(0.05, 0.6, 0.001, 0.1)[0] == "undecided"  # above 0 was enough before
    assert elasticity_verdict(0.15, 0.6, 0.001, 0.1)[0] == "arrives"
    assert elasticity_verdict(0.15, 0.6, 0.2, 0.1)[0] == "undecided"
    assert elasticity_verdict(-0.2, 0.09, 0.5, 0.1)[0] == "less than a tenth arrives"


def test_limited_improvement_is_contradicted_by_its_lower_bound_alone():
    assert judge_limited(0.014, 0.003, 0.023, 0.01, True)[0] == "undecided"  # was "contradicted"
    assert judge_limited(0.020, 0.011, 0.030, 0.01, True)[0] == "contradicted"
    assert judge_limited(0.004, -0.001, 0.009, 0.01, True)[0] == "supported"


@pytest.mark.parametrize("between", [0.0, 0.01])
def test_interval_of_a_median_holds_what_tasks_share_through_their_trunks(between):
    """Tasks resampled as if independent miss it: coverage falls."""
    cells, random, honest, naive = grid_cells(), np.random.default_rng(1), [], []
    design, trunks = axis_design(cells, AXES[0]), cells["trunk"].to_numpy()
    for i in range(REPLICATES):
        errors = task_errors(random, cells, "parameters", -0.01, between, rho=0.5)
        slopes = [task_slope(design, y, trunks) for y in errors]
        _, low, high = median_interval(slopes, 200, i)
        honest.append(low <= -0.01 <= high)
        values = np.array([s.value for s in slopes])
        drawn = np.median(values[random.integers(12, size=(200, 12))], axis=1)
        naive.append(np.quantile(drawn, 0.025) <= -0.01 <= np.quantile(drawn, 0.975))
    assert 0.93 - allowed(0.07) <= np.mean(honest) <= 0.995
    assert between or np.mean(naive) < 0.85
