"""The learning rate of fine-tuning for a model size: the best on the validation sets of several tasks."""

from collections.abc import Mapping

import numpy as np

from clm.tasks.scores import errors
from clm.tasks.table import Task
from clm.tokens.shards import Shard
from clm.transfer.finetune import FineTuner, predict


def validation_error(
    tuner: FineTuner, task: Task, shard: Shard, parts: Mapping[str, np.ndarray], rate: float
) -> float | None:
    """Return RMSE relative to that of the training mean, or (1 - AUC) / .5, on validation; 1 means nothing learned.

    Averaged over labels; None if undefined for all of them.
    """
    model, scaler = tuner.run(task, shard, parts["train"], rate, seed=0)
    kind = tuner.kind
    prediction = predict(model, scaler, shard, parts["valid"], kind)
    relative = []
    for column in range(len(task.names)):
        y = task.labels[parts["valid"], column]
        known = np.isfinite(y)
        y, guess = y[known], prediction[known, column]
        one = np.ones((1, len(y)))
        trivial = 0.5 if kind == "classification" else errors(y, np.full(len(y), scaler.mean[column]), one, kind)[0]
        if len(y) and np.isfinite(guess).all() and trivial > 0:
            relative.append(errors(y, guess, one, kind)[0] / trivial)
    defined = [value for value in relative if np.isfinite(value)]
    return float(np.mean(defined)) if defined else None


def best_rate(rates: list[float], relative: list[list[float | None]]) -> float:
    """Return the rate with the lowest mean over tasks; rates undefined for any task come last, ties go to the lower.

    Tasks without a defined error at any rate (no validation labels, for example) are ignored.

    Args:
        rates: ascending.
        relative: for each rate the relative error of each task.
    """
    counting = [task for task in zip(*relative, strict=True) if any(error is not None for error in task)]
    if not counting:
        return rates[0]
    means = [np.mean(values) if None not in values else np.inf for values in zip(*counting, strict=True)]
    return rates[int(np.argmin(means))]
