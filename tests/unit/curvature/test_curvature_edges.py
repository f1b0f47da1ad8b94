"""Curvature: what is left out, what the standard error covers, and checkpoints that cannot be measured."""

import json

import measure_curvature
import numpy as np
import pytest
import torch
from clm.curvature.hessian import Curvature
from clm.curvature.trace import traces
from clm.provenance.command import UserError
from clm.tokens.shards import write_shard
from models import random_shard, small_model


def test_a_parameter_that_the_loss_does_not_reach_is_left_out():
    class Unused(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used = torch.nn.Parameter(torch.tensor([1.0, 2.0], dtype=torch.float64))
            self.pooler = torch.nn.Parameter(torch.ones(7, dtype=torch.float64))

    model = Unused()
    curvature = Curvature(model, lambda scale: scale * (model.used**2).sum(), [1.0, 3.0], [3, 1])
    assert curvature.names == ["used"] and curvature.size == 2
    assert traces(curvature, 1, 0)["trace"].mean == pytest.approx(2 * 2 * (3 * 1 + 1 * 3) / 4)


def test_standard_error_of_the_trace_covers_batches_and_probes():
    rng, size, count, covered = np.random.default_rng(0), 8, 12, 0
    shared = rng.standard_normal((size, size))
    shared = torch.from_numpy(shared + shared.T)  # noise of probes comes from its off-diagonal elements
    truth = float(shared.trace())
    model = torch.nn.Module()
    model.w = torch.nn.Parameter(torch.ones(size, dtype=torch.float64))
    for repeat in range(200):
        matrices = [shared + torch.diag(torch.from_numpy(rng.standard_normal(size))) for _ in range(count)]
        weights = rng.integers(8, 13, count).astype(float)
        curvature = Curvature(model, lambda m: model.w @ m @ model.w / 2, matrices, weights)
        found = traces(curvature, 2, repeat)["trace"]
        covered += abs(found.mean - truth) < 2.2 * found.standard_error  # t with 11 degrees of freedom
    assert 0.90 < covered / 200 < 0.99


def test_a_diverged_checkpoint_has_a_status_and_no_numbers(tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps({"status": "diverged"}))
    measure_curvature.measure_curvature(
        tmp_path, tmp_path / "absent", {}, tmp_path / "out.json", tmp_path / "cost.json"
    )
    assert json.loads((tmp_path / "out.json").read_text()) == {"status": "diverged"}


def test_too_few_validation_molecules_are_an_error_and_write_nothing(tmp_path):
    folder = small_model(tmp_path / "m", width=4, layers=1)
    (folder / "metrics.json").write_text(json.dumps({"status": "ok"}))
    write_shard(tmp_path / "valid.safetensors", random_shard(15))
    config = {"mask_fraction": 0.15, "batches": 3, "molecules_per_batch": 10}
    with pytest.raises(UserError, match="2 batches"):
        written = tmp_path / "out.json", tmp_path / "cost.json"
        measure_curvature.measure_curvature(folder, tmp_path / "valid.safetensors", config, *written)
    assert not (tmp_path / "out.json").exists()
