"""Batches of one shape change no loss, and recorded steps are the steps themselves (the latter on a GPU)."""

from itertools import islice

import numpy as np
import pytest
import torch
from clm.models.build import load_model
from clm.models.device import device
from clm.training.feed import Feed
from clm.training.recorded import Recorded, compiled
from clm.training.trainer import Trainer
from clm.transfer.finetune import Tuner, predict
from models import VOCABULARY, random_shard, small_model
from test_training import SCHEDULE, SETTINGS
from test_transfer import RATE, task_of
from test_transfer import SETTINGS as UPDATES

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def test_batches_of_a_bucket_have_one_shape_and_the_same_loss(tmp_path):
    shard, model = random_shard(300), load_model(small_model(tmp_path))
    trainers = [Trainer(model, shard, SETTINGS, 3), Trainer(model, shard, SETTINGS, 3)]
    feeds = [Feed(shard, SETTINGS, 3, VOCABULARY, one_shape=one) for one in (False, True)]
    shapes = set()
    for plain, filled in islice(zip(feeds[0].work(0), feeds[1].work(0), strict=False), 200):
        assert plain.masked == filled.masked and (plain.lengths == filled.lengths).all()
        shapes.add(tuple(tuple(part.shape) for part in filled.batches[0]))
        losses = [
            trainer.backward(work.batches[0], work.masked).item()
            for trainer, work in zip(trainers, (plain, filled), strict=True)
        ]
        assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert len(shapes) == len({-(-int(n) // 4) for n in shard.lengths})


def test_on_a_cpu_a_step_is_just_called():
    seen = []
    step = Recorded(lambda x, rate: seen.append(rate) or x + rate)
    assert [step([torch.ones(2)], torch.device("cpu"), rate).tolist() for rate in (1, 2)] == [[2, 2], [3, 3]]
    assert seen == [1, 2]


def pretrained(folder, recorded, fused=False, steps=120):
    trainer = Trainer(load_model(folder).to(device()), random_shard(300), SETTINGS, 3)
    if not recorded:
        trainer.recorded = None
    with compiled(trainer.model, fused):
        losses = [trainer.step(trainer.work(), SCHEDULE.trunk(1000 * step)).item() for step in range(steps)]
    return trainer, losses


@gpu
@pytest.mark.parametrize("fused", [False, True])
def test_recorded_steps_are_the_steps(tmp_path, fused):
    folder = small_model(tmp_path, width=64)
    trainer, losses = pretrained(folder, recorded=True, fused=fused)
    _, plain = pretrained(folder, recorded=False)
    assert len(trainer.recorded.recordings) >= 6
    assert np.abs(np.array(losses) - plain).max() < 1e-3
    assert trainer.optimizer.steps[0].item() == 120


@gpu
def test_a_recorded_training_goes_on_from_its_state(tmp_path):
    folder = small_model(tmp_path)
    trainer, _ = pretrained(folder, recorded=True, steps=60)
    torch.save(trainer.state(), tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", map_location=device(), weights_only=True)
    losses = [trainer.step(trainer.work(), 1e-3).item() for _ in range(20)]
    trainer.restore(state)
    assert [trainer.step(trainer.work(), 1e-3).item() for _ in range(20)] == pytest.approx(losses, abs=1e-4)


@gpu
def test_recorded_fine_tuning_repeats_itself_and_learns(tmp_path):
    model, shard = load_model(small_model(tmp_path)).to(device()), random_shard(150)
    y = np.array([np.sin(ids.astype(float)).mean() for ids in shard.sequences()]) * 10
    train, test = np.arange(120), np.arange(120, 150)
    tuner = Tuner(model, 1, "regression", UPDATES)
    first, again = (predict(*tuner.run(task_of(y), shard, train, RATE, 0), shard, test, "regression") for _ in range(2))
    assert np.abs(first - again).max() < 1e-2 * y.std()
    assert np.sqrt(np.mean((first[:, 0] - y[test]) ** 2)) < 0.7 * y[train].std()
