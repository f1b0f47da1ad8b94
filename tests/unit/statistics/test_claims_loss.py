"""Claims that the loss falls: two intervals must agree, and a power law that does not fit is told."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.claims_loss import loss_claim
from clm.statistics.fits.exponents import drawn_envelopes
from clm.statistics.fits.lack_of_fit import PURE_ERROR, QUADRATIC
from clm.statistics.fits.scaling import fit_rows
from planted_studies import REPLICATES, allowed
from synthetic_study import grid_cells

CELLS = grid_cells().assign(epochs=0.5)
REPEATED = grid_cells(seeds=2).assign(epochs=0.5)
UNEVEN = np.log([1.0, 0.99, 0.62, 0.60])  # falls of 1, 37 and 3 % are no power law


def fits(robust, drawn, df=8.0, status="ok", **more):
    row = {"axis": "N", "corpus": "zinc", "form": "power", "parameter": "a", "n": 40, "status": status, "df": df}
    row |= {"n_trunks": 10, "estimate": np.mean(robust), "lower": robust[0], "upper": robust[1]}
    row |= {"bootstrap_lower": drawn[0], "bootstrap_upper": drawn[1], "holdout_error": np.nan}
    return pd.DataFrame([row | {"lack_of_fit_p": np.nan, "lack_of_fit_test": None} | more])


def judged(*told, **more):
    return loss_claim(fits(*told, **more), "zinc", "N", "parameters", 0.01)


@pytest.mark.parametrize(
    ("robust", "drawn", "verdict"),
    [
        ((0.05, 0.15), (0.04, 0.14), "supported"),
        ((-0.15, -0.05), (-0.2, -0.05), "contradicted"),
        ((-0.005, 0.005), (-0.004, 0.004), "contradicted"),
        ((-0.05, 0.15), (-0.04, 0.1), "undecided"),
        ((0.05, 0.15), (-0.04, 0.14), "undecided"),
        ((-0.01, 0.15), (0.04, 0.14), "undecided"),
        ((-0.005, 0.005), (-0.1, 0.1), "undecided"),
    ],
)
def test_the_loss_falls_where_both_intervals_say_so(robust, drawn, verdict):
    assert judged(robust, drawn)["verdict"] == verdict


def test_disagreement_is_told_with_both_intervals():
    told = judged((0.05, 0.15), (-0.04, 0.14))["reason"]
    assert told == "the intervals disagree: clusters [0.05, 0.15], bootstrap over trunks [-0.04, 0.14]"


def test_few_degrees_of_freedom_decide_nothing():
    found = judged((0.05, 0.15), (0.05, 0.15), df=3.2)
    assert found["verdict"] == "not testable here" and found["reason"].startswith(
        "needs: 4 degrees of freedom between trunks, has 3.2 from 10 trunks; about 3 more trunks"
    )
    assert judged((0.05, 0.15), (np.nan, np.nan))["verdict"] == "not testable here"


def test_without_a_fit_nothing_is_claimed():
    for table in (fits((0, 0), (0, 0), status="too_few"), fits((0.05, 0.15), (0.05, 0.15))[:0]):
        found = loss_claim(table, "zinc", "N", "parameters", 0.01)
        assert found["verdict"] == "not testable here" and found["effect"] is None and found["reason"]
    other = loss_claim(fits((0.05, 0.15), (0.05, 0.15)), "pubchem", "N", "parameters", 0.01)
    assert other["verdict"] == "not testable here"


def test_a_law_that_does_not_fit_and_its_error_on_unseen_cells_are_told():
    more = {"lack_of_fit_p": 0.002, "lack_of_fit_test": PURE_ERROR, "holdout_error": np.log(1.08)}
    told = judged((0.05, 0.15), (0.05, 0.15), **more)["reason"]
    assert "a power law does not describe the steps (p = 0.002, F test" in told
    assert told.endswith("it misses the largest cells, held out, by 8 %")


def planted(cells, log_loss, seed, trunk_sd=0.02, cell_sd=0.004):
    """Rows of fits.csv, by axis, of losses with effects of trunks."""
    random, trunk = np.random.default_rng(seed), cells["trunk"].to_numpy()
    noise = trunk_sd * random.normal(size=trunk.max() + 1)[trunk] + cell_sd * random.normal(size=len(cells))
    rows = pd.DataFrame(fit_rows(cells.assign(loss=np.exp(1 + log_loss + noise)), 200, seed, 4))
    return rows[(rows["form"] == "power") & (rows["parameter"] == "a")].set_index("axis")


def step(cells, name, values):
    """Log loss with one value for each value of a key, ascending."""
    order = {key: i for i, key in enumerate(dict.fromkeys(cells[name]))}
    return np.asarray(values)[cells[name].map(order)]


@pytest.mark.parametrize(
    ("cells", "name", "axis", "test"),
    [(CELLS, "size", "N", QUADRATIC), (REPEATED, "size", "N", PURE_ERROR), (REPEATED, "budget", "D", QUADRATIC)],
)
def test_uneven_steps_are_no_power_law(cells, name, axis, test):
    bent = np.log([1.0, 0.99, 0.9, 0.55]) if test == QUADRATIC else UNEVEN
    rows = [planted(cells, step(cells, name, bent), seed).loc[axis] for seed in range(5)]
    assert all(row["lack_of_fit_p"] < 0.05 and row["lack_of_fit_test"] == test for row in rows)


@pytest.mark.parametrize(("cells", "axis"), [(CELLS, "D"), (REPEATED, "N"), (CELLS, "N")])
def test_effects_of_trunks_on_a_power_law_are_no_lack_of_fit(cells, axis):
    column = {"N": "parameters", "D": "tokens"}[axis]
    law, count = -0.1 * np.log(cells[column].to_numpy(dtype=float)), min(REPLICATES, 200) // 2
    found = [planted(cells, law, seed).loc[axis, "lack_of_fit_p"] for seed in range(count)]
    assert np.mean(np.array(found) < 0.05) <= 0.05 + allowed(0.05, count)


def test_two_values_of_an_axis_fit_any_line():
    two = CELLS[CELLS["size"].isin(["60k", "1m"])].reset_index(drop=True)
    two["trunk"] = two.groupby(["size", "subset"], sort=False).ngroup()
    row = planted(two, np.zeros(len(two)), 0).loc["N"]
    assert pd.isna(row["lack_of_fit_p"]) and row["lack_of_fit_test"] == "two values of the axis fit any line"


def test_the_bootstrap_knows_that_one_trunk_makes_a_fall():
    """One trunk of the largest size learns, the others of that size do not: resampled trunks show that it is alone."""
    cells = grid_cells(seeds=4).assign(epochs=0.5)
    alone = ((cells["size"] == "1m") & (cells["subset"] == "32k") & (cells["seed"] == 0)).to_numpy()
    row = planted(cells, np.where(alone, -0.8, 0.0), 1).loc["N"]
    assert row["bootstrap_lower"] < 0.01 < row["bootstrap_upper"]


def test_an_envelope_is_drawn_with_its_trunks():
    cells = CELLS.assign(loss=np.exp(3 - 0.1 * np.log(CELLS["flops"].to_numpy(dtype=float))))
    slopes = drawn_envelopes(cells, 50, 0)
    assert slopes == pytest.approx(-0.1)
    noisy = cells.assign(loss=cells["loss"] * np.exp(0.3 * np.random.default_rng(0).normal(size=12)[cells["trunk"]]))
    assert np.nanstd(drawn_envelopes(noisy, 200, 0)) > 0.01
