"""Hessian-vector products of the masked-LM loss, averaged over masked tokens of all batches.

Each product is computed by PyHessian (Yao et al., arXiv:1912.07145). Around it, batches are weighted by masked tokens,
the graph of the gradient is built once per batch, and parameters that do not affect the loss are left out.
"""

from collections.abc import Callable, Sequence

import torch
from pyhessian.utils import hessian_vector_product
from torch import Tensor, nn
from torch.nn import functional as F

from clm.models.encoder import MaskedLM
from clm.training.masked_loss import Batch


def masked_lm_objective(model: MaskedLM) -> Callable[[Batch], Tensor]:
    """Return the function from a batch to its mean loss over masked tokens."""
    return lambda batch: F.cross_entropy(model(batch.ids, batch.attention, batch.positions), batch.targets)


class Curvature:
    """Gradient and Hessian of sum_b weight_b loss_b, with one differentiable gradient per batch kept in memory."""

    def __init__(
        self, model: nn.Module, objective: Callable[[Batch], Tensor], batches: Sequence[Batch], weights: Sequence[float]
    ) -> None:
        """Compute the gradients.

        Args:
            model: in eval mode, with attention that is twice differentiable (eager).
            objective: mean loss of a batch.
            batches: disjoint.
            weights: positive, one per batch; normalized here. Masked tokens per batch give the mean over all of them.
        """
        first = torch.autograd.grad(objective(batches[0]), list(model.parameters()), allow_unused=True)
        named = [item for item, grad in zip(model.named_parameters(), first, strict=True) if grad is not None]
        self.names = [name for name, _ in named]
        self.parameters = [parameter for _, parameter in named]
        total = float(sum(weights))
        self.weights = [weight / total for weight in weights]
        losses = [objective(batch) for batch in batches]
        self.loss = float(sum(w * loss.item() for w, loss in zip(self.weights, losses, strict=True)))
        self.gradients = [torch.autograd.grad(loss, self.parameters, create_graph=True) for loss in losses]

    @property
    def size(self) -> int:
        """Return the number of parameters."""
        return sum(p.numel() for p in self.parameters)

    def flat(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return tensors in the order of parameters as one vector (size,)."""
        return torch.cat([tensor.reshape(-1) for tensor in tensors])

    def gradient(self) -> Tensor:
        """Return the gradient (size,)."""
        return sum(w * self.flat(grads).detach() for w, grads in zip(self.weights, self.gradients, strict=True))

    def batch_product(self, number: int, vector: Tensor) -> Tensor:
        """Return the Hessian of one batch times a vector (size,)."""
        # PyHessian differentiates the directional derivative, a scalar: with the gradient as tensors torch would first
        # import sympy, to compare their shapes
        parts = vector.split([p.numel() for p in self.parameters])
        terms = [torch.dot(g.reshape(-1), v) for g, v in zip(self.gradients[number], parts, strict=True)]
        product = hessian_vector_product((torch.stack(terms).sum(),), self.parameters, None)
        return self.flat(product).detach()

    def product(self, vector: Tensor) -> Tensor:
        """Return the Hessian of the whole loss times a vector (size,)."""
        return sum(w * self.batch_product(number, vector) for number, w in enumerate(self.weights))
