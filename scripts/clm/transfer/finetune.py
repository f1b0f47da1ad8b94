"""Fine-tuning of the encoder with a linear head on pooled states; every model gets the same number of updates."""

import copy
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clm.models.device import autocast_dtype
from clm.models.encoder import MaskedLM
from clm.provenance.state import stop_if_requested
from clm.tasks.table import Task
from clm.tokens.regex import PAD
from clm.tokens.shards import Shard
from clm.training.cuda_graphs import CudaGraphStep
from clm.training.masked_loss import batches_by_length, pad_sequences
from clm.training.optimizers import AdamW
from clm.transfer.embed import pool
from clm.transfer.initial_head import RANDOM, Head, probe_head, random_head

log = logging.getLogger(__name__)


class FineTunedModel(nn.Module):
    """An encoder with a linear head for L labels."""

    def __init__(self, model: MaskedLM, labels: int, dropout: float = 0.0) -> None:
        """Copy the encoder and allocate the head; `dropout` applies to the pooled states in training."""
        super().__init__()
        self.encoder = copy.deepcopy(model.roberta_prelayernorm)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(model.config["hidden_size"], labels)

    @torch.no_grad()
    def reset(self, model: MaskedLM, head: Head) -> "FineTunedModel":
        """Load the weights of a pretrained encoder, and those of a head."""
        self.encoder.load_state_dict(model.roberta_prelayernorm.state_dict())
        self.head.weight.copy_(head[0])
        self.head.bias.copy_(head[1])
        return self

    def forward(self, ids: Tensor) -> Tensor:
        """Return (B, L) for ids (B, T)."""
        attention = ids != PAD
        encode = self.encoder.forward_unpadded if ids.device.type == "cpu" else self.encoder
        return self.head(self.dropout(pool(encode(ids, attention), ids)))


@dataclass(frozen=True)
class LabelScaler:
    """Mean and SD of each label in the training set, (L,) float64; 0 and 1 for classification."""

    mean: np.ndarray
    sd: np.ndarray

    @classmethod
    def fit(cls, y: np.ndarray, kind: str) -> "LabelScaler":
        """Return the scaler of training labels (n, L); labels without values or spread are not scaled."""
        if kind == "classification":
            return cls(np.zeros(y.shape[1]), np.ones(y.shape[1]))
        known = np.isfinite(y)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, y, 0).sum(axis=0) / count
        sd = np.sqrt(np.where(known, (y - mean) ** 2, 0).sum(axis=0) / count)
        return cls(mean, np.where(sd > 0, sd, 1.0))


