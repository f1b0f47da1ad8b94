"""Spectral density against exact spectra: of a small matrix, and of the dense Hessian of a small model in float64."""

import measure_spectrum
import numpy as np
import pandas as pd
import pytest
import torch
from clm.curvature.batches import disjoint_batches, masked_tokens
from clm.curvature.density import describe, effective_rank, quadrature, random_quadratures
from clm.curvature.hessian import Curvature, masked_lm_objective
from clm.models.build import load_model
from clm.provenance.files import write_json
from clm.tokens.shards import write_shard
from models import batch_loss, exact_hessian, random_shard, small_model

LIKE = torch.zeros((), dtype=torch.float64)


def symmetric(values: np.ndarray) -> torch.Tensor:
    """Return a matrix with these eigenvalues in random directions."""
    q, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((len(values), len(values))))
    return torch.from_numpy(q @ np.diag(values) @ q.T)


def test_moments_of_one_start_are_exact_and_all_steps_give_the_spectrum():
    values = np.linspace(-10, 9, 30)
    matrix, start = symmetric(values), torch.randn(30, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    unit = start / start.norm()
    nodes, weights = quadrature(lambda v: matrix @ v, start, 5)
    assert weights.sum() == pytest.approx(1) and (weights > 0).all()
    for order in range(10):  # 2 steps - 1
        moment = float(unit @ torch.linalg.matrix_power(matrix, order) @ unit)
        assert np.sum(weights * nodes**order) == pytest.approx(moment, rel=1e-8, abs=1e-8)
    np.testing.assert_allclose(quadrature(lambda v: matrix @ v, start, 30)[0], values, atol=1e-8)


def test_repeated_eigenvalues_exhaust_the_space_and_keep_their_shares():
    """400 zeros, 80 ones and 20 minus twos: three nodes, whose weights are those shares on average."""
    values = np.repeat([0.0, 1.0, -2.0], [400, 80, 20])
    found = random_quadratures(lambda v: torch.from_numpy(values) * v, LIKE, 500, 30, 20, 0)
    assert all(len(nodes) == 3 for nodes, _ in found)
    np.testing.assert_allclose(found[0][0], [-2, 0, 1], atol=1e-8)
    told = describe(found)
    assert told["largest"] == pytest.approx(1) and told["smallest"] == pytest.approx(-2)
    assert told["bulk_fraction"] == pytest.approx(0.8, abs=0.02) and told["negative_fraction"] == pytest.approx(
        0.04, abs=0.01
    )
    assert abs(told["mean"] - 0.08) < 4 * told["mean_error"] < 0.05
    # 80 ones and 20 minus twos: p is 1/120 and 1/60, the entropy 2/3 log 120 + 1/3 log 60
    assert told["effective_rank_fraction"] == pytest.approx(120 ** (2 / 3) * 60 ** (1 / 3) / 500, rel=0.05)


def test_effective_rank_is_that_of_the_definition():
    values = np.random.default_rng(0).standard_normal(200)
    modulus = np.abs(values) / np.abs(values).sum()
    expected = np.exp(-np.sum(modulus * np.log(modulus))) / 200
    even = np.full(200, 1 / 200)
    assert (
        effective_rank(values, even) == pytest.approx(expected) == pytest.approx(effective_rank(-3e-9 * values, even))
    )
    assert effective_rank(np.array([0.0, -2, 2]), np.array([0.9, 0.06, 0.04])) == pytest.approx(0.1)
    assert (
        effective_rank(np.ones(3), np.full(3, 1 / 3)) == pytest.approx(1)
        and effective_rank(np.zeros(1), np.ones(1)) == 0
    )
    # the quadrature of a matrix alone, without its eigenvalues
    matrix = symmetric(np.concatenate([np.linspace(1, 9, 90), np.zeros(210)]))
    found = describe(random_quadratures(lambda v: matrix @ v, LIKE, 300, 20, 30, 0))
    modulus = np.linspace(1, 9, 90) / np.linspace(1, 9, 90).sum()
    assert found["effective_rank_fraction"] == pytest.approx(np.exp(-np.sum(modulus * np.log(modulus))) / 300, rel=0.05)


def test_density_is_that_of_the_dense_hessian(tmp_path):
    model = load_model(small_model(tmp_path / "m", width=4, layers=1), attention="eager", dtype=torch.float64)
    batches = list(disjoint_batches(random_shard(12), 0.15, 1, 12))
    curvature = Curvature(model, masked_lm_objective(model), batches, masked_tokens(batches))
    start = curvature.flat([p.detach() for p in curvature.parameters])
    dense = exact_hessian(batch_loss(model, curvature, batches[0]), start)
    exact = torch.linalg.eigvalsh(dense).numpy()
    found = random_quadratures(curvature.product, dense, curvature.size, 40, 12, 0)
    told, edge = describe(found), 0.01 * np.abs(exact).max()
    assert told["largest"] == pytest.approx(exact[-1], rel=1e-6)
    assert told["smallest"] == pytest.approx(exact[0], rel=1e-3)
    assert abs(told["mean"] - exact.mean()) < 4 * told["mean_error"]
    for threshold in (edge * 3, edge * 20):  # what lies beyond, which nodes resolve
        share = np.mean([weights[nodes > threshold].sum() for nodes, weights in found])
        assert share == pytest.approx((exact > threshold).mean(), abs=0.02)
    assert told["bulk_fraction"] == pytest.approx((np.abs(exact) <= edge).mean(), abs=0.05)


def test_tables_of_checkpoints_and_of_a_diverged_one(tmp_path):
    for size, status in (("s", "ok"), ("m", "diverged")):
        folder = small_model(tmp_path / f"pretrain/zinc/{size}/2k/seed0/1k", width=4, layers=1)
        write_json(folder / "metrics.json", {"status": status})
    (tmp_path / "corpora/zinc/tokens").mkdir(parents=True)
    write_shard(tmp_path / "corpora/zinc/tokens/valid.safetensors", random_shard(8))
    write_json(tmp_path / "cells" / "spectrum.json", [["zinc", size, "2k", 0, "1k"] for size in "sm"])
    settings = {"mask_fraction": 0.15, "molecules": 8, "steps": 6, "starts": 2, "seed": 0}
    files = tmp_path / "nodes.csv", tmp_path / "summary.csv"
    measure_spectrum.measure_spectrum(tmp_path, [tmp_path / "cells" / "spectrum.json"], settings, *files)
    nodes, summary = map(pd.read_csv, files)
    assert len(nodes) == 12 and nodes.groupby("start").weight.sum().tolist() == pytest.approx([1, 1])
    assert summary.status.tolist() == ["ok", "diverged"] and np.isnan(summary.largest[1])
    assert summary.largest[0] == pytest.approx(nodes.eigenvalue.max())
