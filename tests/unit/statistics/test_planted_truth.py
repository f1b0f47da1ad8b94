"""PROTOCOL 11: each statistic on data built so that a wrong implementation fails, from the tables to the verdict."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.elasticity import elasticity_row
from clm.statistics.elasticity import judge as judge_elasticity
from clm.statistics.gains import AXES, gain_row, judge
from clm.statistics.regression import slope_design
from clm.statistics.regret import chosen_regret, greedy_choice, uniform_choice
from clm.statistics.reliability import noise_ceiling
from clm.tables.panels import Panel, panels
from scipy import stats
from synthetic_study import grid_cells
from untrained import SENSITIVE, flat_twins

N_AXIS, REPEATS = AXES[0], 300
VERDICTS = ["improving", "saturated", "no relevant gain", "degraded", "undecided", "not testable here"]
SAMPLING = 2 * np.sqrt(0.05 * 0.95 / REPEATS)  # two standard errors of a share of 5 % over the repeats


def shares(gain, trunk_sd=0.02, noise=0.02, cells=None):
    """Return the share of each verdict over repeats of a study with a planted gain and trunk effects.

    Noise is that of three split seeds. Each repeat is a family of its own (its name stands in `split`).
    """
    cells = grid_cells() if cells is None else cells
    random, x = np.random.default_rng(7), np.log2(cells["parameters"].to_numpy())
    names, trunk = {"mode": "linear_probe", "features": "mean", "task": "t"}, cells["trunk"].to_numpy()
    rows, twins = [], flat_twins(cells)
    for i in range(REPEATS):
        effect = trunk_sd * random.normal(size=trunk.max() + 1)[trunk]
        errors = np.log1p(-gain) * (x - x.mean()) + effect + noise * random.normal(size=(3, len(cells))) - 1
        made = Panel(names | {"split": str(i)}, "rmse", cells, errors, {}, None, 0.125, 1.0, 0)
        rows.append(gain_row(made, N_AXIS, 4, twins))
    verdicts = pd.Series([row["verdict"] for row in judge(rows, 0.01, SENSITIVE)])
    return verdicts.value_counts(normalize=True).reindex(VERDICTS).fillna(0)


@pytest.mark.parametrize("percent", [-2, -1, -0.5, 0, 0.5, 1, 2])
def test_false_verdicts_on_planted_slopes_are_at_most_5_percent(percent):
    found = shares(percent / 100)
    if percent <= 1:
        assert found["improving"] <= 0.05 + SAMPLING
    if abs(percent) >= 1:
        assert found["saturated"] <= 0.05 + SAMPLING
    if percent >= 1:
        assert found["no relevant gain"] <= 0.05 + SAMPLING
    if percent >= 0:
        assert found["degraded"] <= 0.05 + SAMPLING


def test_signs_that_are_flipped_flip_the_verdict():
    assert shares(0.04)["improving"] > 0.8 and shares(-0.04)["degraded"] > 0.8
    assert shares(0.0, trunk_sd=0.005, noise=0.005)["saturated"] > 0.9


def test_few_trunks_are_not_testable_whatever_is_planted():
    cells = grid_cells()
    few = cells[(cells["subset"] == "32k") & (cells["budget"] == "1600k")].reset_index(drop=True)
    few["trunk"] = range(len(few))
    for gain in (0.0, 0.01, 0.02):
        assert shares(gain, cells=few)["not testable here"] == 1


def tables(metric, errors, cells, status="ok"):
    """Return transfer.csv and runs.csv of one task whose scores are oriented as its metric is."""
    keys = ["corpus", "size", "subset", "seed", "budget"]
    score = 1 - errors if metric == "auc" else -errors
    rows = cells[keys].assign(mode="linear_probe", task="t", split="random", features="mean", label="y", metric=metric)
    rows = rows.assign(error=errors, score=score, status=status, split_seed=0, n_test=100, n_train=800)
    runs = cells.assign(status="ok", loss=2 - 0.1 * np.log10(cells["flops"]))
    return pd.concat([rows, rows.assign(split_seed=1, error=errors * 1.01)]), runs


def judged(metric, errors, cells, status="ok"):
    transfer, runs = tables(metric, errors, cells, status)
    (panel,) = panels(transfer, runs.assign(checkpoint=range(len(runs))), pd.DataFrame())
    twins = flat_twins(cells, 2)
    rows = judge([gain_row(panel, axis, 4, twins) for axis in AXES], 0.01, SENSITIVE)
    (arrives,) = judge_elasticity([panel.names | {"corpus": "zinc"} | elasticity_row(panel, 4, twins)], 0.1, SENSITIVE)
    return panel, [row["verdict"] for row in rows], {name: arrives.get(name) for name in ("slope", "verdict")}


@pytest.mark.parametrize("gain", [-0.03, 0.0, 0.03])
def test_the_orientation_of_the_metric_changes_no_verdict(gain):
    """AUC is good when large, RMSE when small; both enter as errors, so equal errors give equal verdicts."""
    cells = grid_cells()
    x = np.log2(cells["parameters"].to_numpy())
    noise = 0.002 * np.random.default_rng(0).normal(size=len(cells))
    errors = 0.3 * np.exp(np.log1p(-gain) * (x - x.mean()) + noise)
    _, auc, auc_elasticity = judged("auc", errors, cells)
    _, rmse, rmse_elasticity = judged("rmse", errors, cells)
    assert auc == rmse and auc_elasticity == rmse_elasticity
    assert auc[0] == {-0.03: "degraded", 0.0: "saturated", 0.03: "improving"}[gain]


def test_an_area_of_one_half_and_no_spread_at_all():
    cells = grid_cells()
    half = np.full(len(cells), 0.5)
    panel, verdicts, told = judged("auc", half, cells, "no_signal")
    assert set(verdicts) == {told["verdict"]} == {"AUC not above one half"}
    assert noise_ceiling(panel.errors, None) == 0.0
    flat, verdicts, told = judged("auc", half, cells)
    assert set(verdicts) == {"saturated"} and told["verdict"] == "less than a tenth arrives"
    assert chosen_regret(flat.errors, uniform_choice(len(cells))) == pytest.approx(0, abs=1e-12)


def test_regret_is_exactly_zero_when_all_checkpoints_are_equal():
    errors = np.tile(np.random.default_rng(0).normal(size=(3, 1)), (1, 60))  # splits differ, checkpoints do not
    for choice in (uniform_choice(60), greedy_choice(np.arange(60.0), 1.0), greedy_choice(np.arange(60.0), -1.0)):
        assert chosen_regret(errors, choice) == pytest.approx(0, abs=1e-12)


def test_trunk_effects_are_no_elasticity():
    """Trunk SD without any effect of the loss: at most 7 % false positives, where a plain regression fails."""
    cells, random = grid_cells(), np.random.default_rng(1)
    log_loss, trunk = -0.1 * np.log(cells["flops"].to_numpy()), cells["trunk"].to_numpy()
    design = slope_design(log_loss, np.zeros(len(cells), dtype=int), trunk)
    y = random.normal(size=(4000, trunk.max() + 1))[:, trunk] + 0.3 * random.normal(size=(4000, len(cells)))
    errors = np.sqrt(np.sum(np.square(y @ design.scores.T), axis=1))
    p = 2 * stats.t.sf(np.abs(y @ design.weights) / errors, design.df)
    naive = [stats.linregress(log_loss, row).pvalue for row in y[:300]]
    assert np.mean(p < 0.05) <= 0.07 and np.mean(np.array(naive) < 0.05) > 0.2
