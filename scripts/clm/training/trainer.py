"""The training loop and its state; it can stop at any step and go on with the same bytes."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from clm.models.device import rounding
from clm.models.encoder import MaskedLM
from clm.models.flops import training_flops
from clm.provenance.state import Interrupted, stop_requested
from clm.tokens.shards import Shard
from clm.training.feed import Feed, Work, ahead
from clm.training.masked_loss import Batch
from clm.training.optimizers import Optimizer, build_optimizer
from clm.training.recorded import Recorded
from clm.training.sharded import Sharded, sum_gradients
from clm.training.team import ALONE, Team

log = logging.getLogger(__name__)
TELL_STEPS = 20  # steps between two looks at the loss, the only synchronizations with a GPU


@dataclass
class Progress:
    """How far training came: steps, non-padding tokens (also before the last step), operations.

    `branched`: tokens at which the decay began. Rows of `curve` are step, tokens, learning rate and mean training loss
    since the row before, every TELL_STEPS steps; `pending` holds the losses since the last row.
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
    """A model, its optimizer and its place in the stream of batches."""

    def __init__(
        self,
        model: MaskedLM,
        shard: Shard,
        settings: Mapping[str, Any],
        seed: int,
        team: Team = ALONE,
        micro_tokens: int | None = None,
    ) -> None:
        """Prepare training.

        Args:
            model: on its device; trained in place.
            shard: training molecules, kept in memory.
            settings: `batch_tokens`, `optimizer`, `clip_norm`, `mask_fraction`, `mask_token_fraction`,
                `random_token_fraction`, `precision`.
            seed: of data order and masks.
            team: the processes that train this model together; they change nothing but rounding.
            micro_tokens: tokens that a process handles at once (a batch may take several passes), or None for all.
        """
        self.model, self.shard, self.settings, self.team = model.train(), shard, settings, team
        self.optimizer = self.build_optimizer()
        self.device = next(model.parameters()).device
        # A whole step can be recorded when this process takes it alone, in one pass
        whole = self.device.type == "cuda" and team.size == 1 and not micro_tokens and self.optimizer.recordable
        self.recorded = Recorded(self.whole_step) if whole else None
        self.feed = Feed(shard, settings, seed, model.config["vocab_size"], team, micro_tokens, whole)
        self.progress = Progress()
        self.losses: list[torch.Tensor] = []
        self.coming: Iterator[Work] | None = None
        self.trained_tokens, self.training_seconds = 0, 0.0
        self.rounding = rounding(settings["precision"])

    def build_optimizer(self) -> Optimizer:
        """Return the optimizer of the settings, spread over the team when that is more than this process."""

        def build(parameters: Iterable[nn.Parameter]) -> Optimizer:
            return build_optimizer(parameters, self.settings["optimizer"])

        parameters = self.model.parameters()
        return build(parameters) if self.team.size == 1 else Sharded(parameters, build, self.team)

    def state(self) -> dict[str, Any]:
        """Return everything that later steps depend on, whoever will take them (all members must call)."""
        self.progress.pending = self.team_losses().tolist()
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": asdict(self.progress),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])
        mine = self.progress.pending if self.team.rank == 0 else [0.0] * len(self.progress.pending)
        self.losses = [torch.tensor(loss, device=self.device) for loss in mine]
        self.coming = None

    def step(self, work: Work, rate: float) -> torch.Tensor:
        """Take one optimizer step and return this process's part of its loss (on the device)."""
        if self.recorded:
            loss = self.recorded(list(work.batches[0]), self.device, work.masked, rate)
        else:
            loss = self.update(work.batches, work.masked, rate)
        self.progress.step += 1
        self.progress.previous_tokens = self.progress.tokens
        self.progress.tokens += int(work.lengths.sum())
        self.progress.flops += training_flops(self.model.config, work.lengths, work.masked)
        return loss

    def update(self, batches: list[Batch], masked: int | torch.Tensor, rate: float | torch.Tensor) -> torch.Tensor:
        """Change the weights by the gradient of all batches together; return this process's part of the loss."""
        self.optimizer.zero_grad()
        losses = [self.backward(batch.to(self.device), masked) for batch in batches]
        if self.team.size > 1:
            sum_gradients(self.optimizer.parameters, self.team)
        torch.nn.utils.clip_grad_norm_(self.optimizer.parameters, self.settings["clip_norm"])
        self.optimizer.step(rate)
        return torch.stack(losses).sum() if losses else torch.zeros((), device=self.device)

    def whole_step(self, *arguments: torch.Tensor) -> torch.Tensor:
        """Take an optimizer step on one batch: its tensors, then the number of masked tokens and the rate."""
        *batch, masked, rate = arguments
        return self.update([Batch(*batch)], masked, rate)

    def backward(self, batch: Batch, masked: int | torch.Tensor) -> torch.Tensor:
        """Add the gradient of one part of a batch; its loss is a share of the mean over all `masked` tokens."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.rounding is torch.bfloat16):
            logits = self.model(batch.ids, batch.attention, batch.positions)
            loss = F.cross_entropy(logits.float(), batch.targets, reduction="sum") / masked
        loss.backward()
        return loss.detach()

    def work(self) -> Work:
        """Return the work of the next step; on a GPU a thread draws it ahead."""
        if self.coming is None:
            work = self.feed.work(self.progress.step)
            self.coming = ahead(work) if self.device.type == "cuda" else work
        return next(self.coming)

    def run(self, until: int, rate: Callable[[int], float], save: Callable[[], None], every: float) -> None:
        """Train until `until` tokens are processed, or until the loss is not finite.

        Args:
            until: tokens.
            rate: learning rate by tokens processed.
            save: writes the state; called every `every` seconds and when the job is asked to stop.
            every: seconds.

        Raises:
            Interrupted: SIGTERM came to a member of the team; the state has been saved.
        """
        clock, before = Clock(until), self.progress.tokens
        while self.progress.tokens < until and not self.progress.diverged:
            now = rate(self.progress.tokens)
            self.losses.append(self.step(self.work(), now))
            if self.progress.step % TELL_STEPS == 0:
                self.look(now, clock)
                stop, due = self.team.any(stop_requested(), self.team.rank == 0 and clock.since_save() > every)
                if stop or due:
                    save()
                    clock.saved()
                if stop:
                    raise Interrupted(f"asked to stop: state saved at step {self.progress.step}")
        self.progress.diverged |= bool(self.losses) and not np.isfinite(self.mean_loss())
        self.trained_tokens += self.progress.tokens - before
        self.training_seconds += clock.elapsed()

    def team_losses(self) -> torch.Tensor:
        """Return the losses of the steps since the last row of the curve, float32 (n,), summed over the team."""
        return self.team.total(torch.stack(self.losses)) if self.losses else torch.empty(0)

    def mean_loss(self) -> float:
        """Return the mean of the losses since the last row of the curve (waits for the device)."""
        return self.team_losses().double().mean().item()

    def look(self, rate: float, clock: "Clock") -> None:
        """Note the loss, judge divergence and tell how it goes."""
        progress, loss = self.progress, self.mean_loss()
        self.losses = []
        progress.curve.append([progress.step, progress.tokens, rate, loss])
        progress.diverged = not np.isfinite(loss)
        clock.tell(progress.step, progress.tokens, loss)


class Clock:
    """Paces messages and saves; knows nothing that could reach a result."""

    def __init__(self, until: int) -> None:
        """Start."""
        self.until, self.first = until, None
        self.began = self.told = self.last_save = time.monotonic()

    def elapsed(self) -> float:
        """Return seconds since the start."""
        return time.monotonic() - self.began

    def since_save(self) -> float:
        """Return seconds since the last save."""
        return time.monotonic() - self.last_save

    def saved(self) -> None:
        """Note a save."""
        self.last_save = time.monotonic()

    def tell(self, step: int, tokens: int, loss: float, every: float = 10.0) -> None:
        """Log step, loss, speed and time left, at most every 10 seconds."""
        now = time.monotonic()
        self.first = self.first or (now, tokens)
        if now - self.told < every or tokens == self.first[1]:
            return
        speed = (tokens - self.first[1]) / (now - self.first[0])
        left = (self.until - tokens) / speed
        log.info("step %d, loss %.3f, %d tokens, %.0f tokens/s, %.0f s left", step, loss, tokens, speed, left)
        self.told = now
