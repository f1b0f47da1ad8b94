"""Training of a graph network on one split for a fixed number of epochs; the best epoch on validation is kept."""

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
from clm.transfer.finetune import LabelScaler, label_loss

INITIAL_FACTOR = 0.1  # of the peak learning rate, at the start of warm-up and the end of decay, as in chemprop


@dataclass(frozen=True)
class Learner:
    """A network and its training data.

    Attributes:
        network: maps a batch to (B, L).
        graphs: of all molecules of the task.
        collate: makes a batch from graphs.
        y: float32 (n, L), standardized labels or classes; NaN where missing.
        kind: "regression" or "classification".
        batch_size: maximum number of molecules in a batch.
    """

    network: nn.Module
    graphs: Graphs
    collate: Collate
    y: Tensor
    kind: str
    batch_size: int

    def forward(self, chosen: np.ndarray) -> Tensor:
        """Return outputs for the molecules at indices `chosen`, (m, L)."""
        return self.network(on_device(self.collate([self.graphs[i] for i in chosen])))

    @torch.inference_mode()
    def outputs(self, chosen: np.ndarray) -> Tensor:
        """Return outputs without dropout, (m, L) on the CPU."""
        self.network.eval()
        return torch.cat([self.forward(batch).cpu() for batch in split_batches(chosen, self.batch_size)])

    def loss(self, chosen: np.ndarray) -> float:
        """Return the loss without dropout."""
        return float(label_loss(self.outputs(chosen), self.y[chosen], self.kind))

    def train_epoch(self, order: np.ndarray, optimizer: torch.optim.Optimizer, schedule: Any) -> None:
        """Take one optimizer step per batch."""
        self.network.train()
        for batch in split_batches(order, self.batch_size):
            loss = label_loss(self.forward(batch), self.y[batch].to(device()), self.kind)
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
    """Train on the training set, select the epoch on the validation set, predict the test set.

    All labels of a task share one network; missing ones are left out of the loss. Labels of a regression are
    standardized by their mean and SD in the training set.

    Args:
        network: a key of `clm.graphs.networks.PACKAGES`.
        graphs: of all molecules of the task.
        collate: makes a batch of graphs.
        task: labels.
        parts: indices of train, valid and test.
        kind: "regression" or "classification".
        settings: `width`, `layers`, `dropout`, `learning_rate`, `weight_decay`, `epochs`, `warmup_epochs`,
            `batch_molecules`.
        seed: of initial weights, dropout and the order of molecules.

    Returns:
        float64 (n_test, L), label units or probabilities of class 1, and the selected epoch (from 1). NaN and None
        without training labels, or if the loss was never finite.
    """
    known = np.isfinite(task.labels).any(axis=1)
    train, valid = (parts[part][known[parts[part]]] for part in ("train", "valid"))
    test, undefined = parts["test"], np.full((len(parts["test"]), len(task.names)), np.nan)
    if not len(train) or not len(test):
        return undefined, None
    torch.manual_seed(seed)
    scaler = LabelScaler.fit(task.labels[train], kind)
    y = torch.from_numpy((task.labels - scaler.mean) / scaler.sd).float()
    built = build_network(network, len(task.names), settings).to(device())
    learner = Learner(built, graphs, collate, y, kind, settings["batch_molecules"])
    epoch = train_to_best_epoch(learner, train, valid, settings, seed)
    if epoch is None:
        return undefined, None
    values = learner.outputs(test).double()
    if kind == "classification":
        return torch.sigmoid(values).numpy(), epoch
    return values.numpy() * scaler.sd + scaler.mean, epoch


def train_to_best_epoch(
    learner: Learner, train: np.ndarray, valid: np.ndarray, settings: Mapping[str, Any], seed: int
) -> int | None:
    """Train, restore the weights of the best epoch and return its number; None if no loss was finite.

    Without validation labels the last epoch is the best.
    """
    steps, epochs = len(split_batches(train, learner.batch_size)), settings["epochs"]
    rates = {"lr": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    optimizer = torch.optim.Adam(learner.network.parameters(), **rates)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate_factor(step / steps, settings["warmup_epochs"], epochs)
    )
    rng, best, kept = np.random.default_rng([seed, 2]), math.inf, None
    for epoch in range(1, epochs + 1):
        learner.train_epoch(rng.permutation(train), optimizer, schedule)
        loss = learner.loss(valid) if len(valid) else -epoch
        if loss < best:
            best, kept = loss, (epoch, copy.deepcopy(learner.network.state_dict()))
    if kept is None:
        return None
    learner.network.load_state_dict(kept[1])
    return kept[0]


def split_batches(chosen: np.ndarray, size: int) -> list[np.ndarray]:
    """Return batches of nearly equal size, at most `size`."""
    return np.array_split(chosen, math.ceil(len(chosen) / size))


def on_device(batch: Any) -> Any:
    """Move a batch to the device of the job; chemprop's batches move in place and return nothing."""
    return batch.to(device()) or batch


def rate_factor(epoch: float, warmup: float, total: float) -> float:
    """Return the factor of the peak learning rate: linear warm-up over `warmup` epochs, then exponential decay."""
    if epoch < warmup:
        return INITIAL_FACTOR + (1 - INITIAL_FACTOR) * epoch / warmup
    return INITIAL_FACTOR ** min(1.0, (epoch - warmup) / max(total - warmup, 1))
