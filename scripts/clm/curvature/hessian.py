"""Hessian-vector products of the masked-LM loss, averaged over masked tokens of all batches.

PyHessian (Yao et al., arXiv:1912.07145) is the reference method and multiplies; what it averages over batches is
weighted here by masked tokens, its graph is built once per batch, and parameters out of the loss's reach are left out.
"""

from collections.abc import Callable, Sequence

import torch
from pyhessian.utils import hessian_vector_product
from torch import Tensor, nn
from torch.nn import functional as F

from clm.models.encoder import MaskedLM
from clm.training.masked_loss import Batch


def masked_objective(model: MaskedLM) -> Callable[[Batch], Tensor]:
    """Return the mean loss over the masked tokens of a batch."""
    return lambda batch: F.cross_entropy(model(batch.ids, batch.attention, batch.positions), batch.targets)


class Curvature:
    """Gradient and Hessian of sum_b weight_b loss_b, with one differentiable gradient per batch kept in memory."""

    def __init__(
        self, model: nn.Module, objective: Callable[[Batch], Tensor], batches: Sequence[Batch], weights: Sequence[float]
    ) -> None:
        """Build the gradients.

        Args:
            model: in eval mode, with attention that can be differentiated twice.
            objective: mean loss of a batch.
            batches: disjoint.
            weights: positive, one per batch; normalized here. Masked tokens per batch give the mean over all of them.
        """
        reached = gradients(objective(batches[0]), list(model.parameters()), create_graph=False)
        named = [item for item, found in zip(model.named_parameters(), reached, strict=True) if found is not None]
        self.names = [name for name, _ in named]
        self.parameters = [parameter for _, parameter in named]
        total = float(sum(weights))
        self.weights = [weight / total for weight in weights]
        losses = [objective(batch) for batch in batches]
        self.loss = float(sum(w * loss.item() for w, loss in zip(self.weights, losses, strict=True)))
        self.slopes = [torch.autograd.grad(loss, self.parameters, create_graph=True) for loss in losses]

    @property
    def size(self) -> int:
        """Return the number of parameters."""
        return sum(p.numel() for p in self.parameters)

    def flat(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return tensors in the order of parameters as one vector (size,)."""
        return torch.cat([tensor.reshape(-1) for tensor in tensors])

    def shaped(self, vector: Tensor) -> list[Tensor]:
        """Return a vector (size,) as tensors in the shapes of the parameters."""
        pieces = vector.split([p.numel() for p in self.parameters])
        return [piece.view_as(p) for piece, p in zip(pieces, self.parameters, strict=True)]

    def gradient(self) -> Tensor:
        """Return the gradient (size,)."""
        return sum(w * self.flat(slope).detach() for w, slope in zip(self.weights, self.slopes, strict=True))

    def batch_product(self, number: int, vector: Tensor) -> Tensor:
        """Return the Hessian of one batch times a vector (size,)."""
        # The gradient along the vector is a number: for tensors torch would first import sympy, to compare their shapes
        pieces = vector.split([p.numel() for p in self.parameters])
        along = [torch.dot(g.reshape(-1), v) for g, v in zip(self.slopes[number], pieces, strict=True)]
        product = hessian_vector_product((torch.stack(along).sum(),), self.parameters, None)
        return self.flat(product).detach()

    def product(self, vector: Tensor) -> Tensor:
        """Return the Hessian of the whole loss times a vector (size,)."""
        return sum(w * self.batch_product(number, vector) for number, w in enumerate(self.weights))


def gradients(loss: Tensor, parameters: list[Tensor], create_graph: bool) -> tuple[Tensor | None, ...]:
    """Return gradients, None where the loss does not depend on a parameter."""
    return torch.autograd.grad(loss, parameters, create_graph=create_graph, allow_unused=True)
