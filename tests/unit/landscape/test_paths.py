"""Lines between weights and task vectors by known answers."""

import finetune_endpoint
import measure_paths
import numpy as np
import pandas as pd
import pytest
import torch
from clm.landscape.paths import FRACTIONS, cosines, describe_line, line_losses
from clm.models.build import load_model
from clm.provenance.files import write_json
from clm.tasks.table import Task
from clm.tokens.shards import write_shard
from clm.training.masked_loss import evaluation_batches
from clm.training.masks import fixed_masks
from clm.transfer.finetune import FineTunedModel, FineTuner
from models import random_shard, small_model
from safetensors.torch import save_file
from torch.nn import functional as F


def test_line_between_two_wells_has_their_barrier():
    w = torch.nn.Parameter(torch.tensor([3.0, 3.0]))
    ends = ([torch.tensor([-1.0, 0.0])], [torch.tensor([1.0, 0.0])])
    losses = line_losses([w], ends, lambda: float((w[0] ** 2 - 1) ** 2 + 0.5 * w[0]))
    assert describe_line(losses) == pytest.approx({"loss_from": -0.5, "loss_to": 0.5, "barrier": 1.0})
    assert w.tolist() == [3, 3]
    valley = line_losses([w], ends, lambda: float(w[0] ** 2))
    assert describe_line(valley)["barrier"] == pytest.approx(0) and len(valley) == len(FRACTIONS)


def test_cosines_of_planted_ways():
    start = np.array([5.0, 5.0, 5.0])
    ends = start + np.array([[1, 0, 0], [2, 0, 0], [0, 3, 0], [-1, 0, 0], [1, 1, 0], [0, 0, 0]])
    found = cosines(start, ends)
    assert found[0, :5] == pytest.approx([1, 1, 0, -1, np.sqrt(0.5)]) and np.isnan(found[5]).all()


def test_head_is_fixed_and_ends_are_the_fine_tuned_encoders(tmp_path):
    """At its end the task loss is that of the fine-tuned model; at its start, of its head on the old encoder."""
    model, shard = load_model(small_model(tmp_path / "m")), random_shard(40)
    y = shard.lengths[:, None].astype(float)
    task = Task(np.arange(40), [""] * 40, [""] * 40, [""] * 40, y, ["value"])
    updates = {"steps": 20, "warmup_steps": 2, "batch_molecules": 8, "weight_decay": 0.0, "precision": "float32"}
    updates |= {"head": "random", "dropout": 0.0}
    tuned, scaling = FineTuner(model, 1, "regression", updates).run(task, shard, np.arange(30), 0.01, 0)
    chosen = np.arange(30, 40)

    def loss(net=tuned):
        return finetune_endpoint.task_loss(net, scaling, task, shard, chosen, "regression")

    ends = [finetune_endpoint.copied(module) for module in (model.roberta_prelayernorm, tuned.encoder)]
    before = loss()
    losses = line_losses(list(tuned.encoder.parameters()), tuple(ends), loss)
    assert losses[-1] == pytest.approx(before, rel=1e-6) and loss() == before
    hybrid = FineTunedModel(model, 1).eval()
    hybrid.head.load_state_dict(tuned.head.state_dict())
    assert losses[0] == pytest.approx(loss(hybrid), rel=1e-6) != pytest.approx(losses[-1], rel=1e-3)


def masked_loss(folder, shard):
    model = load_model(folder)
    (batch,) = evaluation_batches(shard, fixed_masks(shard, 0.15), 10**6)
    with torch.no_grad():
        return F.cross_entropy(model(batch.ids, batch.attention, batch.positions), batch.targets).item()


def test_tables_of_a_mapped_trunk(tmp_path):
    trunk = tmp_path / "pretrain/zinc/s/2k"
    small_model(tmp_path / "pretrain/untrained/s/none/seed0/0", seed=0)
    folders = [small_model(trunk / name, seed=i + 1) for i, name in enumerate(("seed0/1k", "seed0/2k", "seed1/2k"))]
    ends = tmp_path / "landscape/endpoints/zinc/s/2k/seed0/2k"
    ends.mkdir(parents=True)
    weights = load_model(folders[1]).state_dict()
    step = {name: torch.randn(value.shape) for name, value in weights.items()}
    for seed, length in ((0, 0.1), (1, 0.3)):
        moved = {name: (value + length * step[name]).contiguous() for name, value in weights.items()}
        save_file(moved, ends / f"esol-seed{seed}.safetensors")
    write_json(ends / "esol.json", {"pretrained": [1.0 - a + 4 * a * (1 - a) for a in FRACTIONS], "seeds": [None] * 11})
    (tmp_path / "corpora/zinc/tokens").mkdir(parents=True)
    shard = random_shard(20)
    write_shard(tmp_path / "corpora/zinc/tokens/valid.safetensors", shard)
    entry = {"corpus": "zinc", "size": "s", "subset": "2k", "seed": 0, "budgets": ["1k", "2k"], "tasks": ["esol"]}
    write_json(tmp_path / "cells" / "maps.json", [entry | {"others": [1]}])
    settings = {"seeds": [0, 1], "mask_fraction": 0.15, "molecules": 20}
    files = [tmp_path / f"{name}.csv" for name in ("barriers", "curves", "vectors")]
    measure_paths.measure_paths(tmp_path, [tmp_path / "cells" / "maps.json"], settings, *files)
    barriers, curves, vectors = map(pd.read_csv, files)
    assert barriers.kind.tolist() == ["budgets", "seeds", "fine-tuning", "fine-tuning seeds"]
    assert len(curves) == 4 * len(FRACTIONS)
    expected = [masked_loss(folder, shard) for folder in folders]
    assert barriers.loss_from[:2].tolist() == pytest.approx(expected[:2], rel=1e-5)
    assert barriers.loss_to[:2].tolist() == pytest.approx(expected[1:], rel=1e-5)
    assert barriers.barrier[2] == pytest.approx(1.0) and np.isnan(barriers.barrier[3])  # a loss that is no number
    same = vectors[(vectors.a == "esol") & (vectors.b == "esol")]
    assert same.cosine.item() == pytest.approx(1, abs=1e-5)
    assert same.relative_length_b.item() == pytest.approx(3 * same.relative_length_a.item(), rel=1e-5)
    assert len(vectors) == 3 and vectors.a.tolist()[0] == "pretraining"
