"""PyHessian as a method: against exact Hessians, against the default method, and where it fails by itself."""

import json

import measure_curvature
import numpy as np
import pytest
import torch
from clm.curvature.hessian import Curvature
from clm.curvature.lanczos import extreme_eigenvalues
from clm.curvature.reference import reference_eigenvalues, reference_trace
from clm.curvature.trace import traces
from clm.tokens.shards import write_shard
from models import random_shard, small_model
from torch.nn import functional as F

WEIGHTS = [5.0, 9.0, 2.0]


@pytest.fixture(scope="module")
def network():
    """A small network in float64 with a parameter that its loss does not reach, and its exact Hessian."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3)).double()
        batches = [(torch.randn(int(w), 4).double(), torch.randint(0, 3, (int(w),))) for w in WEIGHTS]
    model.pooler = torch.nn.Parameter(torch.ones(7, dtype=torch.float64))  # the container does not call a parameter
    curvature = Curvature(model, lambda b: F.cross_entropy(model(b[0]), b[1]), batches, WEIGHTS)
    x, y = (torch.cat(parts) for parts in zip(*batches, strict=True))

    def loss(vector):
        shapes = [p.shape for p in curvature.parameters]
        w1, b1, w2, b2 = (v.view(s) for v, s in zip(vector.split([s.numel() for s in shapes]), shapes, strict=True))
        return F.cross_entropy(torch.tanh(x @ w1.T + b1) @ w2.T + b2, y)

    return curvature, torch.autograd.functional.hessian(loss, curvature.flat(curvature.parameters).detach())


def test_eigenvalues_are_the_exact_ones_at_both_ends(network):
    curvature, matrix = network
    exact = torch.linalg.eigvalsh(matrix).numpy()
    assert exact[0] < -1e-3, "there is a negative eigenvalue to be found"
    found = reference_eigenvalues(curvature, 5, 1e-5, 2000, 0)
    np.testing.assert_allclose(found.largest, exact[::-1][:5], rtol=1e-3)
    assert found.smallest == pytest.approx(exact[0], rel=1e-2)
    default = extreme_eigenvalues(curvature.product, torch.ones(curvature.size).double(), 5, 1e-6, 51)
    np.testing.assert_allclose(found.largest, default.largest, rtol=1e-3)


def test_the_residual_bounds_the_error_of_an_iteration_that_stopped_early(network):
    curvature, matrix = network
    exact = torch.linalg.eigvalsh(matrix)
    found = reference_eigenvalues(curvature, 5, 1e-2, 8, 0)
    scale = max(map(abs, [*found.largest, found.smallest]))
    assert found.residual > 1e-3
    for value in [*found.largest, found.smallest]:
        assert (exact - value).abs().min() <= found.residual * scale * (1 + 1e-9)


def test_traces_of_both_methods_cover_the_exact_one(network):
    curvature, matrix = network
    truth = matrix.trace().item()
    state = torch.random.get_rng_state()
    assert reference_trace(curvature, 300, 0).mean == pytest.approx(truth, rel=0.05)
    assert torch.equal(state, torch.random.get_rng_state()), "the global generator is left as it was"
    assert traces(curvature, 300, 0)["trace"].mean == pytest.approx(truth, rel=0.05)


def test_the_trace_of_a_concave_loss_takes_all_probes():
    """By itself PyHessian stops at the second probe here: it divides by the trace, which is negative."""
    model = torch.nn.Module()
    model.w = torch.nn.Parameter(torch.ones(6, dtype=torch.float64))
    noise = torch.randn(6, 6, generator=torch.Generator().manual_seed(0)).double()
    matrix = noise + noise.T - 10 * torch.eye(6).double()
    curvature = Curvature(model, lambda scale: scale * model.w @ matrix @ model.w / 2, [1.0, 1.0], [1, 1])
    found = reference_trace(curvature, 1000, 0)
    assert matrix.trace() < 0 and found.mean == pytest.approx(matrix.trace().item(), rel=0.01)


def test_methods_agree_on_a_checkpoint(tmp_path):
    folder = small_model(tmp_path / "m", width=8, layers=1)
    (folder / "metrics.json").write_text(json.dumps({"status": "ok"}))
    write_shard(tmp_path / "valid.safetensors", random_shard(60))
    config = {"mask_fraction": 0.15, "batches": 4, "molecules_per_batch": 12, "probes_per_batch": 30, "eigenvalues": 2}
    config |= {"tolerance": 1e-3, "max_products": 400, "rhos": [0.1], "draws": 2, "seed": 0}
    found = []
    for method in ("lanczos", "pyhessian"):
        out = tmp_path / f"{method}.json"
        shard, settings = tmp_path / "valid.safetensors", config | {"method": method}
        measure_curvature.measure_curvature(folder, shard, settings, out, tmp_path / "cost.json")
        found.append(json.loads(out.read_text()))
    lanczos, reference = found
    np.testing.assert_allclose(reference["eigenvalues"], lanczos["eigenvalues"], rtol=1e-2)
    assert reference["most_negative"] == pytest.approx(lanczos["most_negative"], rel=0.05)
    error = np.hypot(lanczos["trace"]["standard_error"], reference["trace"]["standard_error"])
    assert abs(reference["trace"]["mean"] - lanczos["trace"]["mean"]) < 2 * error
    assert reference["scale_aware_trace"] is None and reference["encoder"] == {"trace": None, "scale_aware_trace": None}
    assert reference["gradient_norm"] == lanczos["gradient_norm"] and reference["sharpness"] == lanczos["sharpness"]
