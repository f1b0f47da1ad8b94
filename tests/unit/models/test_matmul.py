"""Products by oneDNN against those of torch, with their first and second derivatives."""

import pytest
import torch
from clm.models import matmul
from clm.models.build import load_model
from clm.models.matmul import OneDNNLinear, linear, outer
from models import VOCABULARY, small_model
from torch.nn import functional as F

USE_ONEDNN = matmul.use_onednn
pytestmark = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")


@pytest.fixture(autouse=True)
def all_by_onednn(monkeypatch):
    monkeypatch.setattr(matmul, "MIN_MULTIPLY_ADDS", 0)
    monkeypatch.setattr(matmul, "use_onednn", lambda: True)


def tensors(*shapes):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


def close(found, expected):
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("rows", [(7,), (3, 5)])
@pytest.mark.parametrize("biased", [True, False])
def test_values_and_gradients_are_those_of_torch(rows, biased):
    x, weight, bias = tensors((*rows, 6), (9, 6), (9,))
    bias = bias if biased else None
    inputs = [x, weight, bias] if biased else [x, weight]
    assert isinstance(linear(x, weight, bias).grad_fn, OneDNNLinear._backward_cls)
    close(linear(x, weight, bias), F.linear(x, weight, bias))
    found, expected = (torch.autograd.grad((f(x, weight, bias) ** 3).sum(), inputs) for f in (linear, F.linear))
    for ours, theirs in zip(found, expected, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize(
    "reduced",
    [torch.sum, lambda y: (y.sum(0) ** 2).sum(), lambda y: (y[:, ::2] ** 2).sum(), lambda y: (y.T[1:4] ** 2).sum()],
    ids=["one slope for all", "one slope per column", "columns", "turned"],
)
def test_slopes_may_lie_in_memory_as_they_like(reduced):
    inputs = tensors((7, 6), (9, 6), (9,))
    found, expected = (torch.autograd.grad(reduced(f(*inputs)), inputs) for f in (linear, F.linear))
    for ours, theirs in zip(found, expected, strict=True):
        close(ours, theirs)


def test_second_derivatives_are_those_of_torch():
    x, weight, bias = tensors((7, 6), (9, 6), (9,))
    directions = [torch.randn(tensor.shape) for tensor in (x, weight, bias)]

    def product(function):
        slopes = torch.autograd.grad((function(x, weight, bias) ** 3).sum(), [x, weight, bias], create_graph=True)
        along = sum((slope * d).sum() for slope, d in zip(slopes, directions, strict=True))
        return torch.autograd.grad(along, [x, weight, bias])

    for ours, theirs in zip(product(linear), product(F.linear), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("shapes", [((7, 3), (7, 5)), ((7, 5), (7, 3))])
def test_sums_of_outer_products_turn_either_side(shapes):
    left, right = tensors(*shapes)
    close(outer(left, right), left.T @ right)


@pytest.mark.parametrize(("vendor", "told"), [("AuthenticAMD", True), ("GenuineIntel", False), (None, False)])
def test_mkl_keeps_the_products_of_processors_that_it_is_made_for(tmp_path, monkeypatch, vendor, told):
    cpu = tmp_path / "cpuinfo"
    if vendor:
        cpu.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\n", encoding="utf-8")
    monkeypatch.setattr(matmul, "CPUINFO", cpu)
    assert USE_ONEDNN.__wrapped__() is told


def test_double_precision_and_small_products_are_left_to_torch(monkeypatch):
    x, weight = (tensor.double() for tensor in tensors((7, 6), (9, 6)))
    assert torch.equal(linear(x, weight), F.linear(x, weight))
    monkeypatch.setattr(matmul, "MIN_MULTIPLY_ADDS", 10**9)
    x, weight = tensors((7, 6), (9, 6))
    assert torch.equal(linear(x, weight), F.linear(x, weight))


def test_every_product_with_weights_of_the_encoder_is_one_of_them(tmp_path, monkeypatch):
    model = load_model(small_model(tmp_path, layers=2))
    ids, positions, shapes = torch.randint(5, VOCABULARY, (3, 11)), torch.arange(33), []
    ours = model(ids, None, positions)
    monkeypatch.setattr(
        matmul.OneDNNLinear, "apply", lambda x, w, b: shapes.append(tuple(w.shape)) or F.linear(x, w, b)
    )
    torch.testing.assert_close(ours, model(ids, None, positions), atol=2e-5, rtol=2e-5)
    layer = [(48, 16), (16, 16), (64, 16), (16, 64)]  # query, key and value are one product
    assert shapes == 2 * layer + [(16, 16), (VOCABULARY, 16)]
