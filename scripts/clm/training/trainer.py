"""The training loop and its state; it can stop at any step and resume with bit-identical results."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from clm.models.device import autocast_dtype
from clm.models.encoder import MaskedLM
from clm.models.flops import training_flops
from clm.provenance.state import Interrupted, stop_requested
from clm.tokens.shards import Shard
from clm.training.batch_loader import BatchLoader, StepBatch, prefetch
from clm.training.clock import Clock
from clm.training.cuda_graphs import CudaGraphStep
from clm.training.optimizers import NamedParameters, Optimizer, build_optimizer
from clm.training.packed_rows import PackedBatch
from clm.training.process_group import SINGLE_PROCESS, ProcessGroup
from clm.training.sharded import ShardedOptimizer, all_reduce_gradients

LOGGING_STEPS = 20  # steps between reads of the loss, the only synchronizations with a GPU


@dataclass
class Progress:
    """Progress of training.

    Attributes:
        step: optimizer steps.
        tokens: non-padding tokens.
        previous_tokens: non-padding tokens before the last step.
        flops: floating-point operations.
        diverged: whether a loss was not finite.
        branched: tokens at which the decay began; None in the trunk.
        pending: losses since the last row of `curve`.
        curve: every LOGGING_STEPS, a row of step, tokens, learning rate and mean training loss since the previous row.
    """

    step: int = 0
    tokens: int = 0
    previous_tokens: int = 0
    flops: int = 0
    diverged: bool = False
    branched: int | None = None
    pending: list[float] = field(default_factory=list, compare=False)
    curve: list[list[float]] = field(default_factory=list)


class Trainer:
    """A model, its optimizer and its position in the stream of batches."""

    def __init__(
        self,
        model: MaskedLM,
        shard: Shard,
        settings: Mapping[str, Any],
        seed: int,
        group: ProcessGroup = SINGLE_PROCESS,
        micro_tokens: int | None = None,
    ) -> None:
        """Prepare training.

        Args:
            model: on its device; trained in place.
            shard: training molecules, kept in memory.
            settings: `optimizer`, `clip_norm`, `precision` and those of `BatchLoader`.
            seed: of data order and masks.
            group: the processes that train this model together; their number affects rounding only.
            micro_tokens: tokens of a micro-batch, or None for no gradient accumulation.
        """
        self.model, self.shard, self.settings, self.group = model.train(), shard, settings, group
        self.optimizer = self.build_optimizer()
        self.device = next(model.parameters()).device
        # A CUDA graph can hold a step if there is one process and no gradient accumulation
        capturable = self.device.type == "cuda" and group.size == 1 and not micro_tokens and self.optimizer.capturable
        self.graph_step = CudaGraphStep(self.step_on_tensors) if capturable else None
        self.loader = BatchLoader(shard, model.config, settings, seed, group, micro_tokens, capturable)
        self.progress = Progress()
        self.losses: list[Tensor] = []
        self.batches: Iterator[StepBatch] | None = None
        self.trained_tokens, self.training_seconds = 0, 0.0
        self.autocast_dtype = autocast_dtype(settings["precision"])

    def build_optimizer(self) -> Optimizer:
        """Return the optimizer of the settings, sharded if there is more than one process."""

        def build(named: NamedParameters) -> Optimizer:
            return build_optimizer(named, self.settings["optimizer"])

        named = self.model.named_parameters()
        return build(named) if self.group.size == 1 else ShardedOptimizer(named, build, self.group)

    def state(self) -> dict[str, Any]:
        """Return everything that later steps depend on, for any number of processes (all processes must call)."""
        self.progress.pending = self.reduced_losses().tolist()
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": asdict(self.progress),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Load a state of `state()`."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])
        losses = self.progress.pending if self.group.rank == 0 else [0.0] * len(self.progress.pending)
        self.losses = [torch.tensor(loss, device=self.device) for loss in losses]
        self.batches = None

    def step(self, batch: StepBatch, rate: float) -> Tensor:
        """Take one optimizer step and return this process's part of its loss (on the device)."""
        if self.graph_step:
            loss = self.graph_step(list(batch.micro_batches[0]), self.device, batch.masked, rate)
        else:
            loss = self.update(batch.micro_batches, batch.masked, rate)
        self.progress.step += 1
        self.progress.previous_tokens = self.progress.tokens
        self.progress.tokens += int(batch.lengths.sum())
        self.progress.flops += training_flops(self.model.config, batch.lengths, batch.masked)
        return loss

    def update(self, batches: list[PackedBatch], masked: int | Tensor, rate: float | Tensor) -> Tensor:
        """Accumulate gradients over micro-batches and update the weights; return this process's part of the loss."""
        self.optimizer.zero_grad()
        losses = [self.backward(batch.to(self.device), masked) for batch in batches]
        if self.group.size > 1:
            all_reduce_gradients(self.optimizer.parameters, self.group)
        torch.nn.utils.clip_grad_norm_(self.optimizer.parameters, self.settings["clip_norm"])
        self.optimizer.step(rate)
        return torch.stack(losses).sum() if losses else torch.zeros((), device=self.device)

    def step_on_tensors(self, *arguments: Tensor) -> Tensor:
        """Take an optimizer step: the tensors of one batch, then its number of masked tokens and the learning rate."""
        *batch, masked, rate = arguments
        return self.update([PackedBatch(*batch)], masked, rate)

    def backward(self, batch: PackedBatch, masked: int | Tensor) -> Tensor:
        """Add the gradient of one micro-batch; its loss is the sum over its tokens divided by all `masked` tokens."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast_dtype is torch.bfloat16):
            logits = self.model.forward_packed(*batch[:-1])
            loss = F.cross_entropy(logits.float(), batch.targets, reduction="sum") / masked
        loss.backward()
        return loss.detach()

    def next_batch(self) -> StepBatch:
        """Return the batch of the next step; for a GPU a thread prefetches batches."""
        if self.batches is None:
            batches = self.loader.iterate_from(self.progress.step)
            self.batches = prefetch(batches) if self.device.type == "cuda" else batches
        return next(self.batches)

    def run(self, until: int, rate: Callable[[int], float], save: Callable[[], None], every: float) -> None:
        """Train until `until` tokens are processed, or until the loss is not finite.

        Args:
            until: tokens.
            rate: learning rate by tokens processed.
            save: writes the state; called every `every` seconds and when the job is asked to stop.
            every: seconds.

        Raises:
            Interrupted: a process of the group received SIGTERM; the state has been saved.
        """
        clock, before = Clock(until), self.progress.tokens
        while self.progress.tokens < until and not self.progress.diverged:
            current_rate = rate(self.progress.tokens)
            self.losses.append(self.step(self.next_batch(), current_rate))
            if self.progress.step % LOGGING_STEPS == 0:
                self.record_progress(current_rate, clock)
                stop, due = self.group.any(stop_requested(), self.group.rank == 0 and clock.since_save() > every)
                if stop or due:
                    save()
                    clock.saved()
                if stop:
                    raise Interrupted(f"asked to stop: state saved at step {self.progress.step}")
        self.progress.diverged |= bool(self.losses) and not np.isfinite(self.mean_loss())
        self.trained_tokens += self.progress.tokens - before
        self.training_seconds += clock.elapsed()

    def reduced_losses(self) -> Tensor:
        """Return the losses of the steps since the last row of the curve, float32 (n,), summed over the processes."""
        return self.group.all_reduce(torch.stack(self.losses)) if self.losses else torch.empty(0)

    def mean_loss(self) -> float:
        """Return the mean loss since the last row of the curve (waits for the device)."""
        return self.reduced_losses().double().mean().item()

    def record_progress(self, rate: float, clock: Clock) -> None:
        """Add a row to the curve, check for divergence and log."""
        progress, loss = self.progress, self.mean_loss()
        self.losses = []
        progress.curve.append([progress.step, progress.tokens, rate, loss])
        progress.diverged = not np.isfinite(loss)
        clock.log(progress.step, progress.tokens, loss)
