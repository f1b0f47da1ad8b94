"""Learning rates by tokens: warm-up, constant trunk, and a decay of its own for each token budget.

Warmup-stable-decay (Hu et al., MiniCPM, arXiv:2404.06395; Hägele et al., arXiv:2405.18392): a checkpoint in the middle
of a longer schedule would be worse than a run of that length, so budgets would not be comparable.
"""

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True)
class Schedule:
    """Peak rate, tokens of warm-up, and the share of a budget that the decay takes."""

    peak: float
    warmup_tokens: int
    decay_share: float

    def branch_tokens(self, budget: int) -> int:
        """Return how many tokens of a budget belong to the trunk."""
        return round(budget * (1 - self.decay_share))

    def trunk(self, tokens: int) -> float:
        """Return the rate after `tokens` of the trunk."""
        return self.peak * min(1.0, (tokens + 1) / max(1, self.warmup_tokens))

    def decay(self, tokens: int, start: int, budget: int) -> float:
        """Return the rate after `tokens` of a branch that left the trunk at `start`: 1 - sqrt(progress)."""
        progress = min(1.0, (tokens - start) / max(1, budget - start))
        return self.trunk(start) * (1 - sqrt(progress))
