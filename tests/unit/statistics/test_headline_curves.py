"""Curves of the headline: planted ratios come back, the first point's noise stays its own, gaps do no harm."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.headline_curves import curve_rows, joined
from clm.statistics.net_gain import NetPanel, Twins
from clm.tables.panels import Panel
from synthetic_study import grid_cells

CELLS = grid_cells()
CELLS = CELLS.assign(loss=2 * (CELLS["tokens"] / CELLS["tokens"].min()) ** -0.2)
SETTINGS = {"aggregate": ["t0", "t1", "t2"], "bootstrap": 60, "seed": 0}


def net(task, y, cells=CELLS, split="scaffold", mode="linear_probe", draws=None):
    names = {"mode": mode, "split": split, "features": "mean", "task": task}
    panel = Panel(names, "rmse", cells, np.atleast_2d(y), {}, draws, 0.125, 1.0, 0)
    return NetPanel(panel, Twins({"some": pd.DataFrame([[0.0]])}, {}, {}), {})


def table(nets):
    return pd.DataFrame(curve_rows(nets, SETTINGS)).set_index(["axis", "series"]).sort_index()


def line(found, axis, series):
    return found.loc[(axis, series)].sort_values("x")


def test_planted_ratios_come_back_along_every_axis():
    y = -0.1 * np.log2(CELLS["tokens"] / CELLS["tokens"].min()) + 0.02 * np.log2(CELLS["parameters"])
    found = table([net(f"t{i}", y + i) for i in range(3)])
    tokens = line(found, "D", "median")
    np.testing.assert_allclose(tokens["value"], np.exp(-0.1 * np.log2(tokens["x"] / tokens["x"].iloc[0])), rtol=1e-9)
    sizes = line(found, "N", "median")
    np.testing.assert_allclose(sizes["value"], (sizes["x"] / sizes["x"].iloc[0]) ** (0.02 / np.log(2)), rtol=1e-9)
    np.testing.assert_allclose(line(found, "U", "median")["value"], 1, rtol=1e-9)
    loss = line(found, "D", "loss")
    np.testing.assert_allclose(loss["value"], (loss["x"] / loss["x"].iloc[0]) ** -0.2, rtol=1e-9)
    assert (tokens["n_tasks"] == 3).all() and len(found.loc[("D", "task")]) == 3 * len(tokens)


def test_levels_of_trunks_that_lack_some_cells_do_not_move_the_curve():
    random = np.random.default_rng(0)
    levels = random.normal(size=CELLS["trunk"].max() + 1)[CELLS["trunk"]]
    y = levels - 0.1 * np.log2(CELLS["tokens"] / CELLS["tokens"].min())
    kept = random.random(len(CELLS)) < 0.7
    cells = CELLS[kept].reset_index(drop=True)
    tokens = line(table([net("t0", y[kept].to_numpy(), cells)]), "D", "task")
    np.testing.assert_allclose(tokens["value"], np.exp(-0.1 * np.log2(tokens["x"] / tokens["x"].iloc[0])), rtol=1e-9)


def test_noise_of_the_first_point_does_not_move_the_others():
    base = np.zeros(len(CELLS))
    first = (CELLS["tokens"] < CELLS["tokens"].min() * 1.5).to_numpy()
    moved = line(table([net("t0", base + 0.3 * first)]), "D", "task")["value"].to_numpy()
    assert moved[0] > 1.05  # its noise is its own; relative to the point the others would lie at exp(-.3)
    assert np.abs(np.log(moved[1:])).max() < 0.3


def test_controls_do_not_count_in_the_median_and_splits_are_averaged():
    falls = -0.1 * np.log2(CELLS["tokens"] / CELLS["tokens"].min()).to_numpy()
    nets = [net(f"t{i}", 0 * falls) for i in range(3)] + [net("control_logp", falls)]
    found = table(nets)
    np.testing.assert_allclose(line(found, "D", "median")["value"], 1)
    assert line(found, "D", "control")["value"].iloc[-1] < 0.9
    both = table([net("t0", falls), net("t0", 0 * falls, split="random")])
    one = table([net("t0", falls / 2)])
    np.testing.assert_allclose(line(both, "D", "task")["value"], line(one, "D", "task")["value"])


def test_intervals_hold_what_trunks_do_and_are_empty_where_nothing_varies():
    random = np.random.default_rng(1)
    slopes = 0.1 * random.normal(size=CELLS["trunk"].max() + 1)[CELLS["trunk"]]
    x = np.log2(CELLS["tokens"] / CELLS["tokens"].min()).to_numpy()
    noisy, quiet = (line(table([net("t0", y)]), "D", "task").iloc[-1] for y in (slopes * x, 0 * x))
    assert noisy["upper"] - noisy["lower"] > 0.02 and quiet["upper"] == pytest.approx(quiet["lower"])


def test_values_that_share_no_group_with_the_others_are_left_out():
    names, groups = pd.Series(list("ababcdc")), pd.Series([0, 0, 1, 1, 2, 2, 3])
    assert joined(names, groups).tolist() == [True] * 4 + [False] * 3
