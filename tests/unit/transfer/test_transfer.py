"""Embeddings, predictors and heads against independent computations."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from clm.models.build import load_model
from clm.tasks.table import Task
from clm.transfer.embed import embed, project
from clm.transfer.finetune import FineTuner, LabelScaler, label_loss, predict, shuffled_batches, warmup_linear_decay
from clm.transfer.initial_head import probe_head
from clm.transfer.neighbours import nearest_score
from clm.transfer.probe import probe
from clm.transfer.probe_trunk import feature_sets, inner_layers
from models import random_shard, small_model
from transformers import AutoModel

RATE = 3e-3
SETTINGS = {"steps": 150, "warmup_steps": 5, "batch_molecules": 16, "weight_decay": 0.01, "precision": "float32"}
SETTINGS |= {"head": "linear_probe", "dropout": 0.0}


def task_of(y, names=("y",)):
    n = len(y)
    smiles = [f"C{i}" for i in range(n)]
    return Task(np.arange(n), smiles, smiles, smiles, np.asarray(y, float).reshape(n, -1), list(names))


def test_embedding_is_the_mean_over_real_tokens_of_transformers(tmp_path):
    folder, shard = small_model(tmp_path), random_shard(20)
    theirs = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
    found = embed(load_model(folder), shard, max_tokens=90)
    layers = embed(load_model(folder), shard, every_layer=True)
    for i, ids in enumerate(shard.sequences()):
        with torch.no_grad():
            hidden = theirs(input_ids=torch.tensor(ids.astype(int))[None]).last_hidden_state[0]
        np.testing.assert_allclose(found[i], hidden[1:-1].mean(0).numpy(), atol=1e-5)
    np.testing.assert_allclose(layers[-1], found, atol=1e-5)
    assert layers.shape == (3, 20, 16)


def test_projection_is_fixed_and_keeps_distances_roughly():
    x = np.random.default_rng(0).standard_normal((30, 200))
    assert (project(x, 150) == project(x, 150)).all()
    lengths = np.linalg.norm(project(x, 150), axis=1) / np.linalg.norm(x, axis=1)
    assert abs(lengths.mean() - 1) < 0.1


def test_neighbours_find_clusters_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    y = np.repeat([0.0, 1.0], 50)
    clustered = rng.standard_normal((100, 8)) + 6 * y[:, None]
    assert nearest_score(clustered, y, "classification") == pytest.approx(1, abs=0.01)
    assert abs(nearest_score(rng.standard_normal((100, 8)), y, "classification") - 0.5) < 0.2


def test_projected_features_are_probed_on_every_split_and_inner_layers_on_the_first():
    layers = np.random.default_rng(0).standard_normal((4, 10, 16))
    settings = {"projected_width": 8, "inner_layers": 2}
    assert list(feature_sets(layers, settings, primary=False)) == ["mean", "projected"]
    assert {"mean", "projected", "layer0"} <= set(feature_sets(layers, settings, primary=True))
    assert feature_sets(layers, settings, primary=False)["projected"].shape == (10, 8)


def test_inner_layers_are_spread_evenly_with_the_middle_among_them():
    assert [inner_layers(count, 4) for count in (1, 4)] == [[0], [0, 1, 2, 3]]
    assert inner_layers(15, 4) == [0, 5, 7, 9, 14] and inner_layers(10, 2) == [0, 5, 9]
    for count in range(2, 40):
        chosen = inner_layers(count, 4)
        assert chosen[0] == 0 and chosen[-1] == count - 1 and count // 2 in chosen and len(chosen) <= 5


def test_a_probe_never_sees_test_or_validation_labels():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((90, 4)), rng.standard_normal(90)
    parts = {"train": np.arange(60), "valid": np.arange(60, 75), "test": np.arange(75, 90)}
    prediction, _ = probe(x, task_of(y), parts, "regression")
    other = y.copy()
    other[60:] = rng.standard_normal(30) * 100
    assert (probe(x, task_of(other), parts, "regression")[0] == prediction).all()


def test_finetuning_learns_a_planted_label_and_repeats_itself(tmp_path):
    model, shard = load_model(small_model(tmp_path)), random_shard(150)
    y = np.array([np.sin(ids.astype(float)).mean() for ids in shard.sequences()]) * 10
    train, test = np.arange(120), np.arange(120, 150)
    task = task_of(y)
    tuner = FineTuner(model, 1, "regression", SETTINGS)
    found, other, again = (
        predict(*tuner.run(task, shard, train, RATE, seed), shard, test, "regression") for seed in (0, 1, 0)
    )
    assert np.sqrt(np.mean((found[:, 0] - y[test]) ** 2)) < 0.7 * y[train].std()
    assert (again == found).all(), "something of an earlier run is left"
    assert (other != found).any()


@pytest.mark.parametrize("settings", [{"head": "random"}, {"head": "linear_probe"}, {"dropout": 0.2}])
def test_seeds_differ_in_order_dropout_and_random_head(tmp_path, settings):
    model, shard = load_model(small_model(tmp_path)), random_shard(60)
    task, train = task_of(shard.lengths), np.arange(50)
    tuner = FineTuner(model, 1, "regression", SETTINGS | {"steps": 4} | settings)
    scaler = LabelScaler.fit(task.labels[train], "regression")
    heads = [tuner.initial_head(task, shard, train, scaler, seed)[0].numpy() for seed in (0, 1)]
    assert (heads[0] == heads[1]).all() == (settings.get("head") != "random")
    orders = [np.concatenate([next(batches) for _ in range(4)]) for batches in map(order_of, (0, 1))]
    assert (orders[0] != orders[1]).any()
    whole = FineTuner(model, 1, "regression", SETTINGS | {"steps": 1, "batch_molecules": 50} | settings)
    weights = [whole.run(task, shard, train, RATE, seed)[0].head.weight.detach().numpy().copy() for seed in (0, 1, 0)]
    assert (weights[0] == weights[2]).all()
    same = np.allclose(weights[0], weights[1], atol=1e-5)  # a batch of all molecules has no order but that of sums
    assert same == (settings == {"head": "linear_probe"})


def order_of(seed):
    return shuffled_batches(50, 16, np.random.default_rng([seed, 2]))


@pytest.mark.parametrize("settings", [{"head": "random"}, {"head": "linear_probe", "dropout": 0.2}])
def test_another_process_fine_tunes_to_the_same_bytes(tmp_path, settings):
    told = json.dumps(SETTINGS | {"steps": 5} | settings)
    command = [sys.executable, "-c", ANOTHER, str(small_model(tmp_path)), told]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    digests = {subprocess.run(command, capture_output=True, check=True, env=environment).stdout for _ in range(2)}
    assert len(digests) == 1 and len(digests.pop().strip()) == 64


ANOTHER = """
import hashlib, json, sys
import numpy as np
from clm.models.build import load_model
from clm.transfer.finetune import FineTuner
from models import random_shard
from test_transfer import task_of
shard = random_shard(40)
tuner = FineTuner(load_model(sys.argv[1]), 1, "regression", json.loads(sys.argv[2]))
tuned, _ = tuner.run(task_of(shard.lengths), shard, np.arange(40), 1e-3, 3)
print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in tuned.parameters())).hexdigest())
"""


def test_a_fine_tuned_model_begins_as_the_linear_probe(tmp_path):
    model, shard = load_model(small_model(tmp_path)), random_shard(80)
    rng = np.random.default_rng(0)
    y = np.column_stack([shard.lengths * 3.0 + 50, rng.standard_normal(80)])
    y[::7, 1] = np.nan
    task, train, test = task_of(y, ("length", "noise")), np.arange(60), np.arange(60, 80)
    expected, _ = probe(embed(model, shard), task, {"train": train, "test": test}, "regression")
    tuner = FineTuner(model, 2, "regression", SETTINGS | {"steps": 0})
    found = predict(*tuner.run(task, shard, train, RATE, 0), shard, test, "regression")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_an_epoch_of_batches_is_a_permutation_and_the_next_another_one():
    drawn = shuffled_batches(10, 4, np.random.default_rng(0))
    epochs = [[next(drawn) for _ in range(3)] for _ in range(2)]
    assert [len(batch) for batch in epochs[0]] == [4, 4, 2]
    first, second = (np.concatenate(epoch) for epoch in epochs)
    assert sorted(first) == sorted(second) == list(range(10)) and first.tolist() != second.tolist()


def test_missing_labels_do_not_reach_the_objective():
    output, y = torch.tensor([[1.0, 5.0], [2.0, 3.0]], requires_grad=True), torch.tensor([[0.0, torch.nan], [2.0, 1.0]])
    loss = label_loss(output, y, "regression")
    assert loss.item() == pytest.approx((1 + 0 + 4) / 3)
    loss.backward()
    assert output.grad[0, 1] == 0


def test_scaling_uses_what_is_there():
    scaling = LabelScaler.fit(np.array([[1.0, np.nan], [3.0, np.nan]]), "regression")
    assert scaling.mean.tolist() == [2, 0] and scaling.sd.tolist() == [1, 1]


def test_rate_rises_and_ends_near_zero():
    rates = [warmup_linear_decay(step, 5, 50) for step in range(50)]
    assert rates[0] == 0.2 and max(rates) == 1 and rates[-1] < 0.03


def test_an_encoder_that_diverged_gets_a_head_of_zeros(tmp_path):
    model, shard = load_model(small_model(tmp_path)), random_shard(40)
    with torch.no_grad():
        model.roberta_prelayernorm.LayerNorm.weight.fill_(np.nan)
    task = task_of(shard.lengths)
    weights, biases = probe_head(model, task, shard, np.arange(30), "regression", np.zeros(1), np.ones(1))
    assert not weights.any() and not biases.any()
