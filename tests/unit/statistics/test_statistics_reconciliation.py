"""Windows, read-out layers and equal loss on data with planted truth."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.hierarchical import TaskSlope
from clm.statistics.isoloss import DIFFERENCE, LAST, MIDDLE, isoloss_row, layer_rows, pooled_rows
from clm.statistics.net_gain import Twins
from clm.statistics.windows import WINDOWS, expectation, link, range_restricted, window_rows
from clm.tables.panels import Panel
from synthetic_study import SIZES, grid_cells


def cells_with(loss):
    cells = grid_cells()
    return cells.assign(loss=loss, checkpoint=range(len(cells)))


def made(cells, y, task="t", features="mean", noise=0.0, seed=0):
    errors = np.asarray(y) + noise * np.random.default_rng(seed).normal(size=(3, len(cells)))
    names = {"mode": "linear_probe", "split": "random", "features": features, "task": task}
    return Panel(names, "rmse", cells, errors, {}, None, 0.125, 1.0, 0)


def trained():
    """Cells whose loss falls with compute over a factor of 3."""
    flops = np.log(grid_cells()["flops"].to_numpy())
    return cells_with(np.exp(1.1 - 1.1 * (flops - flops.min()) / np.ptp(flops)))


def test_restriction_by_formula_and_by_cutting_a_large_sample():
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, size=200_000)
    y = x + 0.4 * random.normal(size=len(x))
    whole, cut = np.corrcoef(x, y)[0, 1], np.abs(x) < 0.3
    assert np.corrcoef(x[cut], y[cut])[0, 1] == pytest.approx(range_restricted(whole, x[cut].std() / x.std()), abs=0.02)
    assert range_restricted(0.8, 1.0) == pytest.approx(0.8)
    expected, low, high = expectation(0.95, 0.2, 9)  # the protocol: .95 over BERTology's range, MolEncoder's window
    assert 0.4 < expected < 0.65 and low < 0.1 < 0.8 < high


def test_a_narrow_window_hides_what_the_whole_range_shows():
    cells = trained()
    found = {}
    members = [made(cells, np.log(cells["loss"]) + 0.25 * np.random.default_rng(i).normal(size=len(cells)), f"t{i}")
               for i in range(6)]  # fmt: skip
    for row in window_rows(members, [f"t{i}" for i in range(6)], 200, 0, 4):
        if row["task"] == "(all)":
            found[row["paper"].split(" ")[0]] = row
    assert found["whole"]["estimate"] > 0.6 > found["MolEncoder"]["estimate"]
    assert found["MolEncoder"]["loss_ratio"] <= 1.5 and found["MolEncoder"]["verdict"] == "as the range explains"
    assert found["BERTology"]["verdict"] == "the whole range"


def test_another_law_inside_the_window_is_told():
    cells = trained()
    loss = cells["loss"].to_numpy()
    bent = np.where(loss < 1.5 * loss.min(), 3.0 - 2 * np.log(loss), np.log(loss))  # inside, low loss is worse
    rows = window_rows([made(cells, bent, f"t{i}") for i in range(2)], ["t0", "t1"], 200, 0, 4)
    told = next(row for row in rows if row["paper"].startswith("MolEncoder") and row["task"] == "(all)")
    assert told["estimate"] < -0.9 and told["verdict"] == "differs from what the range explains"


def test_budgets_only_ignores_what_differs_between_trunks():
    cells = trained()
    trunk_level = cells["trunk"].to_numpy() * 1.0
    within = made(cells, trunk_level - np.log(cells["loss"].to_numpy()))  # each trunk gets worse as its loss falls
    assert link(within, WINDOWS[2], 50, 0, 4).association.spearman == pytest.approx(-1)
    assert link(made(cells.iloc[:4], np.zeros(4)), WINDOWS[2], 50, 0, 4) is None


@pytest.mark.parametrize(
    ("last", "middle", "expected"),
    [
        (0.05, 0.0, "read-out specialization"),
        (0.05, 0.05, "both degrade"),
        (-0.05, -0.05, "last layer does not degrade"),
    ],
)
def test_layers_get_the_planted_verdict(last, middle, expected):
    cells = cells_with(1.0)
    x = np.log2(cells["tokens"].to_numpy())
    panels = {"mean": made(cells, last * x, noise=0.005)}
    # three layers each: layer0 is the embedding, layer1 the middle, "mean" the last
    panels |= {f"layer{i}": made(cells, y, features=f"layer{i}", noise=0.005, seed=9 + i)
               for i, y in enumerate([0 * x, middle * x, 9 * x])}  # fmt: skip
    rows = {row["contrast"]: row for row in layer_rows(panels, 4)}
    assert {row["verdict"] for row in rows.values()} == {expected}
    assert rows[MIDDLE]["estimate"] == pytest.approx(1 - np.exp(middle), abs=0.01)
    assert rows[DIFFERENCE]["estimate"] == pytest.approx(1 - np.exp(last - middle), abs=0.01)
    assert set(rows) == {LAST, MIDDLE, DIFFERENCE} and layer_rows({"mean": panels["mean"]}, 4) == []


@pytest.mark.parametrize(
    ("slope", "expected"), [(-0.1, "larger is better"), (0.1, "smaller is better"), (0.0, "no difference")]
)
def test_size_at_equal_loss_is_separated_from_the_loss(slope, expected):
    """Error falls with loss, and loss with size: only what size does beside the loss must be found."""
    cells = grid_cells()
    steps = np.round(np.log2(cells["flops"] / cells["flops"].min()))
    cells = cells_with(np.exp(1.2 - 0.11 * steps))
    y = 2 * np.log(cells["loss"]) + slope * np.log2(cells["parameters"])
    row = isoloss_row(made(cells, y.to_numpy(), noise=0.002), 0.01, 4, untrained(0.0))
    assert row["estimate"] == pytest.approx(1 - np.exp(slope), abs=0.01) and row["verdict"] == expected


def untrained(slope):
    """Encoders of each size whose log error has a slope per doubling of parameters."""
    random, smallest = np.random.default_rng(0), SIZES["60k"]
    levels = {size: slope * np.log2(n / smallest) for size, n in SIZES.items()}
    return Twins({s: pd.DataFrame(y + 1e-3 * random.normal(size=(3, 3))) for s, y in levels.items()}, {}, {})


def test_width_alone_is_no_gain_at_equal_loss():
    cells = grid_cells()
    steps = np.round(np.log2(cells["flops"] / cells["flops"].min()))
    cells = cells_with(np.exp(1.2 - 0.11 * steps))
    panel = made(cells, (2 * np.log(cells["loss"]) - 0.1 * np.log2(cells["parameters"])).to_numpy(), noise=0.002)
    row = isoloss_row(panel, 0.01, 4, untrained(-0.1))
    assert row["verdict"] == "no difference" and row["raw_estimate"] == pytest.approx(1 - np.exp(-0.1), abs=0.01)
    bare = isoloss_row(panel, 0.01, 4, None)
    assert bare["verdict"] == "not testable here" and "estimate" not in bare
    assert bare["raw_estimate"] == row["raw_estimate"]


def test_medians_over_tasks_need_enough_of_them():
    base = {"question": "isoloss", "contrast": "c", "n_cells": 9, "n_trunks": 5}
    scores = [dict(enumerate(0.002 * np.random.default_rng(i).choice((-1, 1), size=9))) for i in range(7)]
    rows = [base | {"task": f"t{i}", "estimate": 0.01 * i, "slope": TaskSlope(np.log1p(-0.01 * i), scores[i], 8.0)}
            for i in range(7)]  # fmt: skip
    (told,) = pooled_rows(rows, [f"t{i}" for i in range(7)], 200, 0)
    assert told["estimate"] == pytest.approx(0.03) and told["lower"] < 0.03 < told["upper"]
    assert pooled_rows(rows, ["t0", "t1"], 200, 0) == []
