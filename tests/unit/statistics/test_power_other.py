"""Power of correlations and of sensitivity, against the functions that judge them."""

import numpy as np
import pandas as pd
from clm.statistics.components import Components
from clm.statistics.correlation import associate, fisher_mean, two_sided_p
from clm.statistics.intervals import percentile_interval
from clm.statistics.net_gain import NetPanel, Twins
from clm.statistics.power_other import correlation_bound, correlation_effect, sensitivity_effect
from clm.statistics.ranking import Ranking, Settings
from clm.statistics.replicates import Plan
from clm.statistics.sensitivity import assess, control_gain
from clm.statistics.within import within_scope
from clm.tables.panels import Panel
from planted_studies import REPLICATES, correlated
from synthetic_study import SIZES, grid_cells
from test_power import decided

CELLS = grid_cells()
TRUE = Components(0.015, 0.004, 0.008, 0.2, 0.01, 0.005, {}, 0.125)
PLANNED = max(1000, 2 * REPLICATES)


def test_a_named_gain_of_the_control_shows_a_study_sensitive_in_80_percent():
    effect = sensitivity_effect(Plan(CELLS, 6, 3), TRUE, PLANNED, 0)
    random, sensitive = np.random.default_rng(1), []
    trunk, tokens = CELLS["trunk"].to_numpy(), np.log2(CELLS["tokens"].to_numpy())
    for _ in range(REPLICATES):
        level, drift = (sd * random.normal(size=trunk.max() + 1)[trunk] for sd in (TRUE.level, TRUE.drift))
        y = level + drift * (tokens - tokens.mean()) + TRUE.cell * random.normal(size=len(trunk)) - effect
        y = y + np.sqrt(TRUE.test_ratio) * TRUE.seed * random.normal(size=len(trunk))
        errors = y + TRUE.seed * random.normal(size=(3, len(trunk)))
        twins = {s: pd.DataFrame(np.tile(TRUE.untrained * random.normal(size=(3, 1)), (1, 3))) for s in SIZES}
        errors = errors - np.array([twins[size].to_numpy().mean() for size in CELLS["size"]])
        panel = Panel({}, "rmse", CELLS, errors, {}, None, TRUE.test_ratio, 1.0, 0)
        gain = control_gain(NetPanel(panel, Twins(twins, {}, {}), {}))
        sensitive.append(assess({"c": gain}, "c").sensitive)
    assert decided(np.mean(sensitive))


def test_a_named_correlation_is_found_in_80_percent():
    trunks, tasks, common = 12, 6, 0.2
    effect = correlation_effect(trunks, tasks, common, PLANNED // 2, 0)
    cells = pd.DataFrame({"size": "a", "budget": "b", "trunk": range(trunks)})
    cells["checkpoint"] = cells["trunk"]
    random, found = np.random.default_rng(2), []
    for i in range(REPLICATES):
        x = random.normal(size=trunks)
        rest = correlated(random, tasks, trunks, 1.0, common)
        draw = Ranking(Settings(199, i, 4, 0.3, ())).resamples
        links = [within_scope(x, effect * x + np.sqrt(1 - effect**2) * e, cells, "everything", draw) for e in rest]
        rho = float(fisher_mean(np.array([link.spearman for link in links])))
        found.append(two_sided_p(rho, fisher_mean(np.array([link.null for link in links]))) < 0.05)
    assert decided(np.mean(found))


def test_a_correlation_of_zero_lies_below_the_named_bound_in_80_percent():
    trunks, tasks, common = 14, 6, 0.2
    bound = correlation_bound(trunks, tasks, common, PLANNED // 2, 0)
    cells = pd.DataFrame({"size": "a", "budget": "b", "trunk": range(trunks)})
    cells["checkpoint"] = cells["trunk"]
    random, held = np.random.default_rng(3), []
    for i in range(REPLICATES):
        x, draw = random.normal(size=trunks), Ranking(Settings(199, i, 4, 0.3, ())).resamples
        scores = correlated(random, tasks, trunks, 1.0, common)
        links = [within_scope(x, y, cells, "everything", draw) for y in scores]
        low, high = percentile_interval(fisher_mean(np.array([link.boot for link in links])))
        held.append(max(-low, high) < bound)
    assert decided(np.mean(held))


def test_a_named_correlation_given_the_loss_is_found_in_80_percent():
    """The loss drives predictor and scores alike; what the predictor adds to it is found as often as the plan says."""
    trunks, tasks, common = 13, 6, 0.2
    effect = correlation_effect(trunks - 1, tasks, common, PLANNED // 2, 0)
    cells = pd.DataFrame({"size": "a", "budget": "b", "trunk": range(trunks), "checkpoint": range(trunks)})
    random, found, same = np.random.default_rng(4), [], np.zeros(trunks, dtype=int)
    for i in range(REPLICATES):
        loss, own = random.normal(size=(2, trunks))
        rest = correlated(random, tasks, trunks, 1.0, common)
        scores = 0.8 * loss + effect * own + np.sqrt(1 - effect**2) * rest
        drawn = Ranking(Settings(199, i, 4, 0.3, ())).resamples(cells, same)
        links = [associate(0.6 * loss + own, y, (loss,), same, drawn) for y in scores]
        rho = float(fisher_mean(np.array([link.partial for link in links])))
        found.append(two_sided_p(rho, fisher_mean(np.array([link.partial_null for link in links]))) < 0.05)
    assert decided(np.mean(found))


def test_few_trunks_need_more():
    assert correlation_effect(8, 6, 0.2, 10, 0) == "10 trunks instead of 8"
    few = CELLS[CELLS["trunk"] < 3]
    assert sensitivity_effect(Plan(few, 6, 3), TRUE, 10, 0) == "5 trunks with the largest budget instead of 3"
