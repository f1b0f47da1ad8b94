"""headline.csv from panels: planted gains, fall of the loss beside them, what is missing told."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.headline import headline_rows
from clm.statistics.net_gain import NetPanel, Twins
from clm.tables.panels import Panel
from planted_studies import correlated
from synthetic_study import SIZES, grid_cells

CELLS = grid_cells()
CELLS = CELLS.assign(loss=2 * (CELLS["tokens"] / 2e5) ** -0.1)
MARGINS = {"gain_margin": 0.01, "elasticity_margin": 0.1, "bootstrap": 200, "seed": 0}


def nets(slope, tasks=8, splits=("random", "scaffold"), mode="linear_probe", seed=0, between=0.002, along="tokens"):
    random, found = np.random.default_rng(seed), []
    trunk, x = CELLS["trunk"].to_numpy(), np.log2(CELLS[along].to_numpy(dtype=float))
    levels = correlated(random, tasks, trunk.max() + 1, 0.01, 0.2)
    for t in range(tasks):
        own = slope + between * random.normal()
        for split in splits:
            y = levels[t, trunk] + own * (x - x.mean()) + 0.003 * random.normal(size=(3, len(x))) - 0.3
            twins = {size: pd.DataFrame(0.004 * random.normal(size=(3, 3))) for size in SIZES}
            names = {"mode": mode, "split": split, "features": "mean", "task": f"t{t}"}
            errors = y - np.array([twins[size].to_numpy().mean() for size in CELLS["size"]])
            panel = Panel(names, "rmse", CELLS, errors, {}, None, 0.125, 1.0, 0)
            found.append(NetPanel(panel, Twins(twins, {}, {}), {}))
    return found


def table(made, sensitive=True, tasks=8):
    keys = {(net.panel.names["mode"], net.panel.names["split"]): sensitive for net in made}
    rows = headline_rows(made, keys, MARGINS | {"aggregate": [f"t{i}" for i in range(tasks)]})
    return pd.DataFrame(rows).set_index(["axis", "mode", "split"])


def test_a_planted_gain_along_tokens_is_the_headline():
    found = table(nets(-0.03))
    row = found.loc[("D", "linear_probe", "(all)")]
    assert row["gain"] == pytest.approx(1 - np.exp(-0.03), abs=0.003) and row["lower"] < row["gain"] < row["upper"]
    assert row["verdict"] == "improving" and row["n_tasks"] == 8 and row["n_trunks"] == 12
    assert row["loss_fall"] == pytest.approx(1 - 2**-0.1) and row["between_sd"] < 0.006
    assert found.loc[("elasticity", "linear_probe", "(all)"), "gain"] == pytest.approx(
        0.03 / (0.1 * np.log(2)), rel=0.1
    )
    assert found.loc[("elasticity", "linear_probe", "(all)"), "verdict"] == "arrives"
    assert found.loc[("N", "linear_probe", "(all)"), "verdict"] in ("saturated", "no relevant gain", "undecided")


def test_limited_improvement_is_the_median_along_compute():
    row = table(nets(-0.03, along="flops")).loc[("C", "linear_probe", "(all)")]
    assert row["verdict"] == "contradicted" and row["lower"] > 0.01
    row = table(nets(0.0)).loc[("C", "linear_probe", "(all)")]
    assert row["verdict"] == "supported" and row["lower"] < row["gain"] < row["upper"] < 0.01
    assert table(nets(0.0), sensitive=False).loc[("C", "linear_probe", "(all)"), "verdict"] == "not sensitive"


def test_without_untrained_encoders_gains_along_tokens_stand_and_those_along_parameters_do_not():
    bare = [NetPanel(net.panel, Twins({}, {}, {}), {}) for net in nets(-0.03)]
    found = table(bare)
    assert found.loc[("D", "linear_probe", "(all)"), "verdict"] == "improving"
    row = found.loc[("N", "linear_probe", "(all)")]
    assert row["verdict"] == "not testable here" and "3 untrained encoders" in row["reason"]


def test_a_flat_study_is_saturated_or_not_sensitive():
    made = nets(0.0)
    assert table(made).loc[("D", "linear_probe", "(all)"), "verdict"] == "saturated"
    assert table(made, sensitive=False).loc[("D", "linear_probe", "(all)"), "verdict"] == "not sensitive"
    keys = {("linear_probe", "random"): True, ("linear_probe", "scaffold"): False}
    rows = pd.DataFrame(headline_rows(made, keys, MARGINS | {"aggregate": [f"t{i}" for i in range(8)]}))
    verdicts = rows[rows["axis"] == "D"].set_index("split")["verdict"]
    assert verdicts.to_dict() == {"(all)": "not sensitive", "random": "saturated", "scaffold": "not sensitive"}


def test_modes_stand_side_by_side_and_few_tasks_need_more():
    found = table(nets(-0.03) + nets(-0.05, tasks=3, mode="fine_tuned"))
    assert found.loc[("D", "linear_probe", "random"), "verdict"] == "improving"
    row = found.loc[("D", "fine_tuned", "random")]
    assert row["verdict"] == "not testable here" and row["reason"] == "needs: 6 tasks, has 3"
