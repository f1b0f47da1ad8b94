"""Whether a planned study is expected to be sensitive: the trend of a finished control, carried to the plan."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.components import Components
from clm.statistics.plan import headline_plan
from clm.statistics.replicates import Plan
from clm.statistics.sight import NO_CONTROL, Control, expected_gain, plane, sighted
from synthetic_study import grid_cells

CELLS = grid_cells()
PARTS = Components(0.015, 0.004, 0.008, 0.2, 0.01, 0.005, {}, 0.125)


def control(at_last: float) -> Control:
    """Return a control whose net gain grows with tokens alone, to `at_last` at the largest budget."""
    tokens = np.log2(CELLS["tokens"].to_numpy(dtype=float))
    gains = at_last * (tokens - tokens.min()) / np.ptp(tokens)
    return Control(np.linalg.pinv(plane(CELLS)) @ gains, PARTS)


def test_the_trend_of_a_control_is_carried_to_larger_budgets_and_sizes():
    assert expected_gain(control(0.1).trend, CELLS) == pytest.approx(0.1)
    doublings = np.log2(CELLS["tokens"].max() / CELLS["tokens"].min())
    longer = CELLS.assign(tokens=CELLS["tokens"] * 2)
    assert expected_gain(control(0.1).trend, longer) == pytest.approx(0.1 * (1 + 1 / doublings))
    by_size = np.array([0.0, 0.02, 0.0])  # 2 % per doubling of parameters; each size counts once, whatever its trunks
    sizes = CELLS.groupby("size")["parameters"].first()
    more = pd.concat([CELLS, CELLS[CELLS["size"] == sizes.idxmax()]])
    assert expected_gain(by_size, more) == pytest.approx(0.02 * np.log2(sizes).mean())


@pytest.mark.parametrize(("gain", "sensitive"), [(0.3, True), (0.01, False), (-0.3, False)])
def test_a_plan_is_sensitive_where_the_control_is_expected_to_gain_enough(gain, sensitive):
    plan, remarks = sighted(Plan(CELLS, 6, 3), control(gain), 400, 0)
    assert (plan.blind is None) == sensitive
    assert remarks[0].startswith(f"the logp control is expected to gain {1 - np.exp(-gain):.1%}")
    assert sensitive or plan.blind == f"a sensitive study: {remarks[0]}"


def test_without_a_control_in_the_plan_or_before_nothing_is_expected():
    blind = Plan(CELLS, 6, 3, 3, NO_CONTROL)
    assert sighted(blind, control(0.3), 100, 0) == (blind, [])
    plan = Plan(CELLS, 6, 3)
    assert sighted(plan, None, 100, 0) == (plan, [])


def test_claims_of_little_need_every_split_to_be_sensitive():
    runs = CELLS.assign(loss=np.exp(-0.1 * np.log2(CELLS["tokens"].to_numpy(dtype=float))))
    settings = {"gain_margin": 0.01, "elasticity_margin": 0.1, "seed": 0}
    quiet = Components(0.001, 0.0001, 0.0005, 0.0, 0.0005, 0.0005, {"N": 0.0, "D": 0.0, "U": 0.0}, 0.125)
    able, blind = Plan(CELLS, 12, 3), Plan(CELLS, 12, 3, blind="a sensitive study: why")
    for plans, told in (((able, able), {None}), ((able, blind), {"a sensitive study: why"})):
        rows = list(headline_plan([(plan, quiet) for plan in plans], runs, settings, 100))
        little = [row for row in rows if row["outcome"] in ("saturated", "little arrives")]
        assert len(little) == 4 and {row["needs"] for row in little} == told
        assert all(row["testable"] for row in rows if row["outcome"] == "improving")
