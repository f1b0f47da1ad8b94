"""Learning curves: nested subsets, known errors, intervals that hold both kinds of uncertainty."""

import numpy as np
import pytest
from clm.statistics.learning import labels_verdict
from clm.tasks.table import Task
from clm.transfer.learning import learning_curve, mean_over_seeds, nested_subsets


def toy(n=300, labels=1):
    generator = np.random.default_rng(0)
    text = [f"m{i}" for i in range(n)]
    return Task(
        np.arange(n), text, text, text, generator.standard_normal((n, labels)), [f"y{i}" for i in range(labels)]
    )


PARTS = {"train": np.arange(200), "valid": np.arange(200, 220), "test": np.arange(220, 300)}


def test_subsets_are_nested_and_those_beyond_the_training_part_are_left_out():
    found = nested_subsets(PARTS["train"], [10, 50, 200, 400], seed=1)
    assert [len(subset) for subset in found] == [10, 50, 200]
    assert set(found[0]) < set(found[1]) < set(found[2]) == set(range(200))
    assert set(nested_subsets(PARTS["train"], [10], seed=2)[0]) != set(found[0])


def noisy(task, exponent, labels=1):
    """Predictions whose error falls with the number of training molecules to a power."""

    def fit(train, seed):
        noise = np.random.default_rng(seed).standard_normal((80, labels))
        return task.labels[220:] + noise * len(train) ** -exponent

    return fit


@pytest.mark.parametrize("labels", [1, 3])
def test_a_planted_power_law_is_found_exactly(labels):
    task = toy(labels=labels)
    rows = learning_curve(task, PARTS, "regression", [25, 50, 100, 400], [0, 1, 2], noisy(task, 0.5, labels))
    assert [row["labels"] for row in rows] == [25, 50, 100] and "gain" not in rows[0]
    for row in rows[1:]:
        assert row["gain"] == pytest.approx(1 - 2**-0.5) and row["gain_upper"] - row["gain_lower"] < 1e-9
    assert rows[0]["lower"] < rows[0]["error"] < rows[0]["upper"]
    assert rows[0]["error"] / rows[2]["error"] == pytest.approx(2)


def test_labels_that_change_nothing_are_no_gain():
    task = toy()
    rows = learning_curve(task, PARTS, "regression", [50, 100], [0, 1, 2], noisy(task, 0.0))
    assert rows[1]["gain"] == pytest.approx(0) and labels_verdict(rows[1], 0.01) == "saturated"


def test_a_classifier_that_saw_one_class_has_an_area_of_one_half():
    task = toy()
    task.labels[:] = task.labels > 0
    rows = learning_curve(task, PARTS, "classification", [10, 20], [0], lambda train, seed: np.zeros((80, 1)))
    assert rows[0]["error"] == pytest.approx(0.5) and rows[1]["gain"] == pytest.approx(0)


def test_the_interval_holds_test_sets_and_orders():
    generator = np.random.default_rng(0)
    test = np.hstack([np.zeros((3, 1)), np.tile(generator.standard_normal(4000), (3, 1))])
    low, high = mean_over_seeds(test)[1:]
    assert (low, high) == pytest.approx((-1.96, 1.96), abs=0.1)
    orders = np.tile(np.array([[-1.0], [0.0], [1.0]]), (1, 50))
    low, high = mean_over_seeds(orders)[1:]
    assert high == pytest.approx(4.3027 / np.sqrt(3), abs=1e-3) and low == -high  # Student's t with 2 degrees


def test_verdicts_come_from_the_interval():
    def of(low, high):
        return labels_verdict({"gain": (low + high) / 2, "gain_lower": low, "gain_upper": high}, 0.01)

    assert of(0.02, 0.04) == "improving" and of(-0.04, -0.01) == "degraded" and of(-0.01, 0.03) == "undecided"
    assert of(-0.008, 0.005) == "saturated", "gains and losses of the margin are ruled out"
    assert of(-0.02, 0.005) == "no relevant gain", "a loss of the margin is not"
    assert of(-0.08, 0.005) == "undecided", "the gain itself is such a loss"
    assert labels_verdict({}, 0.01) is None


def test_without_test_molecules_there_is_no_curve():
    parts = PARTS | {"test": np.array([], dtype=np.int64)}
    assert learning_curve(toy(), parts, "regression", [50, 100], [0], noisy(toy(), 0.5)) == []
