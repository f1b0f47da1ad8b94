"""Predictors of transfer: computed from a checkpoint and the training set of a task only."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clm.models.encoder import MaskedLM
from clm.tasks.roughness import MIN_MOLECULES, rogi_xd, scaled_euclidean
from clm.tasks.table import Task
from clm.tokens.shards import Shard
from clm.training.masked_loss import validation_loss
from clm.transfer import logme, neighbours
from clm.transfer.usable import unusable


def label_predictors(
    features: np.ndarray, task: Task, train: np.ndarray, kind: str, roughness_molecules: int
) -> list[dict[str, Any]]:
    """Return LogME, nearest-neighbour score and ROGI-XD of each label: records of label, name, value, reason.

    Args:
        features: float (n, d), of all molecules of the task.
        task: the task.
        train: indices of the training set; nothing else is used.
        kind: "regression" or "classification".
        roughness_molecules: maximum number of molecules for ROGI-XD, the first of the training set.
    """
    records = []
    for column, label in enumerate(task.names):
        known = train[np.isfinite(task.labels[train, column])]
        x, y = features[known].astype(np.float64), task.labels[known, column]
        some, of_some = x[:roughness_molecules], y[:roughness_molecules]
        reasons = {
            "logme": unusable(x, y, logme.MIN_LABELS),
            "knn": unusable(x, y, neighbours.MIN_LABELS),
            "rogi_xd": unusable(some, of_some, MIN_MOLECULES),
        }
        values = {
            "logme": logme.logme(x, y, kind),
            "knn": neighbours.nearest_score(x, y, kind),
            "rogi_xd": None if reasons["rogi_xd"] else rogi_xd(scaled_euclidean(some), of_some),
        }
        records += [
            {"label": label, "name": name, "value": values[name], "reason": reason} for name, reason in reasons.items()
        ]
    return records


def domain_predictors(
    model: MaskedLM, molecules: Shard, mask_fraction: float, classes: Sequence[int], own_loss: float | None
) -> list[dict[str, Any]]:
    """Return the masked-LM loss on molecules of the task, in excess of the validation loss, and by token class.

    Args:
        model: in eval mode.
        molecules: of the training set (labels are not used).
        mask_fraction: fraction of the non-special tokens that are masked.
        classes: class of each token id.
        own_loss: validation loss on the model's own corpus.
    """
    validation = validation_loss(model, molecules, mask_fraction, classes)
    loss = validation["loss"]
    values: Mapping[str, float | None] = {
        "domain_loss": loss,
        "domain_loss_excess": None if own_loss is None or loss is None else loss - own_loss,
    } | {f"domain_loss_{name}": part["loss"] for name, part in validation["by_class"].items()}
    return [{"label": None, "name": name, "value": value} for name, value in values.items()]
