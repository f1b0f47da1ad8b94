"""Where a task stops to gain, on errors with a planted bend."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from clm.statistics.gains import AXES, gain_row, judge
from clm.statistics.net_gain import Twins
from clm.statistics.onsets import onset_interval, starts, tail_slopes
from clm.statistics.regression import slope_design
from clm.statistics.thresholds import judge_tails, task_tails, threshold_row
from clm.statistics.verdicts import Judged
from clm.tables.panels import Panel
from synthetic_study import SIZES, grid_cells

N_AXIS, D_AXIS, U_AXIS, _ = AXES
FLAT = Twins({size: pd.DataFrame(np.zeros((3, 3))) for size in SIZES}, {}, {})
SETTINGS = (0.01, 4, 200, 0, FLAT)
PLACE = ("linear_probe", "random")


def made(cells, y, noise=0.002, seed=0, signal=1.0):
    random = np.random.default_rng(seed)
    trunk = cells["trunk"].to_numpy()
    effect = noise * random.normal(size=trunk.max() + 1)[trunk]
    errors = y + effect + noise * random.normal(size=(3, len(cells)))
    names = {"mode": "linear_probe", "split": "random", "features": "mean", "task": "t"}
    return Panel(names, "rmse", cells, errors, {}, None, 0.125, signal, 0)


def thresholds(panels, axis, margin, min_trunks, draws, seed, twins, sensitive=True):
    """Rows of tasks that are judged together; the whole axis has the verdict of saturation.csv."""
    rows = judge([gain_row(panel, axis, min_trunks, twins) for panel in panels], margin, {PLACE: sensitive})
    whole = {row["task"]: Judged(row["verdict"], row["reason"]) for row in rows}
    tasks = [task_tails(panel, axis, min_trunks, twins) for panel in panels]
    judged = judge_tails(tasks, margin, sensitive, whole)
    return [threshold_row(*pair, axis, margin, draws, seed) for pair in zip(tasks, judged, strict=True)], whole


def threshold(panel, axis, *settings, **told):
    return thresholds([panel], axis, *settings, **told)[0][0]


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
    row = threshold(made(cells, bent(cells, column, at, -0.2)), axis, *SETTINGS)
    assert (row["verdict"], row["start"], row["at"]) == ("saturated", name, pytest.approx(at))
    assert row["onset_lower"] == row["onset_upper"] == name and abs(row["gain"]) < 0.01


def test_gains_to_the_end_losses_from_a_point_and_noise():
    cells = grid_cells(seeds=2)
    rising = threshold(made(cells, bent(cells, "parameters", 6e4, 0.0, -0.1)), N_AXIS, *SETTINGS)
    assert rising["verdict"] == "improving" and rising["onset_lower"] == "beyond"
    falling = threshold(made(cells, bent(cells, "parameters", 2e5, -0.2, 0.1)), N_AXIS, *SETTINGS)
    assert falling["verdict"] == "degraded" and falling["start"] == "200k"
    noisy = threshold(made(cells, np.zeros(len(cells)), noise=0.2, seed=1), N_AXIS, *SETTINGS)
    assert noisy["verdict"] == "undecided"
    assert (
        threshold(made(cells, np.zeros(len(cells)), signal=0.1), N_AXIS, *SETTINGS)["verdict"]
        == "not better than the mean"
    )
    few = cells[(cells["size"] != "60k") & (cells["seed"] == 0) & (cells["subset"] == "32k")].reset_index(drop=True)
    assert threshold(made(few, np.zeros(len(few))), N_AXIS, *SETTINGS)["verdict"] == "not testable here"


@pytest.mark.parametrize("slope", [0.0, 0.05, -0.05])
def test_the_whole_axis_has_one_verdict(slope):
    """Where a threshold is the beginning of the axis, thresholds.csv says of the task what saturation.csv says."""
    cells = grid_cells(seeds=2)
    panel = made(cells, bent(cells, "parameters", 6e4, 0.0, slope))
    (row,), whole = thresholds([panel], N_AXIS, *SETTINGS)
    assert row["start"] == "60k" or slope < 0
    assert row["verdict"] == whole["t"].verdict == {0.0: "saturated", 0.05: "degraded", -0.05: "improving"}[slope]


def test_little_is_not_told_by_a_study_that_cannot_see():
    cells = grid_cells(seeds=2)
    blind = {"sensitive": False}
    flat = threshold(made(cells, bent(cells, "parameters", 2e5, -0.2)), N_AXIS, *SETTINGS, **blind)
    assert (flat["verdict"], flat["start"]) == ("not sensitive", "200k")
    worse = threshold(made(cells, bent(cells, "parameters", 2e5, -0.2, 0.1)), N_AXIS, *SETTINGS, **blind)
    assert (worse["verdict"], worse["start"]) == ("degraded", "200k"), "a rise is seen by any study"


def test_tails_of_all_tasks_are_one_family():
    """One task alone is degraded late; among thirty without an effect its p value is multiplied, and it is not."""
    cells, others = grid_cells(seeds=2), []
    late = made(cells, bent(cells, "parameters", 2e5, -0.2, 0.0132), noise=0.02)
    assert threshold(late, N_AXIS, *SETTINGS)["verdict"] == "degraded"
    for number in range(30):
        panel = made(cells, np.zeros(len(cells)), 0.05, number + 1)
        others.append(replace(panel, names=panel.names | {"task": f"t{number}"}))
    assert thresholds([late, *others], N_AXIS, *SETTINGS)[0][0]["verdict"] != "degraded"


def test_width_alone_is_no_gain_and_raw_gains_stand_beside():
    """Untrained and trained encoders improve alike along parameters, as a linear read-out of more features does."""
    cells = grid_cells()
    wider = {size: -0.05 * np.log2(n / SIZES["60k"]) for size, n in SIZES.items()}
    random = np.random.default_rng(0)
    twins = {size: pd.DataFrame(level + 0.001 * random.normal(size=(3, 3))) for size, level in wider.items()}
    panel = made(cells, cells["size"].map(wider).to_numpy(dtype=float))
    row = threshold(panel, N_AXIS, *SETTINGS[:4], Twins(twins, {}, {}))
    assert row["verdict"] == "saturated" and abs(row["gain"]) < 0.01
    assert row["raw_gain"] == pytest.approx(1 - np.exp(-0.05), abs=0.01)
    assert threshold(panel, N_AXIS, *SETTINGS)["verdict"] == "improving", "without the untrained term it is one"
    bare = threshold(panel, N_AXIS, *SETTINGS[:4], None)
    assert bare["verdict"] == "not testable here" and "untrained" in bare["reason"]
    assert threshold(panel, D_AXIS, *SETTINGS[:4], None)["verdict"] != "not testable here", "there they cancel"


def test_false_thresholds_are_rare():
    """With a gain of the margin everywhere, nothing saturates: at most 5 % (and two standard errors) are told to."""
    cells = grid_cells()
    y = bent(cells, "parameters", 6e4, 0.0, np.log1p(-0.01))
    rows = [threshold(made(cells, y, 0.01, seed), N_AXIS, 0.01, 4, 10, 0, FLAT) for seed in range(120)]
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
