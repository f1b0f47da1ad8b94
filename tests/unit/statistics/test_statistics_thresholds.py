"""Where a task stops to gain, on errors with a planted bend."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.gains import AXES
from clm.statistics.net_gain import Twins
from clm.statistics.regression import slope_design
from clm.statistics.thresholds import onset_interval, starts, tail_slopes, threshold_row
from clm.tables.panels import Panel
from synthetic_study import SIZES, grid_cells

N_AXIS, D_AXIS, U_AXIS, _ = AXES
FLAT = Twins({size: pd.DataFrame(np.zeros((3, 3))) for size in SIZES}, {}, {})
SETTINGS = (0.01, 4, 200, 0, FLAT)


def made(cells, y, noise=0.002, seed=0, signal=1.0):
    random = np.random.default_rng(seed)
    trunk = cells["trunk"].to_numpy()
    effect = noise * random.normal(size=trunk.max() + 1)[trunk]
    errors = y + effect + noise * random.normal(size=(3, len(cells)))
    names = {"mode": "linear_probe", "split": "random", "features": "mean", "task": "t"}
    return Panel(names, "rmse", cells, errors, {}, None, 0.125, signal, 0)


def bent(cells, column, at, slope_before, slope_after=0.0):
    """Log error that changes its slope per doubling at one value of a column."""
    x = np.log2(cells[column].to_numpy() / at)
    return np.where(x < 0, slope_before, slope_after) * x


@pytest.mark.parametrize(
    ("axis", "column", "at", "name"),
    [(N_AXIS, "parameters", 2e5, "200k"), (D_AXIS, "tokens", 4e5, "400k"), (U_AXIS, "molecules", 8000, "8k")],
)
def test_a_bend_is_found_where_it_was_planted(axis, column, at, name):
    cells = grid_cells(seeds=2)  # two values of an axis then have at least 4 degrees of freedom
    row = threshold_row(made(cells, bent(cells, column, at, -0.2)), axis, *SETTINGS)
    assert (row["verdict"], row["start"], row["at"]) == ("no relevant gain", name, pytest.approx(at))
    assert row["onset_lower"] == row["onset_upper"] == name and abs(row["gain"]) < 0.01


def test_gains_to_the_end_losses_from_a_point_and_noise():
    cells = grid_cells(seeds=2)
    rising = threshold_row(made(cells, bent(cells, "parameters", 6e4, 0.0, -0.1)), N_AXIS, *SETTINGS)
    assert rising["verdict"] == "improving" and rising["onset_lower"] == "beyond"
    falling = threshold_row(made(cells, bent(cells, "parameters", 2e5, -0.2, 0.1)), N_AXIS, *SETTINGS)
    assert falling["verdict"] == "degraded" and falling["start"] == "200k"
    noisy = threshold_row(made(cells, np.zeros(len(cells)), noise=0.2, seed=1), N_AXIS, *SETTINGS)
    assert noisy["verdict"] == "undecided"
    assert (
        threshold_row(made(cells, np.zeros(len(cells)), signal=0.1), N_AXIS, *SETTINGS)["verdict"]
        == "not better than the mean"
    )
    few = cells[(cells["size"] != "60k") & (cells["seed"] == 0) & (cells["subset"] == "32k")].reset_index(drop=True)
    assert threshold_row(made(few, np.zeros(len(few))), N_AXIS, *SETTINGS)["verdict"] == "not testable here"


def test_width_alone_is_no_gain_and_raw_gains_stand_beside():
    """Untrained and trained encoders improve alike along parameters, as a linear read-out of more features does."""
    cells = grid_cells()
    wider = {size: -0.05 * np.log2(n / SIZES["60k"]) for size, n in SIZES.items()}
    random = np.random.default_rng(0)
    twins = {size: pd.DataFrame(level + 0.001 * random.normal(size=(3, 3))) for size, level in wider.items()}
    panel = made(cells, cells["size"].map(wider).to_numpy(dtype=float))
    row = threshold_row(panel, N_AXIS, *SETTINGS[:4], Twins(twins, {}, {}))
    assert row["verdict"] == "no relevant gain" and abs(row["gain"]) < 0.01
    assert row["raw_gain"] == pytest.approx(1 - np.exp(-0.05), abs=0.01)
    assert threshold_row(panel, N_AXIS, *SETTINGS)["verdict"] == "improving", "without the untrained term it is one"
    bare = threshold_row(panel, N_AXIS, *SETTINGS[:4], None)
    assert bare["verdict"] == "not testable here" and "untrained" in bare["reason"]
    assert threshold_row(panel, D_AXIS, *SETTINGS[:4], None)["verdict"] != "not testable here", "there they cancel"


def test_false_thresholds_are_rare():
    """With a gain of the margin everywhere, nothing saturates: at most 5 % (and two standard errors) are told to."""
    cells = grid_cells()
    y = bent(cells, "parameters", 6e4, 0.0, np.log1p(-0.01))
    rows = [threshold_row(made(cells, y, 0.01, seed), N_AXIS, 0.01, 4, 10, 0, FLAT) for seed in range(120)]
    assert np.mean([row["verdict"] == "no relevant gain" for row in rows]) <= 0.08
    assert np.mean([row["verdict"] == "degraded" for row in rows]) <= 0.05


def test_weighted_slopes_are_those_of_the_repeated_cells():
    cells, random = grid_cells(), np.random.default_rng(0)
    panel = made(cells, random.normal(size=len(cells)))
    weights = random.integers(0, 3, size=len(cells)).astype(float)
    again = np.repeat(np.arange(len(cells)), weights.astype(int))
    groups = cells.groupby(list(N_AXIS.fixed)).ngroup().to_numpy()
    design = slope_design(np.log2(cells["parameters"].to_numpy())[again], groups[again], np.arange(len(again)))
    assert tail_slopes(panel, N_AXIS, weights[None])[0] == pytest.approx(design.slope(panel.y[again])[0])
    assert np.isnan(tail_slopes(panel, N_AXIS, np.zeros((1, len(cells))))[0])
    assert [name for name, _ in starts(panel, D_AXIS)] == ["200k", "400k", "800k"]
    assert onset_interval(made(cells, np.zeros(len(cells))), N_AXIS, 0.01, 50, 0) == ("60k", "60k")
