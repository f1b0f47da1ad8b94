"""Masks, loss, schedule, and continuation with the same bytes."""

import numpy as np
import pytest
from clm.models.build import load_model
from clm.provenance import state
from clm.tokens.regex import MASK, SPECIALS
from clm.training import trunk as trunk_module
from clm.training.masked_loss import masked_losses, validation_loss
from clm.training.masks import Corruption, fixed_masks
from clm.training.schedule import Schedule
from clm.training.trainer import Trainer
from clm.training.trunk import train_budget
from models import VOCABULARY, random_shard, small_model

SETTINGS = {
    "batch_tokens": 120,
    "mask_fraction": 0.15,
    "mask_token_fraction": 0.8,
    "random_token_fraction": 0.1,
    "clip_norm": 1.0,
    "precision": "float32",
    "optimizer": {"name": "adamw", "beta2": 0.98, "weight_decay": 0.01},
}
MUON = SETTINGS | {"optimizer": {"name": "muon", "momentum": 0.95, "beta2": 0.98, "weight_decay": 0.01}}
SCHEDULE = Schedule(peak=5e-3, warmup_tokens=1000, decay_fraction=0.25)
CLASSES = [4] * len(SPECIALS) + [0, 1, 2, 3, 0] * 5


def trained(folder, states, budget, settings=SETTINGS, shard=None):
    trainer = Trainer(load_model(folder), shard or random_shard(200), settings, seed=3)
    states.mkdir(exist_ok=True)
    train_budget(trainer, SCHEDULE, budget, states)
    return trainer


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A small model trained to a budget in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return trained(small_model(folder / "m"), folder / "s", 16_000)


def weights(trainer):
    return b"".join(value.numpy().tobytes() for value in trainer.model.state_dict().values())


def test_fixed_masks_belong_to_the_molecule():
    shard = random_shard(2000)
    mask = fixed_masks(shard, 0.15)
    assert not mask[np.asarray(shard.tokens) < len(SPECIALS)].any()
    real = int((np.asarray(shard.tokens) >= len(SPECIALS)).sum())
    assert abs(mask.sum() - 0.15 * real) < 4 * np.sqrt(real * 0.15 * 0.85)
    part = shard.take(np.array([7, 3]))
    expected = [mask[shard.offsets[i] : shard.offsets[i + 1]] for i in (7, 3)]
    assert (fixed_masks(part, 0.15) == np.concatenate(expected)).all()


def test_corruption_hides_the_configured_shares():
    ids = np.zeros((40, 30), np.int64)
    ids[:, 1:25] = 10
    corrupted, positions = Corruption(0.15, 0.8, 0.1).draw(ids, VOCABULARY, np.random.default_rng(0))
    assert len(positions) == round(0.15 * 40 * 24) and (ids.ravel()[positions] == 10).all()
    changed = corrupted.ravel()[positions]
    assert (changed == MASK).sum() == round(0.8 * len(positions))
    untouched = np.delete(corrupted.ravel(), positions)
    assert (untouched == np.delete(ids.ravel(), positions)).all()


def test_validation_loss_is_the_mean_over_masked_tokens_whatever_the_batches(tmp_path):
    model, shard = load_model(small_model(tmp_path)), random_shard(120)
    small, large = (validation_loss(model, shard, 0.15, CLASSES, max_tokens=n) for n in (35, 5000))
    assert small["masked_tokens"] == large["masked_tokens"] == fixed_masks(shard, 0.15).sum()
    assert small["loss"] == pytest.approx(large["loss"], abs=1e-6)
    assert sum(part["masked_tokens"] for part in large["by_class"].values()) == large["masked_tokens"]
    one_by_one = [
        masked_losses(model, shard.take(np.array([i])), fixed_masks(shard.take(np.array([i])), 0.15))[0]
        for i in range(120)
    ]
    assert np.concatenate(one_by_one).mean() == pytest.approx(large["loss"], abs=1e-6)


def test_training_mask_share_does_not_reach_validation(tmp_path):
    folder, shard = small_model(tmp_path), random_shard(100)
    counts = []
    for share in (0.15, 0.4):
        trainer = Trainer(load_model(folder), shard, SETTINGS | {"mask_fraction": share}, 0)
        counts.append(validation_loss(trainer.model, shard, 0.15, CLASSES))
    assert counts[0] == counts[1]


