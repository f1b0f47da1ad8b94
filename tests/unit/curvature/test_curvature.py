"""Curvature against exact Hessians of small models in float64 and against PyHessian itself."""

import measure_curvature
import numpy as np
import pytest
import torch
from clm.curvature.batches import disjoint_batches, masked_tokens
from clm.curvature.hessian import Curvature, masked_lm_objective
from clm.curvature.lanczos import extreme_eigenvalues
from clm.curvature.sharpness import adaptive_sharpness
from clm.curvature.trace import combine, traces
from clm.models.build import load_model
from clm.training.masks import fixed_masks
from models import batch_loss, exact_hessian, random_shard, small_model
from pyhessian import hessian as PyHessian


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """A model in float64, three batches with unequal numbers of masked tokens, and its Hessian by brute force."""
    folder = small_model(tmp_path_factory.mktemp("m"), width=4, layers=1)
    model = load_model(folder, attention="eager", dtype=torch.float64)
    shard = random_shard(30)
    batches = list(disjoint_batches(shard, 0.15, 2, 5)) + list(
        disjoint_batches(shard.take(np.arange(10, 30)), 0.3, 1, 9)
    )
    assert len({len(batch.targets) for batch in batches}) == 3
    curvature = Curvature(model, masked_lm_objective(model), batches, masked_tokens(batches))
    losses = [batch_loss(model, curvature, batch) for batch in batches]
    start = curvature.flat([p.detach() for p in curvature.parameters])
    matrices = [exact_hessian(loss, start) for loss in losses]
    shares = [len(batch.targets) / sum(len(b.targets) for b in batches) for batch in batches]

    def loss(vector):
        return sum(share * one(vector) for share, one in zip(shares, losses, strict=True))

    matrix = sum(share * one for share, one in zip(shares, matrices, strict=True))
    return curvature, matrix, loss, start, model, batches, matrices


