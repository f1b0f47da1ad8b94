"""The training loop and its state; it can stop at any step and go on with the same bytes."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from clm.models.device import rounding
from clm.models.encoder import MaskedLM
from clm.models.flops import training_flops
from clm.provenance.state import Interrupted, stop_requested
from clm.tokens.regex import PAD
from clm.tokens.shards import Shard
from clm.training.batches import resume_stream
from clm.training.masked_loss import Batch, padded
from clm.training.masks import Corruption
from clm.training.optimizers import build_optimizer

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

    def __init__(self, model: MaskedLM, shard: Shard, settings: Mapping[str, Any], seed: int) -> None:
        """Prepare training.

        Args:
            model: on its device; trained in place.
            shard: training molecules, kept in memory.
            settings: `batch_tokens`, `optimizer`, `clip_norm`, `mask_share`, `mask_token_share`, `random_token_share`,
                `precision`.
            seed: of data order and masks.
        """
        self.model, self.shard, self.settings, self.seed = model.train(), shard, settings, seed
        self.tokens = np.asarray(shard.tokens)
        self.optimizer = build_optimizer(model.parameters(), settings["optimizer"])
        self.corruption = Corruption(
            settings["mask_share"], settings["mask_token_share"], settings["random_token_share"]
        )
        self.progress = Progress()
        self.losses: list[torch.Tensor] = []
        self.trained_tokens, self.training_seconds = 0, 0.0
        self.device = next(model.parameters()).device
        self.rounding = rounding(settings["precision"])

    def state(self) -> dict[str, Any]:
        """Return everything that later steps depend on."""
        self.progress.pending = [loss.item() for loss in self.losses]
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
        self.losses = [torch.tensor(loss, device=self.device) for loss in self.progress.pending]

    def batch(self, chosen: np.ndarray) -> tuple[Batch, np.ndarray]:
        """Return the corrupted batch of the current step and the lengths of its molecules."""
        offsets = self.shard.offsets
        ids = padded([self.tokens[offsets[i] : offsets[i + 1]] for i in chosen])
        rng = np.random.default_rng([self.seed, 1, self.progress.step])
        corrupted, positions = self.corruption.draw(ids, self.model.config["vocab_size"], rng)
        real = ids != PAD
        attention = None if real.all() else torch.from_numpy(real)
        tensors = (torch.from_numpy(x) for x in (corrupted, positions, ids.ravel()[positions]))
        corrupted, positions, targets = tensors
        return Batch(corrupted, attention, positions, targets).to(self.device), self.shard.lengths[chosen]

    def step(self, chosen: np.ndarray, rate: float) -> torch.Tensor:
        """Take one optimizer step and return its loss (on the device)."""
        batch, lengths = self.batch(chosen)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.rounding is torch.bfloat16):
            logits = self.model(batch.ids, batch.attention, batch.positions)
            loss = F.cross_entropy(logits.float(), batch.targets)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings["clip_norm"])
        self.optimizer.step(rate)
        self.progress.step += 1
        self.progress.previous_tokens = self.progress.tokens
        self.progress.tokens += int(lengths.sum())
        self.progress.flops += training_flops(self.model.config, lengths, len(batch.targets))
        return loss.detach()

    def run(self, until: int, rate: Callable[[int], float], save: Callable[[], None], every: float) -> None:
        """Train until `until` tokens are processed, or until the loss is not finite.

        Args:
            until: tokens.
            rate: learning rate by tokens processed.
            save: writes the state; called every `every` seconds and when the job is asked to stop.
            every: seconds.

        Raises:
            Interrupted: SIGTERM came; the state has been saved.
        """
        clock, before = Clock(until), self.progress.tokens
        stream = resume_stream(self.shard, self.settings["batch_tokens"], self.seed, self.progress.step)
        while self.progress.tokens < until and not self.progress.diverged:
            now = rate(self.progress.tokens)
            self.losses.append(self.step(next(stream), now))
            if self.progress.step % TELL_STEPS == 0:
                self.look(now, clock)
                if stop_requested() or clock.since_save() > every:
                    save()
                    clock.saved()
                if stop_requested():
                    raise Interrupted(f"asked to stop: state saved at step {self.progress.step}")
        self.progress.diverged |= bool(self.losses) and not np.isfinite(self.mean_loss())
        self.trained_tokens += self.progress.tokens - before
        self.training_seconds += clock.elapsed()

    def mean_loss(self) -> float:
        """Return the mean of the losses since the last row of the curve (waits for the device)."""
        return torch.stack(self.losses).double().mean().item()

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