def test_loss_falls_on_a_learnable_pattern(tmp_path):
    trainer = trained(small_model(tmp_path / "m"), tmp_path / "s", 150_000)
    before = validation_loss(load_model(tmp_path / "m"), random_shard(100, seed=9), 0.15, CLASSES)["loss"]
    after = validation_loss(trainer.model.eval(), random_shard(100, seed=9), 0.15, CLASSES)["loss"]
    assert before == pytest.approx(np.log(VOCABULARY), abs=0.1) and after < before - 0.4


def test_a_budget_does_not_depend_on_which_budgets_came_before(tmp_path, undisturbed):
    folder = small_model(tmp_path / "m")
    trained(folder, tmp_path / "a", 8_000)
    continued = trained(folder, tmp_path / "a", 16_000)
    assert continued.trained_tokens < undisturbed.trained_tokens
    assert weights(continued) == weights(undisturbed) and continued.progress == undisturbed.progress


def test_a_budget_does_not_depend_on_a_larger_one_before_it(tmp_path):
    folder = small_model(tmp_path / "m")
    trained(folder, tmp_path / "a", 8_000)
    smaller_after = trained(folder, tmp_path / "a", 4_000)
    assert weights(smaller_after) == weights(trained(folder, tmp_path / "b", 4_000))


def stopped_and_resumed(monkeypatch, stop_at, *arguments):
    """Return what `trained` gives when it is stopped after a step and called again, from that step on."""
    record_progress = Trainer.record_progress

    def stop(self, rate, clock):
        record_progress(self, rate, clock)
        if self.progress.step == stop_at:
            state.STOP.set()

    monkeypatch.setattr(Trainer, "record_progress", stop)
    with pytest.raises(state.Interrupted):
        trained(*arguments)
    state.STOP.clear()
    monkeypatch.undo()
    resumed_at = []
    monkeypatch.setattr(trunk_module, "resume", lambda t, s: (t.restore(s), resumed_at.append(t.progress.step)))
    resumed = trained(*arguments)
    assert resumed_at[0] == stop_at
    return resumed


@pytest.mark.parametrize("stop_at", [40, 60, 140])
def test_an_interrupted_run_ends_with_the_same_bytes(tmp_path, monkeypatch, undisturbed, stop_at):
    assert undisturbed.progress.step > 140
    resumed = stopped_and_resumed(monkeypatch, stop_at, small_model(tmp_path / "m"), tmp_path / "b", 16_000)
    assert weights(resumed) == weights(undisturbed) and resumed.progress == undisturbed.progress


def test_tokens_and_operations_of_two_branches_add_trunk_and_own_decay(tmp_path, undisturbed):
    short = trained(small_model(tmp_path / "m"), tmp_path / "s", 8_000).progress
    long = undisturbed.progress
    for progress, budget in ((short, 8_000), (long, 16_000)):
        assert budget <= progress.tokens < budget + 120
        assert 0.75 * budget <= progress.branched < 0.75 * budget + 120
    assert long.flops / short.flops == pytest.approx(long.tokens / short.tokens, rel=0.05)


def test_schedule_rises_stays_and_falls_to_zero():
    assert SCHEDULE.trunk(0) < SCHEDULE.trunk(500) < SCHEDULE.trunk(1000) == SCHEDULE.trunk(10**6) == 5e-3
    assert SCHEDULE.decay(7500, 7500, 10_000) == 5e-3 and SCHEDULE.decay(10_000, 7500, 10_000) == 0


def test_divergence_is_a_result_and_not_an_error(tmp_path):
    wild = SETTINGS | {"optimizer": {"name": "sgd", "momentum": 0.9, "weight_decay": 0.0}, "clip_norm": 1e9}
    trainer = Trainer(load_model(small_model(tmp_path / "m")), random_shard(200), wild, seed=3)
    (tmp_path / "s").mkdir()
    train_budget(trainer, Schedule(1e6, 1, 0.25), 16_000, tmp_path / "s")
    assert trainer.progress.diverged and trainer.progress.tokens < 16_000
