"""Training of a graph network on one split: a fixed number of epochs, of which the best on validation is kept."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from clm.graphs.networks import Collate, Graphs, build_network
from clm.models.device import device
from clm.provenance.state import stop_if_requested
from clm.tasks.table import Task
from clm.transfer.finetune import Scaling, masked_objective

FLOOR = 0.1  # of the peak learning rate: where its rise begins and its fall ends, as in chemprop


@dataclass(frozen=True)
class Learner:
    """A network and what it learns from.

    Attributes:
        network: maps a batch to (B, L).
        graphs: of all molecules of the task.
        collate: makes a batch of graphs.
        y: float32 (n, L), standardized labels or classes; NaN where missing.
        kind: "regression" or "classification".
        size: molecules of a batch, at most.
    """

    network: nn.Module
    graphs: Graphs
    collate: Collate
    y: Tensor
    kind: str
    size: int

    def forward(self, chosen: np.ndarray) -> Tensor:
        """Return outputs for molecules at some positions, (m, L)."""
        return self.network(on_device(self.collate([self.graphs[i] for i in chosen])))

    @torch.inference_mode()
    def outputs(self, chosen: np.ndarray) -> Tensor:
        """Return outputs without dropout, (m, L) on the CPU."""
        self.network.eval()
        return torch.cat([self.forward(some).cpu() for some in pieces(chosen, self.size)])

    def loss(self, chosen: np.ndarray) -> float:
        """Return the loss without dropout."""
        return float(masked_objective(self.outputs(chosen), self.y[chosen], self.kind))

    def learn(self, order: np.ndarray, optimizer: torch.optim.Optimizer, schedule: Any) -> None:
        """Take one step per batch of an epoch."""
        self.network.train()
        for some in pieces(order, self.size):
            loss = masked_objective(self.forward(some), self.y[some].to(device()), self.kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            stop_if_requested()


def fit_network(
    network: str,
    graphs: Graphs,
    collate: Collate,
    task: Task,
    parts: Mapping[str, np.ndarray],
    kind: str,
    settings: Mapping[str, Any],
    seed: int,
) -> tuple[np.ndarray, int | None]:
    """Train on the training part, choose the epoch on the validation part, predict the test part.

    All labels of a task share one network; missing ones are left out of the loss. Labels of a regression are
    standardized by their mean and SD in the training part.

    Args:
        network: a key of `clm.graphs.networks.PACKAGES`.
        graphs: of all molecules of the task.
        collate: makes a batch of graphs.
        task: labels.
        parts: positions of train, valid and test.
        kind: "regression" or "classification".
        settings: `width`, `layers`, `dropout`, `learning_rate`, `weight_decay`, `epochs`, `warmup_epochs`,
            `batch_molecules`.
        seed: of initial weights, dropout and the order of molecules.

    Returns:
        float64 (n_test, L), label units or probabilities of class 1, and the epoch (from 1) that was kept. Without
        training labels, or where the loss never was finite: NaN and None.
    """
    known = np.isfinite(task.labels).any(axis=1)
    train, valid = (parts[part][known[parts[part]]] for part in ("train", "valid"))
    test, nothing = parts["test"], np.full((len(parts["test"]), len(task.names)), np.nan)
    if not len(train) or not len(test):
        return nothing, None
    torch.manual_seed(seed)
    scaling = Scaling.of(task.labels[train], kind)
    y = torch.from_numpy((task.labels - scaling.mean) / scaling.sd).float()
    built = build_network(network, len(task.names), settings).to(device())
    learner = Learner(built, graphs, collate, y, kind, settings["batch_molecules"])
    epoch = best_epoch(learner, train, valid, settings, seed)
    if epoch is None:
        return nothing, None
    values = learner.outputs(test).double()
    if kind == "classification":
        return torch.sigmoid(values).numpy(), epoch
    return values.numpy() * scaling.sd + scaling.mean, epoch


def best_epoch(
    learner: Learner, train: np.ndarray, valid: np.ndarray, settings: Mapping[str, Any], seed: int
) -> int | None:
    """Train and leave the network as it was after its best epoch, which is returned; None if no loss was finite.

    Without validation labels the last epoch is kept.
    """
    steps, epochs = len(pieces(train, learner.size)), settings["epochs"]
    rates = {"lr": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    optimizer = torch.optim.Adam(learner.network.parameters(), **rates)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate_share(step / steps, settings["warmup_epochs"], epochs)
    )
    rng, best, kept = np.random.default_rng([seed, 2]), math.inf, None
    for epoch in range(1, epochs + 1):
        learner.learn(rng.permutation(train), optimizer, schedule)
        loss = learner.loss(valid) if len(valid) else -epoch
        if loss < best:
            best, kept = loss, (epoch, copy.deepcopy(learner.network.state_dict()))
    if kept is None:
        return None
    learner.network.load_state_dict(kept[1])
    return kept[0]


def pieces(chosen: np.ndarray, size: int) -> list[np.ndarray]:
    """Return batches of nearly equal size, at most `size`."""
    return np.array_split(chosen, math.ceil(len(chosen) / size))


def on_device(batch: Any) -> Any:
    """Move a batch to the device of the job; chemprop's moves in place and returns nothing."""
    return batch.to(device()) or batch


def rate_share(epoch: float, warmup: float, total: float) -> float:
    """Return the share of the peak learning rate: a linear rise over `warmup` epochs, then an exponential fall."""
    if epoch < warmup:
        return FLOOR + (1 - FLOOR) * epoch / warmup
    return FLOOR ** min(1.0, (epoch - warmup) / max(total - warmup, 1))
