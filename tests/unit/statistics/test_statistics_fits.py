"""Scaling fits on losses from known laws."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.fits.curves import envelope, identified, levels
from clm.statistics.fits.intervals import profile_interval
from clm.statistics.fits.laws import Additive, centred, fit_form
from clm.statistics.fits.scaling import fit_rows


def runs(sizes=8, budgets=5, seeds=1, noise=0.0, floor=1.0, a=0.35, b=0.3, seed=0, epochs=0.5):
    random = np.random.default_rng(seed)
    rows = []
    for i, n in enumerate(np.geomspace(1e4, 1e4 * 4 ** (sizes - 1), sizes)):
        for trunk in range(seeds):
            for j, d in enumerate(np.geomspace(1e5, 1e5 * 4 ** (budgets - 1), budgets)):
                loss = floor + 60 * n**-a + 40 * d**-b
                loss *= np.exp(noise * random.normal())
                names = {"corpus": "zinc", "size": f"s{i}", "subset": "big", "seed": trunk, "budget": f"b{j}"}
                told = {"parameters": n, "tokens": d, "molecules": 1e5, "flops": 6 * n * d, "epochs": epochs}
                rows.append(names | told | {"loss": loss, "trunk": i * seeds + trunk})
    return pd.DataFrame(rows)


def fit_additive(x, loss):
    """Return the parameters of E + sum A / x^a by name, and those on centred inputs."""
    z, centre = centred(x)
    best = fit_form(Additive(z), np.log(loss))
    return dict(zip(Additive(z).names, Additive(z).natural(best, centre), strict=True)), best


def table(rows):
    return pd.DataFrame(rows).set_index(["axis", "form", "parameter"]).sort_index()


def test_derivatives_agree_with_differences():
    z, theta = np.random.default_rng(0).normal(size=(7, 2)), np.array([0.1, -0.5, 0.3, 0.4, 0.2])
    value, slopes = Additive(z)(theta)
    for i in range(5):
        moved = theta + 1e-6 * (np.arange(5) == i)
        assert (Additive(z)(moved)[0] - value) / 1e-6 == pytest.approx(slopes[:, i], abs=1e-5)


def test_a_known_law_is_recovered_and_units_of_loss_change_no_exponent():
    cells = runs()
    x, loss = cells[["parameters", "tokens"]].to_numpy(), cells["loss"].to_numpy()
    law, _ = fit_additive(x, loss)
    assert law["E"] == pytest.approx(1.0, rel=1e-3)
    assert (law["a"], law["b"]) == pytest.approx((0.35, 0.3), rel=1e-3)
    assert (law["A"], law["B"]) == pytest.approx((60, 40), rel=1e-2)
    large, _ = fit_additive(x, 1000 * loss)
    assert (large["a"], large["b"]) == pytest.approx((law["a"], law["b"]), rel=1e-3)
    assert large["E"] == pytest.approx(1000, rel=1e-3)


def test_outliers_do_not_move_the_fit():
    x = np.geomspace(1e4, 1e8, 12)[:, None]
    loss = 1 + 60 * x[:, 0] ** -0.35
    loss[3] *= 1.5
    assert fit_additive(x, loss)[0]["a"] == pytest.approx(0.35, rel=0.02)


def test_profile_interval_covers_the_truth():
    covered = []
    for seed in range(12):
        random = np.random.default_rng(seed)
        x = np.geomspace(1e4, 1e8, 12)[:, None]
        loss = (1 + 60 * x[:, 0] ** -0.35) * np.exp(0.01 * random.normal(size=12))
        low, high = profile_interval(2, fit_additive(x, loss)[1], Additive(centred(x)[0]), np.log(loss), 12)
        covered.append(low <= 0.35 <= high)
    assert np.mean(covered) >= 0.75


def test_fits_of_a_study_with_enough_values():
    found = table(fit_rows(runs(noise=0.002), draws=50, seed=0, min_trunks=4))
    for axis, form in (("ND", "additive"), ("N", "power_floor")):
        assert found.loc[(axis, form), "status"].eq("ok").all()
    additive = found.loc[("ND", "additive")]
    assert additive.loc["a", "estimate"] == pytest.approx(0.35, rel=0.15)
    assert additive.loc["a", "lower"] < 0.35 < additive.loc["a", "upper"]
    power = found.loc[("ND", "power")]
    assert additive["holdout_error"].iloc[0] < power["holdout_error"].iloc[0]
    assert "the floor predicts" in power["note"].iloc[0]


def test_many_trunks_are_resampled():
    found = table(fit_rows(runs(noise=0.002, seeds=3, budgets=2), draws=30, seed=0, min_trunks=4))
    floor = found.loc[("N", "power_floor")]
    assert floor["note"].str.contains("bootstrap over trunks").all()
    assert floor.loc["a", "lower"] < 0.35 < floor.loc["a", "upper"] < 0.5


def test_a_pure_power_law_prefers_no_floor():
    cells = runs(budgets=1)  # one fit, of N
    cells["loss"] = 50 * cells["parameters"] ** -0.1 * np.exp(0.01 * np.random.default_rng(0).normal(size=len(cells)))
    found = table(fit_rows(cells, draws=50, seed=0, min_trunks=4))
    assert found.loc[("N", "power", "a"), "estimate"] == pytest.approx(0.1, abs=0.01)
    assert found.loc[("N", "power", "a"), "lower"] < 0.1 < found.loc[("N", "power", "a"), "upper"]
    assert found.loc[("N", "power_floor"), "estimate"].loc["E"] < 0.5 * cells["loss"].min()


def test_four_points_identify_no_floor():
    found = table(fit_rows(runs(sizes=4, budgets=4), draws=50, seed=0, min_trunks=4))
    assert found.loc[("N", "power_floor"), "status"].tolist() == ["not_identified"]
    assert "E not identified" in found.loc[("N", "power_floor"), "note"].iloc[0]
    assert found.loc[("N", "power", "a"), "status"] == "ok"


def test_repeated_data_is_left_out_of_the_joint_fit():
    cells = runs(budgets=6)
    cells["epochs"] = np.where(cells["budget"] == "b5", 3.0, 0.5)
    cells.loc[cells["budget"] == "b5", "loss"] *= 3  # would ruin the fit
    found = table(fit_rows(cells, draws=50, seed=0, min_trunks=4))
    assert found.loc[("ND", "additive", "a"), "estimate"] == pytest.approx(0.35, rel=0.01)
    assert found.loc[("ND", "additive", "a"), "n"] == 40


def test_without_a_cell_of_one_epoch_there_is_no_joint_fit():
    statuses = []
    for epochs in (0.5, 3.0):
        found = table(fit_rows(runs(4, 4, epochs=epochs), draws=50, seed=0, min_trunks=4))
        statuses.append(set(found.loc[("ND", "power"), "status"]))
    assert statuses == [{"ok"}, {"too_few"}]


def test_trunk_effects_widen_the_interval_of_the_exponent():
    def interval(trunk_sd):
        cells = runs(4, 4)
        random = np.random.default_rng(0)
        level = trunk_sd * random.normal(size=len(cells))[cells["trunk"].to_numpy()]
        cells["loss"] = 50 * cells["parameters"] ** -0.1 * np.exp(0.01 * random.normal(size=len(cells)) + level)
        return table(fit_rows(cells, 50, 0, 4)).loc[("N", "power", "a")]

    calm, rough = interval(0.0), interval(0.1)
    assert rough["upper"] - rough["lower"] > 2 * (calm["upper"] - calm["lower"])


def test_envelope_levels_and_identification():
    cells = pd.DataFrame({"flops": [1.0, 2, 2, 3, 4], "loss": [5.0, 4, 3, 3.5, 2]})
    assert envelope(cells)["loss"].tolist() == [5, 3, 2]
    assert levels(np.array([200100.0, 400000, 199900])).tolist() == [0, 1, 0]
    assert identified(np.geomspace(1, 10**1.5, 5)[:, None]) and not identified(np.geomspace(1, 10, 5)[:, None])
    assert not identified(np.geomspace(1, 1e4, 4)[:, None])
