"""Assay sensitivity: studies that cannot see, and one in which pretraining helps the controls."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.estimates import Estimate, Part
from clm.statistics.net_gain import Twins, net_panel
from clm.statistics.sensitivity import assess, control_gain, named_control, trunk_variance
from clm.statistics.verdicts import judge_gains
from clm.tables.panels import Panel
from planted_studies import REPLICATES, allowed
from synthetic_study import SIZES, grid_cells

CELLS = grid_cells()


def control(random, helps, trunk_sd=0.02, twin_sd=0.01):
    """Net panel of a control whose error pretraining lowers by `helps` at the largest budget, by none at the first."""
    share = np.log2(CELLS["tokens"] / CELLS["tokens"].min()).to_numpy() / 3
    trunk = trunk_sd * random.normal(size=CELLS["trunk"].max() + 1)[CELLS["trunk"]]
    errors = -0.5 - helps * share + trunk + 0.01 * random.normal(size=(3, len(CELLS)))
    twins = {
        size: pd.DataFrame(
            -0.5 + twin_sd * random.normal(size=(3, 1)) + 0.005 * random.normal(size=(3, 3)), columns=range(3)
        )
        for size in SIZES
    }
    names = {"mode": "linear_probe", "split": "random", "features": "mean", "task": "control_logp"}
    return net_panel(Panel(names, "rmse", CELLS, errors, {}, None, 0.125, 1.0, 0), Twins(twins, {}, {}))


def seen(helps, count=REPLICATES, **settings):
    random = np.random.default_rng(0)
    made = [assess({"c": control_gain(control(random, helps, **settings))}, "c") for _ in range(count)]
    return np.mean([found.sensitive for found in made]), made


def test_flat_controls_are_not_sensitive_and_helped_ones_are():
    flat, made = seen(0.0)
    assert flat <= 0.025 + allowed(0.025) and all(found.assessed for found in made)
    helped, made = seen(0.1, 50)
    assert helped == 1 and made[0].effect == pytest.approx(1 - np.exp(-0.1), abs=0.03)
    assert seen(-0.1, 50)[0] == 0  # pretraining that harms a control is not a gain
    assert "not surely lower" in seen(0.0, 1)[1][0].reason


def test_sizes_that_gain_differently_hide_no_gain_of_their_mean():
    """Sizes are chosen, not drawn: what they gain on average is told from none though they differ a lot."""
    sizes = np.repeat(["a", "b", "c"], [6, 2, 2])
    gains = np.repeat([-0.1, 0.05, 0.2], [6, 2, 2]) + 0.01 * np.random.default_rng(0).normal(size=(2000, 10))
    variance, df = trunk_variance(gains, sizes)
    assert df == 7 and variance.mean() == pytest.approx(0.01**2, rel=0.05)
    # one trunk of most sizes: the spread between sizes stands in, which errs towards "not sensitive"
    variance, df = trunk_variance(gains[:, [0, 1, 2, 6, 8]], sizes[[0, 1, 2, 6, 8]])
    assert df == 4 and variance.mean() > 0.1**2


def test_untrained_encoders_that_differ_make_a_study_less_sensitive():
    assert seen(0.0, twin_sd=0.2)[0] <= 0.025 + allowed(0.025)


def test_a_study_that_cannot_see_is_not_sensitive_everywhere():
    """Twelve flat tasks: saturated where the control moves, not sensitive where it does not."""
    random = np.random.default_rng(1)
    part = Part(0.002**2, 10.0)
    tasks = [Estimate(0.001 * random.normal(), part, part) for _ in range(12)]
    blind = assess({"c": control_gain(control(random, 0.0))}, "c")
    able = assess({"c": control_gain(control(random, 0.1))}, "c")
    assert {found.verdict for found in judge_gains(tasks, 0.01, blind.sensitive)} == {"not sensitive"}
    assert {found.verdict for found in judge_gains(tasks, 0.01, able.sensitive)} == {"saturated"}


def test_the_named_control_decides_and_others_need_holm():
    sure, weak = (Estimate(0.1, Part(sd**2, 20.0), Part(sd**2, 20.0)) for sd in (0.001, 0.04))
    flat = Estimate(0.0, Part(0.01, 20.0), Part(0.01, 20.0))
    assert not assess({"named": flat, "other": sure}, "named").sensitive
    assert assess({"other": sure, "second": flat}, "named").task == "other"
    assert assess({"other": weak}, "named").sensitive
    assert not assess({"other": weak} | {f"c{i}": flat for i in range(3)}, "named").sensitive


def test_without_a_control_nothing_is_assessed():
    few = Estimate(0.5, Part(1e-6, 2.0), Part(1e-6, 2.0))
    for gains in ({}, {"c": None}, {"c": few}):
        found = assess(gains, "c")
        assert not found.sensitive and not found.assessed and found.reason.startswith("not assessed")


def test_the_named_control_is_logp_without_noise():
    controls = {
        "a": {"property": "logp", "molecules": 500, "noise": 0},
        "b": {"property": "logp", "molecules": 2000, "noise": 0},
        "c": {"property": "logp", "molecules": 8000, "noise": 0.3},
        "d": {"property": "qed", "molecules": 8000, "noise": 0},
    }
    assert named_control(controls) == "b" and named_control({"c": controls["c"]}) is None
