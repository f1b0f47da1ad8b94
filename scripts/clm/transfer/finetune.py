"""Full fine-tuning: encoder and a linear head on pooled states, the same number of updates for every model."""

import copy
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clm.models.device import rounding
from clm.models.encoder import MaskedLM
from clm.provenance.state import stop_if_requested
from clm.tasks.table import Task
from clm.tokens.regex import PAD
from clm.tokens.shards import Shard
from clm.training.masked_loss import by_length, padded
from clm.training.optimizers import AdamW
from clm.training.recorded import Recorded
from clm.transfer.embed import pool

log = logging.getLogger(__name__)


class Finetuner(nn.Module):
    """An encoder and a linear head for L labels."""

    def __init__(self, model: MaskedLM, labels: int) -> None:
        """Copy the encoder."""
        super().__init__()
        self.encoder = copy.deepcopy(model.roberta_prelayernorm)
        self.head = nn.Linear(model.config["hidden_size"], labels)
        self.start(model)

    @torch.no_grad()
    def start(self, model: MaskedLM) -> "Finetuner":
        """Take over the encoder's weights; the head starts at zero, so that first predictions are the training mean."""
        self.encoder.load_state_dict(model.roberta_prelayernorm.state_dict())
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        return self

    def forward(self, ids: Tensor) -> Tensor:
        """Return (B, L) for ids (B, T)."""
        attention = ids != PAD
        hidden = self.encoder.unpadded if ids.device.type == "cpu" else self.encoder
        return self.head(pool(hidden(ids, attention), ids))


@dataclass(frozen=True)
class Scaling:
    """Mean and SD of each label in the training part, (L,) float64; classification keeps 0 and 1."""

    mean: np.ndarray
    sd: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, kind: str) -> "Scaling":
        """Return the scaling of training labels (n, L); labels without values or spread are left as they are."""
        if kind == "classification":
            return cls(np.zeros(y.shape[1]), np.ones(y.shape[1]))
        known = np.isfinite(y)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, y, 0).sum(axis=0) / count
        sd = np.sqrt(np.where(known, (y - mean) ** 2, 0).sum(axis=0) / count)
        return cls(mean, np.where(sd > 0, sd, 1.0))


def batches(count: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield positions of batches forever: epochs are permutations.

    Batches of alike lengths would need less padding, but labels go with length: with those, fine-tuned scores were
    worse and varied twice as much between seeds (bench/NOTES.md).
    """
    while True:
        order = rng.permutation(count)
        yield from (order[start : start + size] for start in range(0, count, size))


def masked_objective(output: Tensor, y: Tensor, kind: str) -> Tensor:
    """Return the mean loss over labels that are there: squared error or log loss; (B, L), NaN where missing."""
    known = torch.isfinite(y)
    target = torch.where(known, y, torch.zeros_like(y))
    one = F.mse_loss if kind == "regression" else F.binary_cross_entropy_with_logits
    return (one(output, target, reduction="none") * known).sum() / known.sum().clamp(min=1)


class Tuner:
    """Fine-tunes copies of one model on one kind of task, one after the other in the same place."""

    def __init__(self, model: MaskedLM, labels: int, kind: str, settings: Mapping[str, Any]) -> None:
        """Prepare.

        Args:
            model: pretrained or untrained; not changed.
            labels: number of labels of the tasks.
            kind: "regression" or "classification".
            settings: `steps`, `warmup_steps`, `batch_molecules`, `weight_decay`, `precision`.
        """
        self.model, self.kind, self.settings = model, kind, settings
        self.device = next(model.parameters()).device
        self.tuned = Finetuner(model, labels).to(self.device)
        self.optimizer = AdamW(self.tuned.parameters(), settings["weight_decay"])
        self.half = rounding(settings["precision"]) is torch.bfloat16
        self.recorded = Recorded(self.update)

    def update(self, ids: Tensor, y: Tensor, rate: float | Tensor) -> Tensor:
        """Take one optimizer step on molecules (B, T) and their scaled labels (B, L); return the loss."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            output = self.tuned(ids)
        loss = masked_objective(output.float(), y, self.kind)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.tuned.parameters(), 1.0)
        self.optimizer.step(rate)
        return loss.detach()

    def run(self, task: Task, shard: Shard, train: np.ndarray, rate: float, seed: int) -> tuple[Finetuner, Scaling]:
        """Fine-tune on the training part for `steps` updates (linear warm-up, linear decay to zero).

        Args:
            task: labels.
            shard: molecules of the task as tokens.
            train: positions of the training part.
            rate: peak learning rate.
            seed: of the order of molecules.

        Returns:
            The fine-tuned model, good until the next run, and the scaling of its labels.
        """
        self.tuned.start(self.model).train()
        self.optimizer.reset()
        settings, scaling = self.settings, Scaling.of(task.labels[train], self.kind)
        y = torch.from_numpy((task.labels - scaling.mean) / scaling.sd).float()
        labelled = train[np.isfinite(task.labels[train]).any(axis=1)]
        if not len(labelled):  # nothing to learn from; the cells say so
            return self.tuned.eval(), scaling
        sequences = list(shard.sequences())
        order = batches(len(labelled), settings["batch_molecules"], np.random.default_rng([seed, 2]))
        for step in range(settings["steps"]):
            chosen = labelled[next(order)]
            ids = torch.from_numpy(padded([sequences[i] for i in chosen], self.width(shard, chosen)))
            now = rate * triangle(step, settings["warmup_steps"], settings["steps"])
            self.recorded([ids, y[torch.from_numpy(chosen)]], self.device, now)
            stop_if_requested()
        return self.tuned.eval(), scaling

    def width(self, shard: Shard, chosen: np.ndarray) -> int:
        """Return the tokens to which molecules are padded: on a GPU few widths occur, since each is recorded."""
        longest = int(shard.lengths[chosen].max())
        return longest if self.device.type == "cpu" else min(-(-longest // 8) * 8, int(shard.lengths.max()))


def triangle(step: int, warmup: int, steps: int) -> float:
    """Return the share of the learning rate at a step: up over `warmup` steps, then down to zero at `steps`."""
    return min((step + 1) / max(1, warmup), (steps - step) / max(1, steps - warmup))


@torch.inference_mode()
def predict(tuned: Finetuner, scaling: Scaling, shard: Shard, chosen: np.ndarray, kind: str) -> np.ndarray:
    """Return predictions for molecules at some positions, float64 (m, L): label units, or probabilities of class 1."""
    where = next(tuned.parameters()).device
    part = shard.take(chosen)
    sequences = list(part.sequences())
    out = np.empty((len(chosen), len(scaling.mean)))
    for some in by_length(part.lengths, 4096):
        values = tuned(torch.from_numpy(padded([sequences[i] for i in some])).to(where)).double()
        out[some] = (torch.sigmoid(values) if kind == "classification" else values).cpu().numpy()
    return out if kind == "classification" else out * scaling.sd + scaling.mean
