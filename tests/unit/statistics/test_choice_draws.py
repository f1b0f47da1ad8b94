"""A rule is worth something only if it chooses well among other pretraining runs too."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from clm.statistics.choice_draws import chosen_errors, differences

TASKS = 12


def study(sizes=(("60k", 6e4, 5), ("800k", 8e5, 3))):
    """Checkpoints of trunks with one budget: a panel holds nothing but its cells."""
    rows = [(f"{name}{seed}", name, number) for name, number, seeds in sizes for seed in range(seeds)]
    frame = pd.DataFrame(rows, columns=["trunk", "size", "parameters"])
    told = {"corpus": "zinc", "subset": "64k", "molecules": 64000, "budget": "1m", "tokens": 1e6}
    return frame.assign(**told, trunk=pd.factorize(frame["trunk"])[0])


def judged(cells, effects, values, sign=-1.0, seed=0):
    """Differences of one predictor whose values are the same on all tasks; effects (n,) are log errors."""
    random = np.random.default_rng(seed)
    panels = [SimpleNamespace(cells=cells)] * TASKS
    errors = [effects + 0.003 * random.normal(size=len(cells)) for _ in range(TASKS)]
    rules = [{"trace": (values, sign), "loss": (-cells["parameters"].to_numpy(), -1.0)}] * TASKS
    return differences(panels, errors, rules, 400, 0)["trace"]


def test_one_lucky_trunk_that_is_best_on_every_task_is_no_skill():
    cells = study()
    effects = np.where(cells["size"] == "800k", -0.05, 0.0)
    effects[-1] -= 0.05  # one of three runs of the largest model
    values = np.arange(len(cells), dtype=float)[::-1]  # lowest for that run, for whatever reason
    found = judged(cells, effects, values)
    # against the mean of the three: 5 % less error on each of 12 tasks, but a third of the draws lack that run
    assert found["difference"] == pytest.approx(-0.033, abs=0.004) and found["rival"] == "largest_model"
    assert found["difference_lower"] < -0.03 and found["difference_upper"] >= -0.001


def test_a_predictor_that_orders_all_trunks_is_shown_to_help():
    cells = study((("60k", 6e4, 12),))
    effects = 0.05 * np.random.default_rng(1).normal(size=len(cells))
    found = judged(cells, effects, effects)
    assert found["difference_upper"] < 0 and found["difference"] < -0.04
    opposite = judged(cells, effects, effects, sign=1.0)
    assert opposite["difference_lower"] > 0


def test_the_rival_chooses_among_the_checkpoints_for_which_the_predictor_is_known():
    cells = study()
    effects = np.where(cells["size"] == "800k", -0.2, 0.0)
    values = np.where(cells["size"] == "60k", np.arange(len(cells), dtype=float), np.nan)
    assert judged(cells, effects, values)["difference"] == pytest.approx(0, abs=0.003)


def test_equal_checkpoints_share_a_choice_by_how_often_they_are_drawn():
    weights = np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    found = chosen_errors(np.array([0.0, 1.0, 1.0]), weights, np.array([0.5, 0.1, 0.4]))
    np.testing.assert_allclose(found, [0.25, 0.2, 0.5])


def test_a_predictor_without_skill_is_rarely_shown_to_help():
    cells, wrong = study(), 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        effects = 0.05 * random.normal(size=len(cells))
        found = judged(cells, effects, random.normal(size=len(cells)), seed=seed)
        wrong += found["difference_upper"] < 0
    assert wrong <= 4


def test_few_tasks_have_no_interval():
    cells = study()
    rules = [{"trace": (np.arange(8.0), 1.0)}] * 2
    found = differences([SimpleNamespace(cells=cells)] * 2, [np.zeros(8)] * 2, rules, 50, 0)["trace"]
    assert found["difference_upper"] is None and found["difference"] == 0
