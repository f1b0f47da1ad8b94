"""Several processes train one model to the result of one; they stop together, and another number resumes."""

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from clm.models.build import load_model
from clm.provenance import state
from clm.provenance.files import read_json, write_json
from clm.tokens.shards import write_shard
from clm.training.batch_loader import BatchLoader
from clm.training.process_group import ProcessGroup, init_process_group
from clm.training.sharded import ShardedOptimizer, assign_owners
from clm.training.trainer import Trainer
from clm.training.trunk import train_budget
from models import VOCABULARY, random_shard, small_model
from test_training import MUON, SCHEDULE, SETTINGS

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "pretrain" / "pretrain_checkpoint.py"
SGD = SETTINGS | {"optimizer": {"name": "sgd", "momentum": 0.9, "weight_decay": 0.01}}


def train(folder, states, budget, settings, group, stop_at=None, micro_tokens=None):
    """Train to a budget; the last process is asked to stop at a step, by a signal that the others did not get."""
    trainer = Trainer(load_model(folder), random_shard(200), settings, 3, group, micro_tokens)
    record_progress = Trainer.record_progress

    def stop(self, rate, clock):
        record_progress(self, rate, clock)
        if group.rank == group.size - 1 and self.progress.step == stop_at:
            state.STOP.set()

    trainer.record_progress = stop.__get__(trainer)
    train_budget(trainer, SCHEDULE, budget, states)
    return trainer


def found(trainer):
    losses = np.array([row[3] for row in trainer.progress.curve])
    # No output depends on the biases of keys: their gradient is rounding alone, which Adam blows up
    kept = [x.flatten() for name, x in trainer.model.state_dict().items() if not name.endswith("key.bias")]
    return torch.cat(kept), losses, trainer.progress.step


def member(rank, size, out, work):
    torch.set_num_threads(1)
    os.environ |= {"WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": (out / "port").read_text()}
    group = init_process_group(rank)
    try:
        told = work(group)
    except state.Interrupted:
        told = "interrupted"
    torch.save(told, out / f"{rank}.pt")
    os._exit(0)