def test_products_are_those_of_the_exact_hessian(exact):
    curvature, matrix, loss, start, *_ = exact
    vector = torch.randn(curvature.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(curvature.product(vector), matrix @ vector, rtol=1e-8, atol=1e-10)
    assert curvature.loss == pytest.approx(loss(start).item(), rel=1e-12)
    step = 1e-5
    difference = (torch.func.grad(loss)(start + step * vector) - torch.func.grad(loss)(start - step * vector)) / (
        2 * step
    )
    torch.testing.assert_close(
        curvature.product(vector), difference, rtol=1e-4, atol=1e-5 * float(difference.abs().max())
    )


def test_tied_matrix_counts_once_and_unreached_parameters_not_at_all(exact):
    curvature, _, _, _, model, *_ = exact
    assert len(curvature.names) == len(set(curvature.names))
    tables = [name for name in curvature.names if name.endswith("word_embeddings.weight")]
    assert len(tables) == 1 and not any("decoder" in name for name in curvature.names)
    assert curvature.size <= sum(p.numel() for p in model.parameters())


def test_traces_agree_with_the_exact_ones(exact):
    curvature, matrix, _, start, _, _, matrices = exact
    found = traces(curvature, 400, seed=0)
    diagonal = matrix.diagonal()
    # Var(v'Hv) = 2 sum of squared off-diagonal elements (Hutchinson 1989)
    spread = [2 * float((h**2).sum() - (h.diagonal() ** 2).sum()) for h in matrices]
    error = np.sqrt(sum(w**2 * s / 400 for w, s in zip(curvature.weights, spread, strict=True)))
    assert abs(found["trace"].mean - float(diagonal.sum())) < 3 * error < 0.5 * abs(float(diagonal.sum()))
    encoder = torch.cat(
        [
            torch.full((p.numel(),), n.startswith("roberta"))
            for n, p in zip(curvature.names, curvature.parameters, strict=True)
        ]
    )
    assert abs(found["encoder"].mean - float(diagonal[encoder].sum())) < 3 * error
    scaled, bound = diagonal * start**2, 3 * error * float((start**2).max())
    assert abs(found["scale_aware"].mean - float(scaled.sum())) < bound
    assert abs(found["encoder_scale_aware"].mean - float(scaled[encoder].sum())) < bound


def test_trace_of_the_encoder_is_that_of_its_own_weights():
    """A quadratic with curvatures 1 to 5 in the encoder and 100 in the head."""

    class Split(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.roberta = torch.nn.Linear(5, 1, bias=False, dtype=torch.float64)
            self.lm_head = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)

    model, bends = Split(), torch.arange(1.0, 6.0, dtype=torch.float64)
    torch.nn.init.constant_(model.roberta.weight, 2.0)
    torch.nn.init.constant_(model.lm_head.weight, 3.0)
    objective = lambda _: (bends @ model.roberta.weight[0] ** 2 + 100 * model.lm_head.weight[0, 0] ** 2) / 2  # noqa: E731
    found = traces(Curvature(model, objective, [0, 1], [1, 1]), 1, 0)
    assert found["trace"].mean == pytest.approx(115) and found["encoder"].mean == pytest.approx(15)
    assert found["scale_aware"].mean == pytest.approx(4 * 15 + 9 * 100)
    assert found["encoder_scale_aware"].mean == pytest.approx(4 * 15)


def test_eigenvalues_agree_with_the_exact_ones(exact):
    curvature, matrix, *_ = exact
    values = torch.linalg.eigvalsh(matrix)
    start = torch.randn(curvature.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = extreme_eigenvalues(curvature.product, start, 5, 1e-3, 200)
    np.testing.assert_allclose(found.largest, values.flip(0)[:5].numpy(), rtol=2e-3)
    assert found.smallest == pytest.approx(values[0].item(), rel=1e-2)
    assert found.steps < 200


def test_pyhessian_agrees_on_a_single_batch(exact):
    *_, model, batches, _ = exact
    batch = batches[0]
    ours = Curvature(model, masked_lm_objective(model), [batch], [1.0])

    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, ids):
            return self.model(ids, batch.attention, batch.positions)

    model.zero_grad()
    theirs = PyHessian(Wrapped(), torch.nn.functional.cross_entropy, data=(batch.ids, batch.targets), cuda=False)
    torch.manual_seed(0)
    (value,), _ = theirs.eigenvalues(maxIter=300, tol=1e-6, top_n=1)
    start = torch.randn(ours.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = extreme_eigenvalues(ours.product, start, 5, 1e-4, 200)
    assert max(found.largest[0], found.smallest, key=abs) == pytest.approx(value, rel=1e-3)
    model.zero_grad(set_to_none=True)


def test_largest_algebraic_is_not_largest_modulus():
    values = torch.cat([torch.tensor([-10.0, 9.0]), torch.linspace(-1, 1, 60)]).double()
    found = extreme_eigenvalues(lambda v: values * v, torch.ones(62, dtype=torch.float64), 5, 1e-8, 62)
    assert found.largest[0] == pytest.approx(9) and found.smallest == pytest.approx(-10)
    assert found.largest[1:] == pytest.approx([1, 1 - 2 / 59, 1 - 4 / 59, 1 - 6 / 59], abs=1e-6)


def test_scale_aware_trace_ignores_the_scale_of_an_invariant_layer():
    x = torch.randn(200, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = torch.sin(x[:, 0])

    class Scaled(torch.nn.Module):
        def __init__(self, c):
            super().__init__()
            self.w = torch.nn.Parameter(c * torch.linspace(0.5, 1.5, 6, dtype=torch.float64))

    def measure(c):
        model = Scaled(c)
        objective = lambda batch: ((x[batch] @ (model.w / model.w.norm()) - y[batch]) ** 2).mean()  # noqa: E731
        batches = [slice(0, 100), slice(100, 200)]
        return traces(Curvature(model, objective, batches, [1, 1]), 500, 0)

    one, ten = measure(1.0), measure(10.0)
    assert ten["scale_aware"].mean == pytest.approx(one["scale_aware"].mean, rel=1e-9)
    assert ten["trace"].mean == pytest.approx(one["trace"].mean / 100, rel=1e-9)


def test_standard_error_covers_the_truth_in_most_repeats():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        weights = rng.integers(5, 15, 12).astype(float)
        found = combine(3 + rng.standard_normal(12), weights)
        covered += abs(found.mean - 3) < 2.2 * found.standard_error  # t with 11 degrees of freedom
    assert 0.92 < covered / 400 < 0.98


def test_sharpness_of_a_quadratic_is_known_and_weights_come_back():
    w = torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64))
    before = w.detach().clone()
    found = adaptive_sharpness([w], lambda: float((w.detach() ** 2).sum() / 2), [0.1, 0.2], 4000, 0)
    assert torch.equal(w.detach(), before)
    expected = [rho**2 * float((before**2).sum()) / 2 for rho in (0.1, 0.2)]
    for one, value in zip(found, expected, strict=True):
        assert abs(one.mean - value) < 4 * one.standard_error


def test_batches_are_disjoint_and_the_same_for_all():
    shard = random_shard(60)
    batches = list(disjoint_batches(shard, 0.15, 3, 10))
    again = list(disjoint_batches(shard, 0.15, 3, 10))
    assert len(batches) == 3 and all(torch.equal(a.ids, b.ids) for a, b in zip(batches, again, strict=True))
    seen = []
    for batch in batches:
        ids = batch.ids.clone()
        ids.view(-1)[batch.positions] = batch.targets
        seen += [tuple(row[row != 0].tolist()) for row in ids]
    head = shard.head(30)
    hidden = np.add.reduceat(fixed_masks(head, 0.15), head.offsets[:-1]) > 0
    assert sorted(seen) == sorted(tuple(x.tolist()) for x, some in zip(head.sequences(), hidden, strict=True) if some)


def test_sharpness_averages_over_masked_tokens(exact):
    _, _, loss, start, model, batches, _ = exact
    config = {"rhos": [0.1], "draws": 3, "seed": 5}
    found = measure_curvature.first_order(model, batches, config)["sharpness"][0]
    parameters = list(model.parameters())
    expected = adaptive_sharpness(
        parameters, lambda: loss(torch.cat([p.detach().reshape(-1) for p in parameters])).item(), [0.1], 3, 5
    )
    assert found["mean"] == pytest.approx(expected[0].mean, rel=1e-9) and found["rho"] == 0.1
