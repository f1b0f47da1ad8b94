"""Likeness of representations: dense reference, invariance, what permuted units change and what they do not."""

import compare_representations
import numpy as np
import pandas as pd
import pytest
from clm.landscape.alignment import classical_scaling, linear_cka, pairwise_cka, standardized
from clm.landscape.parameters import flatten, principal_components
from clm.models.build import load_model
from clm.provenance.files import write_json
from clm.tokens.shards import write_shard
from clm.transfer.embed import embed
from models import random_shard, small_model
from safetensors.numpy import load_file, save_file
from scipy.stats import ortho_group


def cka(x, y):
    return linear_cka(standardized(x), standardized(y))


def dense(x, y):
    """Return CKA from the kernels themselves: tr(KHLH) / sqrt(tr(KHKH) tr(LHLH))."""
    k, m = x @ x.T, y @ y.T
    h = np.eye(len(x)) - 1 / len(x)
    return np.trace(k @ h @ m @ h) / np.sqrt(np.trace(k @ h @ k @ h) * np.trace(m @ h @ m @ h))


def test_alignment_agrees_with_dense_kernels():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((60, 7)) + 3, rng.standard_normal((60, 12))
    y[:, :3] += 2 * x[:, :3]
    assert cka(x, y) == pytest.approx(dense(x, y), rel=1e-12)
    assert 0.1 < cka(x, y) < 0.95


def test_rotation_scale_and_shift_change_nothing_and_shear_does():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((80, 6)), rng.standard_normal((80, 6))
    turned = 5 * x @ ortho_group.rvs(6, random_state=2) - 7
    assert cka(turned, y) == pytest.approx(cka(x, y), rel=1e-10) and cka(turned, x) == pytest.approx(1)
    assert cka(x * np.array([30, 1, 1, 1, 1, 1]), x) < 0.6


def test_shuffled_molecules_show_what_finite_samples_show():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((500, 10))
    found, null = pairwise_cka([x, x @ rng.standard_normal((10, 20)), rng.standard_normal((500, 15))], 0)
    np.testing.assert_allclose(found, found.T)
    assert found[0, 0] == pytest.approx(1) and found[0, 1] > 0.5
    assert null[0, 1] < 0.1 and found[0, 2] == pytest.approx(null[0, 2], abs=0.03)


def test_a_representation_without_spread_is_alike_to_nothing():
    found, _ = pairwise_cka([np.random.default_rng(3).standard_normal((9, 2)), np.ones((9, 4))], 0)
    assert np.isnan(found[1]).all() and found[0, 0] == pytest.approx(1)


def test_scaling_recovers_a_plane_and_agrees_with_components():
    points = np.random.default_rng(4).standard_normal((9, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    coordinates, shares = classical_scaling(distances)
    np.testing.assert_allclose(np.linalg.norm(coordinates[:, None] - coordinates, axis=-1), distances, atol=1e-9)
    np.testing.assert_allclose(coordinates, principal_components(points)[0], atol=1e-7)
    assert shares.sum() == pytest.approx(1)


def test_scaling_of_one_point_and_of_equal_points():
    assert not classical_scaling(np.zeros((1, 1)))[0].any()
    coordinates, shares = classical_scaling(np.zeros((3, 3)))
    assert not coordinates.any() and not shares.any()


def permuted(source, target):
    """Write a model with the inner units of its feed-forward layers in reverse order: the same function."""
    target.mkdir(parents=True)
    weights = load_file(source / "model.safetensors")
    for name in list(weights):
        if "layer." in name and ".intermediate.dense." in name:
            weights[name] = weights[name][::-1].copy()
        if "layer." in name and ".output.dense.weight" in name and "attention" not in name:
            weights[name] = weights[name][:, ::-1].copy()
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    (target / "config.json").write_text((source / "config.json").read_text())
    return target


def test_permuted_units_leave_alignment_and_change_the_map_of_weights(tmp_path):
    source = small_model(tmp_path / "a")
    other, third = permuted(source, tmp_path / "b"), small_model(tmp_path / "c", seed=1)
    shard = random_shard(40)
    features = [embed(load_model(folder), shard) for folder in (source, other, third)]
    found, _ = pairwise_cka(features, 0)
    assert found[0, 1] == pytest.approx(1, abs=1e-6) and found[0, 2] < 0.999
    rows = flatten([load_file(folder / "model.safetensors") for folder in (source, other, third)])
    coordinates, _ = principal_components(rows)
    assert np.linalg.norm(coordinates[0] - coordinates[1]) > 0.3 * np.linalg.norm(coordinates[0] - coordinates[2])


def test_table_holds_every_pair_and_says_what_diverged(tmp_path):
    for size, seed, status in (("s", 0, "ok"), ("m", 1, "ok"), ("m", 2, "diverged")):
        folder = tmp_path / "pretrain" / "zinc" / size / "2k" / f"seed{seed}" / "10k"
        small_model(folder, seed=seed, width=16 if size == "s" else 24)
        write_json(folder / "metrics.json", {"status": status})
    write_shard(tmp_path / "valid.safetensors", random_shard(50))
    trunks = [["zinc", "s", "2k", 0, ["10k"]], ["zinc", "m", "2k", 1, ["10k"]], ["zinc", "m", "2k", 2, ["10k"]]]
    write_json(tmp_path / "cells" / "trunks.json", trunks)
    files = [tmp_path / name for name in ("valid.safetensors", "pairs.csv", "points.csv")]
    compare_representations.compare_representations(
        tmp_path, [tmp_path / "cells" / "trunks.json"], files[0], {"molecules": 30, "seed": 0}, *files[1:]
    )
    pairs, points = pd.read_csv(tmp_path / "pairs.csv"), pd.read_csv(tmp_path / "points.csv")
    assert len(pairs) == 3 and pairs.cka.between(0, 1).all() and (pairs.molecules == 30).all()
    assert points.status.tolist() == ["ok", "ok", "ok", "diverged"]
    assert points.axis1.notna().tolist() == [True, True, True, False]
    model = load_model(tmp_path / "pretrain/zinc/s/2k/seed0/10k")
    other = load_model(tmp_path / "pretrain/zinc/m/2k/seed1/10k")
    shard = random_shard(50).head(30)
    value = pairs[(pairs.size_a == "s") & (pairs.size_b == "m")].cka.item()
    assert value == pytest.approx(dense(*(embed(m, shard).astype(float) for m in (model, other))), rel=1e-5)
    assert pairs.seed_b.tolist() == [0, 1, 1] and ",zinc,s,2k,0,10k," in (tmp_path / "points.csv").read_text()
