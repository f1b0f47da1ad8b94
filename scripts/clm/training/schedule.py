"""Learning-rate schedule by tokens: warm-up, a constant trunk, and a separate decay for each token budget.

Warmup-stable-decay (Hu et al., MiniCPM, arXiv:2404.06395; Hägele et al., arXiv:2405.18392): a checkpoint in the middle
of a longer schedule would be worse than a run of that length, so budgets would not be comparable.
"""

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True)
class Schedule:
    """Peak learning rate, tokens of warm-up, and the fraction of a budget used for the decay."""

    peak: float
    warmup_tokens: int
    decay_fraction: float

    def branch_tokens(self, budget: int) -> int:
        """Return the tokens of a budget before its decay begins."""
        return round(budget * (1 - self.decay_fraction))

    def trunk(self, tokens: int) -> float:
        """Return the learning rate of the trunk after `tokens` tokens."""
        return self.peak * min(1.0, (tokens + 1) / max(1, self.warmup_tokens))

    def decay(self, tokens: int, start: int, budget: int) -> float:
        """Return the learning rate of a decay that began at `start` tokens: peak times 1 - sqrt(progress)."""
        progress = min(1.0, (tokens - start) / max(1, budget - start))
        return self.trunk(start) * (1 - sqrt(progress))
