"""The learning rate of fine-tuning is chosen on validation labels, and on nothing else."""

import numpy as np
import pytest
from clm.models.build import load_model
from clm.transfer.finetune import FineTuner
from clm.transfer.tune import best_rate, validation_error
from models import random_shard, small_model
from test_transfer import SETTINGS, task_of

PARTS = {"train": np.arange(60), "valid": np.arange(60, 80), "test": np.arange(80, 100)}
RATES = [1e-5, 3e-3]


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_test_labels_cannot_change_the_error_by_which_a_rate_is_chosen(tmp_path, kind):
    model, shard = load_model(small_model(tmp_path)), random_shard(100)
    y = np.array([ids.mean() for ids in shard.sequences()], dtype=float)
    y = (y > np.median(y)).astype(float) if kind == "classification" else y
    tuner = FineTuner(model, 1, kind, SETTINGS | {"steps": 10})

    def measured(part: str, change) -> list[float | None]:
        labels = y.copy()
        labels[PARTS[part]] = change(labels[PARTS[part]])
        return [validation_error(tuner, task_of(labels), shard, PARTS, rate) for rate in RATES]

    kept = measured("test", lambda part: part)
    for change in (lambda part: 1 - part, lambda part: np.full(len(part), np.nan), np.flip):
        assert measured("test", change) == kept
    assert measured("valid", lambda part: 1 - part) != kept  # which a change of what does decide is not
    assert measured("train", lambda part: 1 - part) != kept


def test_best_rate_averages_over_tasks_and_skips_undefined_ones():
    assert best_rate([0.1, 0.2, 0.3], [[0.9, 0.9], [0.5, 0.8], [0.1, None]]) == 0.2
