"""Curves along random directions and widths of wells by known answers."""

import measure_curves
import numpy as np
import pandas as pd
import pytest
import torch
from clm.landscape.curves import loss_curves, positions, width
from clm.provenance.files import write_json
from clm.tokens.shards import write_shard
from models import random_shard, small_model


@pytest.mark.parametrize("reach", [0.5, 2.0])
@pytest.mark.parametrize("curvature", [1.0, 7.0])
def test_width_of_a_parabola_is_exact(reach, curvature):
    places = positions(reach)
    losses = [3 + curvature * a**2 for a in places]
    assert width(places, losses, 0.05) == pytest.approx(2 * np.sqrt(0.05 / curvature))


def test_width_of_a_lopsided_well_adds_both_sides_and_of_a_plain_is_unknown():
    places = positions(1.0)
    losses = [(a if a > 0 else 2 * a) ** 2 for a in places]
    assert width(places, losses, 0.16) == pytest.approx(0.4 + 0.2)
    assert np.isnan(width(places, [1 + max(a, 0) ** 2 for a in places], 0.1))
    dip = [1 + a**2 - (0.3 if a == places[6] else 0) for a in places]  # lower beside the checkpoint than at it
    assert np.isfinite(width(places, dip, 0.1))


def test_curves_of_a_quadratic_know_the_length_of_the_weights():
    """Rows of a direction are as long as those of the weights: |w + a d|^2 = |w|^2 (1 + a^2 + 2 a cos) row by row."""
    w = torch.nn.Parameter(torch.randn(50, 400, generator=torch.Generator().manual_seed(1)) * 3)
    b = torch.nn.Parameter(torch.ones(9))
    square = float(w.detach().square().sum())
    before = w.detach().clone()
    found = loss_curves([w, b], lambda: float(w.square().sum() / square + b.square().sum()), 4, 1.0, 0)
    expected = [1 + a**2 + 9 for a in positions(1.0)]
    assert found.shape == (4, 11)
    np.testing.assert_allclose(np.median(found, axis=0), expected, atol=0.03)
    assert torch.equal(w, before) and len(np.unique(found[:, 0])) == 4
    again = loss_curves([w, b], lambda: float(w.square().sum() / square + b.square().sum()), 2, 1.0, 0)
    np.testing.assert_array_equal(again, found[:2])  # the draws depend on shapes and seed only


def test_tables_of_checkpoints_and_of_a_diverged_one(tmp_path):
    for i, (size, status) in enumerate((("s", "ok"), ("m", "diverged"))):
        folder = small_model(tmp_path / f"pretrain/zinc/{size}/2k/seed0/1k", width=16 + 8 * i)
        write_json(folder / "metrics.json", {"status": status})
    (tmp_path / "corpora/zinc/tokens").mkdir(parents=True)
    write_shard(tmp_path / "corpora/zinc/tokens/valid.safetensors", random_shard(12))
    write_json(tmp_path / "cells" / "curves.json", [["zinc", size, "2k", 0, "1k"] for size in "sm"])
    settings = {
        "mask_fraction": 0.15,
        "molecules": 12,
        "directions": 3,
        "reach": 1.0,
        "rise": 1e-3,
        "seed": 0,
    }
    files = tmp_path / "curves.csv", tmp_path / "widths.csv"
    measure_curves.measure_curves(tmp_path, [tmp_path / "cells" / "curves.json"], settings, *files)
    curves, widths = map(pd.read_csv, files)
    assert len(curves) == 11 and set(curves["size"]) == {"s"}
    assert (curves.lower <= curves.loss).all() and (curves.loss <= curves.upper).all()
    assert widths.status.tolist() == ["ok", "diverged"] and widths[["loss", "landscape_width"]].isna().all(axis=1)[1]
    assert widths.loss[0] == pytest.approx(curves.loss[curves.a == 0].item()) and curves.upper[5] == curves.lower[5]
    assert widths.landscape_width[0] == pytest.approx(width(curves.a.tolist(), curves.loss.tolist(), 1e-3), nan_ok=True)
