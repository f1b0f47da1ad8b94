"""What repeated data are worth, on losses from a known law with cells of many epochs."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.fits.curves import Curve
from clm.statistics.fits.laws import Additive, Power
from clm.statistics.fits.repeats import Repeated, effective_data, form_rows, repeated_rows

SUBSETS = {"small": 1e5, "middle": 1e6, "big": 1e8}


def cells(half=5.0, floor=0.0, noise=0.002, sizes=4, budgets=5, subsets=SUBSETS, seed=0):
    """Checkpoints whose loss is that of D' = U + U R* (1 - exp(-R / R*)), with trunk effects and noise."""
    random, rows = np.random.default_rng(seed), []
    for size, parameters in enumerate(np.geomspace(1e4, 1e6, sizes)):
        for subset, distinct in subsets.items():
            effect = noise * random.normal()
            for budget, tokens in enumerate(np.geomspace(1e5, 1e7, budgets)):
                seen = min(tokens, distinct)
                repeats = tokens / seen - 1
                data = seen * (1 + half * -np.expm1(-repeats / half)) if half else seen
                shape = 20 * parameters**-0.3 + 30 * data**-0.25 if floor else 40 * parameters**-0.08 * data**-0.1
                told = {"parameters": parameters, "tokens": tokens, "epochs": tokens / distinct, "molecules": distinct}
                told |= {"size": f"s{size}", "subset": subset, "budget": f"b{budget}", "flops": 6 * parameters * tokens}
                loss = (floor + shape) * np.exp(effect + noise * random.normal())
                rows.append(
                    told | {"seed": 0, "loss": loss, "trunk": len(SUBSETS) * size + list(subsets).index(subset)}
                )
    return pd.DataFrame(rows)


def fits(table, draws=20):
    return pd.DataFrame(repeated_rows(table, draws, 0)).set_index(["form", "parameter"]).sort_index()


def test_effective_data_by_hand_and_at_its_ends():
    repeats = np.array([0.0, 1.0, 9.0])
    assert np.exp(effective_data(np.log(5), repeats)[0]) == pytest.approx(1 + 5 * (1 - np.exp(-repeats / 5)))
    assert np.exp(effective_data(np.log(1e4), repeats)[0]) == pytest.approx(1 + repeats, rel=1e-3)
    assert np.exp(effective_data(np.log(1e-2), repeats)[0]) == pytest.approx([1, 1.01, 1.01])


@pytest.mark.parametrize(("law", "theta"), [(Power, [0.3, 0.2, 0.4, 0.7]), (Additive, [0.1, -0.5, 0.3, 0.4, 0.2, 0.7])])
def test_derivatives_agree_with_differences(law, theta):
    random, theta = np.random.default_rng(0), np.array(theta)
    form = Repeated(law(random.normal(size=(7, 2))), random.uniform(0, 5, size=7))
    value, slopes = form(theta)
    for i in range(len(theta)):
        moved = theta + 1e-6 * (np.arange(len(theta)) == i)
        assert (form(moved)[0] - value) / 1e-6 == pytest.approx(slopes[:, i], abs=1e-5)


def test_a_known_worth_is_recovered_without_a_floor():
    found = fits(cells()).loc["repeated"]
    assert found["status"].eq("ok").all() and found.loc["R", "n"] == 60
    assert found.loc["R", "estimate"] == pytest.approx(5, rel=0.15)
    assert found.loc["R", "lower"] < 5 < found.loc["R", "upper"] < 10
    assert found.loc[["a", "b"], "estimate"].tolist() == pytest.approx([0.08, 0.1], rel=0.1)
    assert found.loc["A", "estimate"] == pytest.approx(40, rel=0.3)


def test_a_known_worth_is_recovered_with_a_floor():
    found = fits(cells(floor=1.0, noise=0.0005, sizes=5))
    assert found.loc[("repeated_floor", "R"), "estimate"] == pytest.approx(5, rel=0.15)
    assert found.loc[("repeated_floor", "E"), "estimate"] == pytest.approx(1, rel=0.1)
    assert found.loc[("repeated_floor", "b"), "estimate"] == pytest.approx(0.25, rel=0.15)
    errors = found["holdout_error"].groupby("form").first()
    assert errors["repeated_floor"] < errors["repeated"]


def test_interval_of_the_worth_covers_the_truth():
    covered = []
    for seed in range(6):
        row = fits(cells(noise=0.01, seed=seed)).loc[("repeated", "R")]
        covered.append(row["lower"] < 5 < (row["upper"] if pd.notna(row["upper"]) else np.inf))
    assert np.mean(covered) >= 0.75


def test_many_trunks_are_resampled():
    covered = []
    for seed in range(8):
        curve = Curve("NDU", ("parameters", "tokens"), cells(sizes=7, budgets=4, seed=seed), "flops")
        row = form_rows(curve, Power, 40, 0)[0][-1]
        assert row["note"] == "interval: bootstrap over trunks" and row["upper"] - row["lower"] < 0.5
        covered.append(row["lower"] < 5 < row["upper"])
    assert np.mean(covered) >= 0.75


@pytest.mark.parametrize(("half", "end"), [(0.0, "nothing"), (1e6, "as much as new ones")])
def test_what_is_worth_nothing_or_as_much_as_new_has_an_open_end(half, end):
    row = fits(cells(half)).loc[("repeated", "R")]
    assert row["lower"] == 0.0 if end == "nothing" else pd.isna(row["upper"])
    assert row["upper"] < 0.5 if end == "nothing" else row["lower"] > 50


def test_without_repetition_or_with_loud_noise_it_is_not_identified():
    once = fits(cells(subsets={"big": 1e8, "vast": 1e9}))
    assert set(once["status"]) == {"not_identified"} and once["note"].str.contains("no data are repeated").all()
    hardly = fits(cells(noise=0.1, subsets={"big": 1e8, "near": 9.5e6})).loc[("repeated", "R")]
    assert hardly["status"] == "not_identified" and pd.isna(hardly["estimate"])
    few = fits(cells(sizes=2))
    assert few.loc[("repeated", "R"), "status"] == "too_few"