def in_processes(size, out, work):
    """Return what `work(group)` gives in each of `size` processes; forked, so that nothing is imported again."""
    from clm.training.process_group import free_port

    out.mkdir(parents=True, exist_ok=True)
    (out / "port").write_text(str(free_port()))
    fork = multiprocessing.get_context("fork")
    jobs = [fork.Process(target=member, args=(rank, size, out, work)) for rank in range(size)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(120)
        assert job.exitcode == 0
    return [torch.load(out / f"{rank}.pt", weights_only=False) for rank in range(size)]


def together(size, folder, out, budget, settings, *options):
    """Return what each of `size` processes found that train one model."""
    (out / "states").mkdir(parents=True, exist_ok=True)
    return in_processes(
        size, out, lambda group: found(train(folder, out / "states", budget, settings, group, *options))
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return small_model(tmp_path_factory.mktemp("model"))


def alone(folder, out, budget, settings, **options):
    out.mkdir(parents=True, exist_ok=True)
    return found(train(folder, out, budget, settings, ProcessGroup(), **options))


def same_training(one, other):
    assert one[2] == other[2]
    torch.testing.assert_close(one[0], other[0], rtol=1e-4, atol=2e-5)
    np.testing.assert_allclose(one[1], other[1], rtol=1e-5)


@pytest.mark.parametrize(("size", "settings"), [(2, SETTINGS), (4, SETTINGS), (2, SGD)])
def test_several_processes_train_the_model_of_one(folder, tmp_path, size, settings):
    one = alone(folder, tmp_path / "one", 8_000, settings)
    several = together(size, folder, tmp_path / "several", 8_000, settings)
    same_training(several[0], one)
    assert len(one[1]) == 3 and one[1][-1] < one[1][0] - 0.05, "something was learned"
    for other in several[1:]:  # and the members agree to the bit
        assert torch.equal(other[0], several[0][0])


def test_a_team_stops_when_one_is_asked_to_and_another_number_goes_on(folder, tmp_path):
    undisturbed = alone(folder, tmp_path / "one", 16_000, SETTINGS)
    assert together(4, folder, tmp_path / "t", 16_000, SETTINGS, 60) == ["interrupted"] * 4
    (saved,) = (tmp_path / "t" / "states").iterdir()
    assert saved.name == "passing.pt" and torch.load(saved, weights_only=True)["progress"]["step"] == 60
    assert together(2, folder, tmp_path / "t", 16_000, SETTINGS, 140) == ["interrupted"] * 2
    same_training(alone(folder, tmp_path / "t" / "states", 16_000, SETTINGS), undisturbed)


def test_micro_batches_add_up_to_the_batch(folder, tmp_path):
    one = alone(folder, tmp_path / "one", 8_000, SETTINGS)
    same_training(alone(folder, tmp_path / "micro", 8_000, SETTINGS, micro_tokens=40), one)


def test_slices_share_molecules_and_masks_of_the_batch(folder):
    shard, config = random_shard(300), read_json(folder / "config.json")

    def drawn(size, micro_tokens=None):
        loaders = [
            BatchLoader(shard, config, SETTINGS, 0, ProcessGroup(rank, size), micro_tokens).iterate_from(0)
            for rank in range(size)
        ]
        return [[next(loader) for loader in loaders] for _ in range(30)]

    unequal = 0
    for (whole,), parts, small in zip(drawn(1), drawn(3), drawn(1, 40), strict=True):
        for work in (parts, small):
            batches = [batch for member in work for batch in member.micro_batches]
            for name in ("ids", "targets"):
                assert torch.equal(
                    torch.cat([getattr(b, name) for b in batches]), getattr(whole.micro_batches[0], name)
                )
            assert {member.masked for member in work} == {whole.masked} == {sum(len(b.targets) for b in batches)}
            unequal += len({len(batch.targets) for batch in batches}) > 1
        assert all(batch.ids.numel() <= max(40, batch.ids.shape[1]) for batch in small[0].micro_batches)
    assert unequal > 30, "a mean of the processes' means would be another loss"
    assert [len(member.micro_batches) for member in drawn(40)[0]].count(0) > 20, "more processes than rows"


def test_parameters_are_shared_out_evenly_and_each_has_one_owner():
    sizes = [100, 1, 1, 90, 30, 30, 30, 10]
    found = assign_owners(sizes, 3)
    loads = [sum(s for s, o in zip(sizes, found, strict=True) if o == member) for member in range(3)]
    assert max(loads) <= 1.1 * sum(sizes) / 3 and assign_owners(sizes, 1) == [0] * 8


def test_moments_are_divided(folder):
    model = load_model(folder)
    from clm.training.optimizers import build_optimizer

    def build(named):
        return build_optimizer(named, SETTINGS["optimizer"])

    mine = [ShardedOptimizer(model.named_parameters(), build, ProcessGroup(rank, 4)).local for rank in range(4)]
    kept = [sum(x.numel() for x in optimizer.exp_avg) for optimizer in mine]
    assert sum(kept) == sum(p.numel() for p in model.parameters()) and max(kept) < 0.3 * sum(kept)


@pytest.mark.parametrize("settings", [SETTINGS, SGD, MUON])
def test_a_sharded_optimizer_takes_the_steps_of_one_alone(folder, tmp_path, settings):
    generator = torch.Generator().manual_seed(0)
    gradients = [torch.randn(p.shape, generator=generator) for p in load_model(folder).parameters()]

    def stepped(group):
        """Two steps, and a third by an optimizer that loads the state of the first."""
        trainer = Trainer(load_model(folder), random_shard(20), settings, 3, group)
        for step in range(3):
            if step == 2:
                saved, trainer.optimizer = trainer.optimizer.state_dict(), trainer.build_optimizer()
                trainer.optimizer.load_state_dict(saved)
            for p, gradient in zip(trainer.model.parameters(), gradients, strict=True):
                p.grad = gradient * (step + 1) ** 2
            trainer.optimizer.step(0.01)
        return [p.detach() for p in trainer.model.parameters()], trainer.optimizer.state_dict()

    weights, kept = stepped(ProcessGroup())
    for other_weights, other in in_processes(3, tmp_path, stepped):
        assert all(map(torch.equal, other_weights, weights)) and other.keys() == kept.keys()
        assert all(torch.equal(a, b) for name in kept for a, b in zip(other[name], kept[name], strict=True))


@pytest.fixture
def command(folder, tmp_path):
    shard = random_shard(200)
    write_shard(tmp_path / "tokens.safetensors", shard)
    tokens = {f"t{i}": i for i in range(VOCABULARY)}
    classes = {name: "special" if i < 5 else "carbon" for name, i in tokens.items()}
    write_json(tmp_path / "vocabulary.json", {"tokens": tokens, "classes": classes, "digest": "test"})
    training = SETTINGS | {"learning_rate": 5e-3, "warmup_tokens": 1000, "decay_fraction": 0.25}
    identity = {"corpus": "c", "size": "s", "subset": "u", "seed": 3, "budget": "b"}
    config = {"identity": identity, "budget_tokens": 16_000, "training": training, "mask_fraction": 0.15, "seed": 3}
    write_json(tmp_path / "config.json", config | {"corpora": ["c"]})

    def build(processes, out):
        paths = {"start": folder, "tokens": tmp_path / "tokens.safetensors", "vocabulary": tmp_path / "vocabulary.json"}
        options = paths | {"state": tmp_path / "state", "out": out, "valid": tmp_path / "tokens.safetensors"}
        options |= {"code": "test"}
        flags = [str(x) for name, value in options.items() for x in (f"--{name}", value)]
        config = ["--settings", (tmp_path / "config.json").read_text(), "--processes", str(processes)]
        return [sys.executable, str(SCRIPT), *config, *flags]

    return build


@pytest.mark.slow
def test_torchrun_starts_the_script_and_sigterm_saves_one_state(command, tmp_path):
    environment = os.environ | {"CLM_SAVE_SECONDS": "0", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parents[1])}
    job = subprocess.Popen(command(2, tmp_path / "out"), env=environment, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("state/*/passing.pt")) and job.poll() is None:
        signal.sigtimedwait([], 0.05)
    job.send_signal(signal.SIGTERM)
    said = job.communicate(timeout=120)[1]
    assert job.returncode and not (tmp_path / "out").exists(), said
    (folder,) = tmp_path.glob("state/*")
    assert {path.name for path in folder.iterdir()} == {"lease", "passing.pt"}
    done = subprocess.run(command(2, tmp_path / "out"), env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("resumed at step") == 1, "only the first tells"
    assert read_json(tmp_path / "out" / "cost.json")["processes"] == 2
    metrics = read_json(tmp_path / "out" / "metrics.json")
    assert metrics["tokens"] >= 16_000
    assert 3 <= metrics["visits_least"] <= metrics["visits_mean"] <= metrics["visits_most"] <= 6  # over trunk and decay
    assert metrics["visits_mean"] == pytest.approx(metrics["epochs"], rel=0.02)
