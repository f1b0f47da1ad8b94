"""Regret on one deterministic split: the best is chosen on half of the test scaffolds and scored on the other half."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.regret import SCAFFOLDS, greedy_choice, half_regret, panel_regret, repeats_of, uniform_choice
from clm.tables.panels import Panel
from clm.tasks.draws import half_weights
from clm.tasks.scores import errors

CHECKPOINTS, SCAFFOLD = 40, np.repeat(np.arange(30), 3)


def halves_of(residuals, groups, seed=0):
    """Log errors (h, 2, n) of checkpoints with residuals (n, molecules) on halves of groups."""
    weights = half_weights(groups, 20, seed)
    zero = np.zeros(residuals.shape[1])
    found = [np.log(errors(zero, one, weights, "regression")) for one in residuals]
    return np.array(found).T.reshape(20, 2, len(residuals))


def test_scaffolds_are_never_divided():
    weights = half_weights(SCAFFOLD, 50, 0).reshape(50, 2, 30, 3)
    assert (weights.sum(axis=1) == 1).all() and (weights == weights[..., :1]).all()
    assert (weights[:, 0].mean(axis=(1, 2)) == 0.5).all() and len(np.unique(weights[:, 0, :, 0], axis=0)) == 50
    odd = half_weights(np.array([7, 7, 3, 5]), 1, 0)
    assert odd.shape == (2, 4) and set(np.unique(odd)) == {0, 1}


def test_equal_checkpoints_have_no_regret_on_halves():
    """Residuals share scaffolds; to divide them, or to score where the best was chosen, feigns a regret."""
    random, honest, divided, naive = np.random.default_rng(0), [], [], []
    for seed in range(60):
        residuals = random.normal(size=(CHECKPOINTS, 30))[:, SCAFFOLD] + 0.3 * random.normal(size=(CHECKPOINTS, 90))
        honest.append(half_regret(halves_of(residuals, SCAFFOLD, seed), uniform_choice(CHECKPOINTS)))
        divided.append(half_regret(halves_of(residuals, np.arange(90), seed), uniform_choice(CHECKPOINTS)))
        whole = np.log(np.sqrt(np.mean(np.square(residuals), axis=1)))
        naive.append(whole.mean() - whole.min())
    error = np.std(honest) / np.sqrt(60)
    assert abs(np.mean(honest)) < 3 * error < 0.04 and np.mean(divided) > 0.08 and np.mean(naive) > 0.2
    same = np.tile(random.normal(size=(1, 90)), (CHECKPOINTS, 1))
    assert half_regret(halves_of(same, SCAFFOLD), greedy_choice(np.arange(40.0), 1.0)) == pytest.approx(0, abs=1e-12)


def test_a_planted_best_checkpoint_is_found_and_the_others_pay_for_it():
    noise = np.random.default_rng(1).normal(size=(1, 90))
    halves = halves_of(np.array([[1.0], [1.2], [2.0]]) * noise, SCAFFOLD)
    assert half_regret(halves, greedy_choice(np.array([1.0, 2.0, 3.0]), -1.0)) == pytest.approx(0, abs=1e-12)
    assert half_regret(halves, greedy_choice(np.array([1.0, 2.0, 3.0]), 1.0)) == pytest.approx(np.log(2))
    assert half_regret(halves, uniform_choice(3)) == pytest.approx(np.log(2.4) / 3)


def test_halves_serve_where_there_are_no_seeds():
    values = np.log(np.array([[1.0, 2.0]]))
    cells = pd.DataFrame({"size": ["a", "b"]})
    repeats, halves = {0: np.array([1.0]), 1: np.array([2.0])}, np.tile(values, (4, 2, 1))
    single = Panel({}, "rmse", cells, values, repeats, None, 0.1, 1.0, 0, halves)
    assert repeats_of(single) == SCAFFOLDS and panel_regret(single, uniform_choice(2)) == pytest.approx(np.log(2) / 2)
    assert repeats_of(Panel({}, "rmse", cells, values, repeats, None, 0.1, 1.0, 0)) is None
    seeds = {i: np.repeat(one, 2) for i, one in repeats.items()}
    assert repeats_of(Panel({}, "rmse", cells, values, seeds, None, 0.1, 1.0, 0, halves)) == "seeds"
