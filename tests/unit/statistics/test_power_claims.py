"""Power of further claims: elasticity, a falling loss, dependence on the task, all splits together."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.claims import judge_dependence
from clm.statistics.claims_loss import judge_fall
from clm.statistics.components import Components, loss_components
from clm.statistics.fits.curves import curves
from clm.statistics.fits.scaling import power_rows
from clm.statistics.gains import AXES, axis_design
from clm.statistics.headline import ELASTICITY
from clm.statistics.hierarchical import mean_slopes, pool
from clm.statistics.power import dependence_effects, difference, pooled_effects, pooled_elasticity, quantile
from clm.statistics.power_loss import envelope_effect, fall_effects
from clm.statistics.replicates import AllSplits, Plan, simulate
from clm.statistics.verdicts import judge_elasticities
from planted_studies import REPLICATES
from synthetic_study import grid_cells
from test_power import CELLS, PLANNED, TASKS, TRUE, decided, planned, pooled_study, study

LOSS = Components(0.01, 0.003, 0.006, 0.0, 0.0, 0.0, {})
C_AXIS = AXES[3]


def test_elasticity_of_a_single_task_is_decided_in_80_percent():
    estimates = planned(ELASTICITY, between=False).estimates()
    effect, bound = difference(estimates, TASKS, 0.1), quantile(estimates.value + estimates.reach())
    random, arrives, little = np.random.default_rng(1), [], []
    for _ in range(REPLICATES):
        judged = judge_elasticities(study(random, [effect, *[0.0] * (TASKS - 1)], ELASTICITY), 0.1, True)
        arrives.append(judged[0].verdict == "arrives")
        judged = judge_elasticities(study(random, np.zeros(TASKS), ELASTICITY), bound, True)
        little += [one.verdict == "less than a tenth arrives" for one in judged]
    assert decided(np.mean(arrives)) and decided(np.mean(little))


def test_the_pooled_elasticity_is_decided_in_80_percent():
    effect, bound = pooled_elasticity(planned(ELASTICITY), 0.1)
    random, arrives, little = np.random.default_rng(2), [], []
    for _ in range(REPLICATES):
        for found, true, margin in ((arrives, effect, 0.1), (little, 0.0, bound)):
            estimate = pool(pooled_study(random, true, ELASTICITY)).estimate
            found.append(judge_elasticities([estimate], margin, True)[0].verdict)
    assert decided(np.mean([verdict == "arrives" for verdict in arrives]))
    assert decided(np.mean([verdict == "less than a tenth arrives" for verdict in little]))


def losses(random, cells, log_loss, axis):
    """The row of fits.csv along one axis of a study whose losses vary by LOSS, made trunk by trunk."""
    tokens = np.log2(cells["tokens"].to_numpy(dtype=float))
    y = log_loss + LOSS.cell * random.normal(size=len(cells))
    for trunk in range(cells["trunk"].max() + 1):
        own = (cells["trunk"] == trunk).to_numpy()
        y[own] += LOSS.level * random.normal() + LOSS.drift * random.normal() * (tokens[own] - tokens.mean())
    made = cells.assign(loss=np.exp(y), epochs=0.5)
    curve = next(curve for curve in curves(made) if curve.axis == axis)
    return power_rows(curve, made, 4, 200, int(random.integers(1000)))[0]


@pytest.mark.parametrize("axis", AXES[:3], ids=lambda axis: axis.name)
def test_a_falling_loss_is_decided_in_80_percent(axis):
    cells = grid_cells()
    effect, margin = fall_effects(Plan(cells, 1, 1), LOSS, axis.name, PLANNED, 0)
    random, x = np.random.default_rng(3), np.log2(cells[axis.column].to_numpy(dtype=float))
    falls, flat = [], []
    for _ in range(REPLICATES):
        falls.append(judge_fall(losses(random, cells, -effect * x, axis.name), 0.01)[0] == "supported")
        row = losses(random, cells, 0 * x, axis.name)
        flat.append(max(row["upper"], row["bootstrap_upper"]) < margin / np.log(2))
    assert decided(np.mean(falls)) and decided(np.mean(flat))


def test_a_fall_along_the_envelope_is_decided_in_80_percent():
    """Trunks of every size repeat, so that the envelope has enough of them."""
    cells = pd.concat([grid_cells(seeds=2).query("subset == '32k'")] * 2, ignore_index=True)
    cells["flops"] *= np.where(np.arange(len(cells)) < len(cells) / 2, 1.0, 1.4)
    cells["seed"] += 2 * (np.arange(len(cells)) >= len(cells) / 2)
    cells["trunk"] = cells.groupby(["size", "seed"], sort=False).ngroup()
    log_loss = -0.05 * np.log(cells["flops"].to_numpy(dtype=float))
    effect = envelope_effect(Plan(cells, 1, 1), log_loss, LOSS, PLANNED, 0)
    scale, random = effect / (0.05 * np.log(2)), np.random.default_rng(4)
    found = [judge_fall(losses(random, cells, scale * log_loss, "C"), 0.01)[0] for _ in range(REPLICATES)]
    assert decided(np.mean([verdict == "supported" for verdict in found]))


def test_dependence_on_the_task_is_decided_in_80_percent():
    sd, margin = dependence_effects(planned(C_AXIS, between=False), 0)
    random, differ, alike = np.random.default_rng(5), [], []
    for _ in range(REPLICATES):
        for found, spread, held in ((differ, sd, 1e-9), (alike, 0.0, margin)):
            estimates = study(random, spread * random.normal(size=TASKS), C_AXIS)
            rows = [{"gain": -np.expm1(e.value)} | dict(zip(("upper", "lower"), -np.expm1(e.interval()), strict=True))
                    for e in estimates]  # fmt: skip
            found.append((judge_dependence(pd.DataFrame(rows), held)["verdict"], held))
    assert decided(np.mean([verdict == "supported" for verdict, _ in differ]))
    # what is told to differ by chance (5 %) is not called alike
    assert decided(np.mean([verdict != "undecided" for verdict, _ in alike]))


def test_a_bend_that_all_trunks_share_is_no_variance():
    """Steps of 1, 37 and 3 % at every trunk, and 1 % of noise: only the noise hides a fall."""
    random, found = np.random.default_rng(6), []
    bend = np.log([1.0, 0.99, 0.62, 0.60])[pd.factorize(CELLS["budget"])[0]]
    for _ in range(30):
        runs = CELLS.assign(loss=np.exp(bend + 0.01 * random.normal(size=len(CELLS))))
        found.append(loss_components(runs).cell)
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(0.01, rel=0.15)


def test_all_splits_together_ask_for_no_more_than_the_worst_of_them():
    design, few, many = axis_design(CELLS, AXES[0]), Plan(CELLS, TASKS, 1), Plan(CELLS, TASKS, 3)
    made = [simulate(plan, design, TRUE, "N", 300, 0) for plan in (few, many)]
    together = AllSplits(tuple(made))
    assert len(together) == 300
    by_hand = mean_slopes([made[0].tasks(7)[2], made[1].tasks(7)[2]])
    assert together.tasks(7)[2].value == pytest.approx(by_hand.value)
    assert pooled_effects(together)[0] <= 1.02 * max(pooled_effects(one)[0] for one in made)
