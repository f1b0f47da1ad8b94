"""The initial head of fine-tuning: that of the linear probe, or a random one."""

import numpy as np
import torch
from torch import Tensor

from clm.models.encoder import MaskedLM
from clm.tasks.linear_head import fit_head
from clm.tasks.table import Task
from clm.tokens.shards import Shard
from clm.transfer.embed import embed

LINEAR_PROBE, RANDOM = "linear_probe", "random"
RANDOM_SD = 0.02  # of BERT (Devlin et al., NAACL 2019)
Head = tuple[Tensor, Tensor]  # weights (L, width) and biases (L,), float32


def random_head(labels: int, width: int, seed: int) -> Head:
    """Return normal weights and zero biases: the head initially predicts about the mean of the training labels."""
    generator = torch.Generator().manual_seed(seed)
    return torch.empty(labels, width).normal_(0, RANDOM_SD, generator=generator), torch.zeros(labels)


def probe_head(
    model: MaskedLM, task: Task, shard: Shard, train: np.ndarray, kind: str, mean: np.ndarray, sd: np.ndarray
) -> Head:
    """Return the head of the linear probe, for scaled labels.

    Fine-tuning from this head distorts the features less and needs fewer steps (Kumar et al., ICLR 2022).

    Args:
        model: whose features are probed.
        task: labels.
        shard: molecules of the task as tokens.
        train: positions of the training molecules.
        kind: "regression" or "classification".
        mean: float64 (L,), of the training labels.
        sd: float64 (L,), of the training labels.

    Returns:
        The head; zeros for a label without values, and if the features of a diverged encoder are not finite.
    """
    mode = model.training
    features = embed(model.eval(), shard.take(train)).astype(np.float64)
    model.train(mode)
    weights, biases = np.zeros((len(task.names), features.shape[1])), np.zeros(len(task.names))
    for column in range(len(task.names)):
        y = task.labels[train, column]
        if np.isfinite(y).any() and np.isfinite(features).all():
            head = fit_head(features, y, task.groups[train], kind)
            slopes = head.weights / head.scale
            weights[column] = slopes / sd[column]
            biases[column] = (head.intercept - slopes @ head.mean - mean[column]) / sd[column]
    return torch.from_numpy(weights).float(), torch.from_numpy(biases).float()
