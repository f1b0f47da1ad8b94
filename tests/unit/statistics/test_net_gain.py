"""Net gain: what width alone gives is no gain of pretraining, and the untrained encoders' own error counts."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.gains import AXES, axis_design
from clm.statistics.net_gain import Twins, net_panel, slope, untrained_twins
from clm.statistics.verdicts import judge_gains
from clm.tables.panels import Panel, panels
from planted_studies import transfer_rows, untrained_cells
from synthetic_study import SIZES, grid_cells

N_AXIS, D_AXIS, U_AXIS, _ = AXES
CELLS = grid_cells().assign(checkpoint=lambda cells: range(len(cells)))
GROUP = ("linear_probe", "random", "mean", "t")


def made(random, width_slope, trained_slope=0.0, twin_sd=0.005, seeds=3):
    """Log errors, (seeds, cells) of checkpoints and (seeds, initializations) of untrained encoders with their cells.

    Both fall with width; training may add to it.
    """
    doublings = {size: np.log2(parameters / 6e4) for size, parameters in SIZES.items()}
    x = CELLS["size"].map(doublings).to_numpy()
    trunk = 0.005 * random.normal(size=CELLS["trunk"].max() + 1)[CELLS["trunk"]]
    split = 0.01 * random.normal(size=(seeds, 1))
    errors = -1 + (width_slope + trained_slope) * x + trunk + split + 0.005 * random.normal(size=(seeds, len(x)))
    twins = untrained_cells(SIZES)
    u = twins["size"].map(doublings).to_numpy()
    own = -0.9 + width_slope * u + twin_sd * random.normal(size=len(u)) + split
    return errors, twins, own + 0.002 * random.normal(size=own.shape)


def tables(*args, **settings):
    errors, twins, own = made(*args, **settings)
    return pd.concat([transfer_rows(CELLS, np.exp(errors)), transfer_rows(twins, np.exp(own))], ignore_index=True)


def study(*args, **settings):
    """The same without the way through tables: panel and twins."""
    errors, twins, own = made(*args, **settings)
    names = dict(zip(("mode", "split", "features", "task"), GROUP, strict=True))
    frames = {
        size: pd.DataFrame(own[:, (twins["size"] == size).to_numpy()].T, columns=range(len(own))) for size in SIZES
    }
    return Panel(names, "rmse", CELLS, errors, {}, None, 0.125, 1.0, 0), Twins(frames, {}, {})


def panel_of(transfer):
    (raw,) = panels(transfer, CELLS, pd.DataFrame())
    return raw, untrained_twins(transfer).get(GROUP)


def verdict_along_n(raw, twins, net=True):
    design = axis_design(raw.cells, N_AXIS)
    found = net_panel(raw, twins)
    estimate = slope(design, found.panel, found) if net else slope(design, raw)
    return judge_gains([estimate], 0.01, True)[0].verdict


def test_features_that_improve_with_width_alone_are_no_net_gain_along_parameters():
    random = np.random.default_rng(0)
    studies = [study(random, width_slope=-0.03) for _ in range(200)]
    net = [verdict_along_n(*made_up) not in ("improving", "degraded") for made_up in studies]
    raw = [verdict_along_n(*made_up, net=False) not in ("improving", "degraded") for made_up in studies[:50]]
    assert np.mean(net) >= 0.92
    assert np.mean(raw) < 0.1  # without the untrained term the same studies are improving


def test_a_gain_beyond_width_is_found():
    random = np.random.default_rng(1)
    found = [verdict_along_n(*study(random, -0.03, trained_slope=-0.04)) for _ in range(50)]
    assert np.mean([verdict == "improving" for verdict in found]) > 0.9


def test_net_gain_by_hand():
    twins = untrained_cells(SIZES)
    errors = {0: 0.8, 1: 0.9, 2: 1.0}
    transfer = pd.concat(
        [
            transfer_rows(CELLS, np.full((1, len(CELLS)), 0.5)),
            transfer_rows(twins, twins["seed"].map(errors).to_numpy()[None]),
        ]
    )
    raw, untrained = panel_of(transfer)
    net = net_panel(raw, untrained)
    assert net.gains == pytest.approx(np.mean(np.log([0.8, 0.9, 1.0])) - np.log(0.5))
    weights = axis_design(raw.cells, N_AXIS).weights
    by_size = [weights[(raw.cells["size"] == size).to_numpy()].sum() for size in SIZES]
    variance = np.var(np.log([0.8, 0.9, 1.0]), ddof=1) / 3
    assert net.twin_part(weights).variance == pytest.approx(variance * np.sum(np.square(by_size)))


def test_the_untrained_term_cancels_along_tokens_and_molecules():
    raw, twins = study(np.random.default_rng(2), -0.03)
    net = net_panel(raw, twins)
    for axis in (D_AXIS, U_AXIS):
        design = axis_design(raw.cells, axis)
        assert slope(design, net.panel, net).value == pytest.approx(slope(design, raw).value)
        assert net.twin_part(design.weights) is None


def test_variance_of_the_shared_untrained_mean_enters_the_slope():
    """Coverage of a slope of zero when untrained encoders differ much; without their part it falls short."""
    random, honest, naive = np.random.default_rng(3), [], []
    for _ in range(200):
        raw, twins = study(random, -0.03, twin_sd=0.05)
        design, net = axis_design(raw.cells, N_AXIS), net_panel(raw, twins)
        for covered, estimate in ((honest, slope(design, net.panel, net)), (naive, slope(design, net.panel))):
            low, high = estimate.interval()
            covered.append(low <= 0 <= high)
    assert np.mean(honest) >= 0.92 and np.mean(naive) < 0.7


def test_cells_without_a_net_gain_say_why():
    transfer = tables(np.random.default_rng(4), -0.03)
    untrained = transfer["corpus"] == "untrained"
    missing = (transfer["size"] == "60k") | (transfer["size"] == "200k") & (transfer["seed"] == 2)
    diverged = untrained & (transfer["size"] == "500k") & (transfer["seed"] == 0)
    transfer.loc[diverged, ["error", "status"]] = [np.nan, "diverged"]
    raw, twins = panel_of(transfer[~(untrained & missing)])
    net = net_panel(raw, twins)
    reasons = {raw.cells["size"][i]: reason for i, reason in net.reasons.items()}
    assert set(net.panel.cells["size"]) == {"1m"} and net.panel.exclusions == 36
    assert reasons["60k"].startswith("no untrained encoder")
    assert reasons["200k"] == "2 untrained initializations; at least 3 are needed"
    assert "1 more diverged" in reasons["500k"]
    assert net_panel(raw, None) is None


def test_fine_tuning_seeds_are_averaged_before_the_logarithm():
    twins = untrained_cells(["60k"])
    rows = pd.concat(
        [transfer_rows(twins, np.full((1, 3), value), finetune_seed=i) for i, value in enumerate((0.5, 0.7))]
    )
    assert untrained_twins(rows)[GROUP].errors["60k"].to_numpy() == pytest.approx(np.log(0.6))


def test_drawn_test_sets_are_those_of_checkpoint_and_twin_together():
    """Test noise that both share cancels in the net gain."""
    random = np.random.default_rng(5)
    shared = random.normal(size=40)
    twins = untrained_cells(SIZES)
    cells = CELLS.assign(corpus="zinc")
    keys = {"mode": "linear_probe", "split": "scaffold", "features": "mean", "task": "t"}
    draws = pd.concat([cells, twins], ignore_index=True)[["corpus", "size", "subset", "seed", "budget"]].assign(**keys)
    draws["log_error"] = draws["half_error"] = pd.Series([shared] * len(draws))
    transfer = pd.concat(
        [
            transfer_rows(cells, np.full((1, len(cells)), 0.5), split="scaffold"),
            transfer_rows(twins, np.full((1, len(twins)), 0.9), split="scaffold"),
        ]
    )
    (raw,) = panels(transfer, cells, draws)
    net = net_panel(raw, untrained_twins(transfer, draws)[("linear_probe", "scaffold", "mean", "t")])
    assert raw.draws.std() > 0.5 and net.panel.draws == pytest.approx(np.zeros_like(net.panel.draws))