def shuffled_batches(count: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the indices of batches forever; each epoch is a random permutation.

    Grouping by length would need less padding, but labels correlate with length: fine-tuned scores were worse and
    varied twice as much between seeds (bench/NOTES.md).
    """
    while True:
        order = rng.permutation(count)
        yield from (order[start : start + size] for start in range(0, count, size))


def label_loss(output: Tensor, y: Tensor, kind: str) -> Tensor:
    """Return the mean squared error or log loss over the labels (B, L) that are not missing (NaN)."""
    known = torch.isfinite(y)
    target = torch.where(known, y, torch.zeros_like(y))
    loss = F.mse_loss if kind == "regression" else F.binary_cross_entropy_with_logits
    return (loss(output, target, reduction="none") * known).sum() / known.sum().clamp(min=1)


class FineTuner:
    """Fine-tune copies of one model, one after the other in the same memory."""

    def __init__(self, model: MaskedLM, labels: int, kind: str, settings: Mapping[str, Any]) -> None:
        """Prepare.

        Args:
            model: pretrained or untrained; not modified.
            labels: number of labels of the tasks.
            kind: "regression" or "classification".
            settings: `steps`, `warmup_steps`, `batch_molecules`, `weight_decay`, `precision`, `head` (linear_probe or
                random), `dropout`.
        """
        self.model, self.kind, self.settings = model, kind, settings
        self.device = next(model.parameters()).device
        self.tuned = FineTunedModel(model, labels, settings["dropout"]).to(self.device)
        self.optimizer = AdamW(self.tuned.parameters(), settings["weight_decay"])
        self.autocast = autocast_dtype(settings["precision"]) is torch.bfloat16
        self.graph_step = CudaGraphStep(self.update)
        self.probed: tuple[Shard, bytes, Head] | None = None  # the last head, and the molecules it was fitted on

    def update(self, ids: Tensor, y: Tensor, rate: float | Tensor) -> Tensor:
        """Take one optimizer step on molecules (B, T) and their scaled labels (B, L); return the loss."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            output = self.tuned(ids)
        loss = label_loss(output.float(), y, self.kind)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.tuned.parameters(), 1.0)
        self.optimizer.step(rate)
        return loss.detach()

    def run(
        self, task: Task, shard: Shard, train: np.ndarray, rate: float, seed: int
    ) -> tuple[FineTunedModel, LabelScaler]:
        """Fine-tune on the training set for `steps` updates (linear warm-up, linear decay to zero).

        Args:
            task: labels.
            shard: molecules of the task as tokens.
            train: indices of the training set.
            rate: peak learning rate.
            seed: of the order of molecules, of dropout, and of a random head; a linear probe has no seed.

        Returns:
            The fine-tuned model, valid until the next run, and the scaler of its labels.
        """
        settings, scaler = self.settings, LabelScaler.fit(task.labels[train], self.kind)
        self.tuned.reset(self.model, self.initial_head(task, shard, train, scaler, seed)).train()
        self.optimizer.reset()
        torch.manual_seed(seed)  # of dropout
        y = torch.from_numpy((task.labels - scaler.mean) / scaler.sd).float()
        labelled = train[np.isfinite(task.labels[train]).any(axis=1)]
        if not len(labelled):  # nothing to learn from; the status of the cells shows this
            return self.tuned.eval(), scaler
        sequences = list(shard.sequences())
        batches = shuffled_batches(len(labelled), settings["batch_molecules"], np.random.default_rng([seed, 2]))
        for step in range(settings["steps"]):
            chosen = labelled[next(batches)]
            ids = torch.from_numpy(pad_sequences([sequences[i] for i in chosen], self.width(shard, chosen)))
            current_rate = rate * warmup_linear_decay(step, settings["warmup_steps"], settings["steps"])
            self.graph_step([ids, y[torch.from_numpy(chosen)]], self.device, current_rate)
            stop_if_requested()
        return self.tuned.eval(), scaler

    def initial_head(self, task: Task, shard: Shard, train: np.ndarray, scaler: LabelScaler, seed: int) -> Head:
        """Return the initial head; that of a linear probe is kept for further seeds and learning rates."""
        if self.settings["head"] == RANDOM:
            return random_head(len(task.names), self.tuned.head.in_features, seed)
        part = train.tobytes()
        if self.probed is None or self.probed[0] is not shard or self.probed[1] != part:
            head = probe_head(self.model, task, shard, train, self.kind, scaler.mean, scaler.sd)
            self.probed = shard, part, head
        return self.probed[2]

    def width(self, shard: Shard, chosen: np.ndarray) -> int:
        """Return the length to which molecules are padded; few lengths on a GPU, as each has its own CUDA graph."""
        longest = int(shard.lengths[chosen].max())
        return longest if self.device.type == "cpu" else min(-(-longest // 8) * 8, int(shard.lengths.max()))


def warmup_linear_decay(step: int, warmup: int, steps: int) -> float:
    """Return the factor of the peak learning rate: linear warm-up over `warmup` steps, linear decay to 0 at `steps`."""
    return min((step + 1) / max(1, warmup), (steps - step) / max(1, steps - warmup))


@torch.inference_mode()
def predict(tuned: FineTunedModel, scaler: LabelScaler, shard: Shard, chosen: np.ndarray, kind: str) -> np.ndarray:
    """Return predictions for the molecules `chosen`, float64 (m, L): label units, or probabilities of class 1."""
    device = next(tuned.parameters()).device
    part = shard.take(chosen)
    sequences = list(part.sequences())
    out = np.empty((len(chosen), len(scaler.mean)))
    for indices in batches_by_length(part.lengths, 4096):
        values = tuned(torch.from_numpy(pad_sequences([sequences[i] for i in indices])).to(device)).double()
        out[indices] = (torch.sigmoid(values) if kind == "classification" else values).cpu().numpy()
    return out if kind == "classification" else out * scaler.sd + scaler.mean
