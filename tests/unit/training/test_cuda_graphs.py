"""Padding of the targets changes no loss, and CUDA graphs replay the eager steps (the latter on a GPU)."""

from itertools import islice

import numpy as np
import pytest
import torch
from clm.models.build import load_model
from clm.models.device import device
from clm.training.batch_loader import BatchLoader
from clm.training.cuda_graphs import CudaGraphStep, compiled_layers
from clm.training.trainer import Trainer
from clm.transfer.finetune import FineTuner, predict
from models import random_shard, small_model
from test_training import SCHEDULE, SETTINGS
from test_transfer import RATE, task_of
from test_transfer import SETTINGS as UPDATES

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def test_batches_with_padded_targets_have_one_shape_and_the_same_loss(tmp_path):
    shard, model = random_shard(300), load_model(small_model(tmp_path))
    trainers = [Trainer(model, shard, SETTINGS, 3), Trainer(model, shard, SETTINGS, 3)]
    loaders = [BatchLoader(shard, model.config, SETTINGS, 3, pad_targets=one) for one in (False, True)]
    shapes, masked = set(), set()
    for plain, padded in islice(zip(*(loader.iterate_from(0) for loader in loaders), strict=False), 100):
        assert plain.masked == padded.masked and (plain.lengths == padded.lengths).all()
        shapes.add(tuple(tuple(part.shape) for part in padded.micro_batches[0]))
        masked.add(plain.masked)
        losses = [
            trainer.backward(batch.micro_batches[0], batch.masked).item()
            for trainer, batch in zip(trainers, (plain, padded), strict=True)
        ]
        assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert shapes == {((3, 40), (3, 40), (3, 40), (18,), (18,))} and len(masked) > 1


def test_on_a_cpu_a_step_is_just_called():
    seen = []
    step = CudaGraphStep(lambda x, rate: seen.append(rate) or x + rate)
    assert [step([torch.ones(2)], torch.device("cpu"), rate).tolist() for rate in (1, 2)] == [[2, 2], [3, 3]]
    assert seen == [1, 2]


def pretrained(folder, graphs, compile_layers=False, steps=120):
    trainer = Trainer(load_model(folder).to(device()), random_shard(300), SETTINGS, 3)
    if not graphs:
        trainer.graph_step = None
    with compiled_layers(trainer.model, compile_layers):
        losses = [trainer.step(trainer.next_batch(), SCHEDULE.trunk(1000 * step)).item() for step in range(steps)]
    return trainer, losses


@gpu
@pytest.mark.parametrize("compile_layers", [False, True])
def test_replayed_steps_are_the_eager_steps(tmp_path, compile_layers):
    folder = small_model(tmp_path, width=64)
    trainer, losses = pretrained(folder, graphs=True, compile_layers=compile_layers)
    _, plain = pretrained(folder, graphs=False)
    assert len(trainer.graph_step.graphs) == 1
    assert np.abs(np.array(losses) - plain).max() < 1e-3
    assert trainer.optimizer.steps[0].item() == 120


@gpu
def test_training_by_cuda_graphs_resumes_from_its_state(tmp_path):
    folder = small_model(tmp_path)
    trainer, _ = pretrained(folder, graphs=True, steps=60)
    torch.save(trainer.state(), tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", map_location=device(), weights_only=True)
    losses = [trainer.step(trainer.next_batch(), 1e-3).item() for _ in range(20)]
    trainer.restore(state)
    assert [trainer.step(trainer.next_batch(), 1e-3).item() for _ in range(20)] == pytest.approx(losses, abs=1e-4)


@gpu
def test_fine_tuning_by_cuda_graphs_repeats_itself_and_learns(tmp_path):
    model, shard = load_model(small_model(tmp_path)).to(device()), random_shard(150)
    y = np.array([np.sin(ids.astype(float)).mean() for ids in shard.sequences()]) * 10
    train, test = np.arange(120), np.arange(120, 150)
    tuner = FineTuner(model, 1, "regression", UPDATES)
    first, again = (predict(*tuner.run(task_of(y), shard, train, RATE, 0), shard, test, "regression") for _ in range(2))
    assert np.abs(first - again).max() < 1e-2 * y.std()
    assert np.sqrt(np.mean((first[:, 0] - y[test]) ** 2)) < 0.7 * y[train].std()
