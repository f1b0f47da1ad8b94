"""Optimizers: the steps of torch, other steps by name, and a stopped run that ends with the same bytes."""

import torch
from clm.models.build import load_model
from clm.training.optimizers import SGD, AdamW, Muon, build_optimizer
from models import small_model
from test_training import MUON, SETTINGS, stopped_and_resumed, trained, weights


def test_sgd_is_another_optimizer(tmp_path):
    folder = small_model(tmp_path / "m")
    sgd = SETTINGS | {"optimizer": {"name": "sgd", "momentum": 0.9, "weight_decay": 0.0}}
    a, b = trained(folder, tmp_path / "a", 4_000), trained(folder, tmp_path / "b", 4_000, sgd)
    assert weights(a) != weights(b) and isinstance(b.optimizer, SGD)


def test_optimizers_take_the_steps_of_torch(tmp_path):
    generator = torch.Generator().manual_seed(0)
    start = [torch.randn(5, 4, generator=generator), torch.randn(7, generator=generator)]
    slopes = [[torch.randn(p.shape, generator=generator) for p in start] for _ in range(6)]

    def walk(build, step):
        parameters = [torch.nn.Parameter(p.clone()) for p in start]
        optimizer = build(parameters)
        for number, gradients in enumerate(slopes):
            for p, g in zip(parameters, gradients, strict=True):
                p.grad = g.clone()
            step(optimizer, 0.01 * (number + 1))
        return parameters

    def theirs(kind, **options):
        def build(parameters):
            groups = [{"params": parameters[:1], "weight_decay": 0.1}, {"params": parameters[1:], "weight_decay": 0.0}]
            return kind(groups, lr=0.0, **options)

        return build

    def step_theirs(optimizer, rate):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()

    def step_ours(optimizer, rate):
        optimizer.step(rate)

    adamw = theirs(torch.optim.AdamW, betas=(0.9, 0.98), fused=True)
    for a, b in zip(walk(adamw, step_theirs), walk(lambda p: AdamW(p, 0.1, (0.9, 0.98)), step_ours), strict=True):
        assert torch.equal(a, b)
    sgd = theirs(torch.optim.SGD, momentum=0.9, nesterov=True)
    for a, b in zip(walk(sgd, step_theirs), walk(lambda p: SGD(p, 0.1, 0.9), step_ours), strict=True):
        torch.testing.assert_close(a, b)


def polar(gradient):
    """Return U V' of a matrix U S V'."""
    u, _, v = torch.linalg.svd(gradient.double(), full_matrices=False)
    return (u @ v).float()


def test_muon_orthogonalizes_the_matrices_of_layers_and_leaves_the_rest_to_adamw(tmp_path):
    model = load_model(small_model(tmp_path / "m"))
    generator = torch.Generator().manual_seed(0)
    gradients = {name: torch.randn(p.shape, generator=generator) for name, p in model.named_parameters()}
    updates = {}
    for name in ("adamw", "muon"):
        model = load_model(tmp_path / "m")
        before = {key: p.detach().clone() for key, p in model.named_parameters()}
        for key, p in model.named_parameters():
            p.grad = gradients[key].clone()
        settings = {"name": name, "momentum": 0.9, "beta2": 0.98, "weight_decay": 0.0}
        build_optimizer(model.named_parameters(), settings).step(1.0)
        updates[name] = {key: p.detach() - before[key] for key, p in model.named_parameters()}
    matrices = {key for key, g in gradients.items() if ".layer." in key and g.ndim == 2}
    assert len(matrices) == 6 * model.config["num_hidden_layers"]
    for key, gradient in gradients.items():
        if key not in matrices:
            assert torch.equal(updates["muon"][key], updates["adamw"][key]), key
            continue
        update = -updates["muon"][key] / (0.2 * max(gradient.shape) ** 0.5)  # in units of an orthogonal matrix
        stretches = torch.linalg.svdvals(update)
        assert 0.4 < stretches.min() and stretches.max() < 1.4, "torch's iteration is good to about a third"
        likeness = torch.nn.functional.cosine_similarity(update.flatten(), polar(gradient).flatten(), dim=0)
        assert likeness > 0.95, key
        rms = {name: update[key].square().mean().sqrt() for name, update in updates.items()}
        assert 0.1 < rms["muon"] / rms["adamw"] < 0.5, "one learning rate serves both: 0.2 to 0.4 of it is usual"


def test_muon_learns_and_continues_to_the_same_bytes(tmp_path, monkeypatch):
    folder = small_model(tmp_path / "m")
    whole = trained(folder, tmp_path / "whole", 8_000, MUON)
    assert isinstance(whole.optimizer, Muon) and whole.progress.curve[-1][3] < whole.progress.curve[0][3] - 0.05
    cut = stopped_and_resumed(monkeypatch, 40, folder, tmp_path / "cut", 8_000, MUON)
    assert weights(cut) == weights(whole) and cut.progress == whole.progress
