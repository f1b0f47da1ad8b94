"""Leaving out parts of the tasks, on tables whose conclusion is planted to hang on one of them, or on none."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.ablation import ablation_rows, change, changes, effects
from clm.statistics.claims import MIN_TASKS
from clm.statistics.headline import headline_rows
from clm.statistics.hierarchical import TaskSlope
from test_headline import MARGINS as SETTINGS
from test_headline import nets

TASKS = [f"t{i}" for i in range(12)]
FAMILIES = {task: "adme" if i < 2 else "activity" if i < 4 else "toxicity" for i, task in enumerate(TASKS)}
MARGINS = {"gain": 0.01, "elasticity": 0.1}
CARRIED = [0.03] * 9 + [0.005, -0.03, -0.03]  # the interval of the median lies above 1 %, barely


def table(gains, modes=("linear_probe",), splits=("random",), half_width=0.002, statistic="C", **told):
    """Effects of tasks; with `shared` the same error of the trunks moves all tasks together."""
    return pd.DataFrame(
        {"statistic": statistic, "mode": mode, "split": split, "task": task, "gain": gain, "lower": gain - half_width,
         "upper": gain + half_width, "slope": slope(gain, half_width, task, **told)}
        for mode in modes for split in splits for task, gain in zip(TASKS, gains, strict=False)
    )  # fmt: skip


def slope(gain, half_width, task, shared=False):
    error = half_width / 2 / np.sqrt(10)
    signs = np.random.default_rng(0 if shared else TASKS.index(task)).choice((-1, 1), size=10)
    return TaskSlope(np.log1p(-gain), dict(enumerate(error * signs)), 9.0)


def dependence(gains, **told):
    return table(gains, **told).assign(statistic="task_dependence")


def ablated(rows, sensitive=True):
    places = ((mode, split) for mode in ("linear_probe", "fine_tuned") for split in ("random", "scaffold"))
    return pd.DataFrame(ablation_rows(rows, FAMILIES, MARGINS, dict.fromkeys(places, sensitive), 300, 0))


def of(rows, statistic="C", mode="(all)"):
    return rows[(rows["statistic"] == statistic) & (rows["mode"] == mode)].set_index(["left_out", "name"])


def test_a_conclusion_that_no_task_carries_stays():
    rows = of(ablated(table([0.03] * 12)))
    enough = rows[rows["n_tasks"] >= MIN_TASKS]
    assert set(enough["verdict"]) == {"contradicted"} and enough["changed"].eq(0).all()
    assert rows.loc[("nothing", "nothing"), "n_tasks"] == 12
    flat = of(ablated(table([0.0] * 12)))
    assert set(flat.loc[flat["n_tasks"] >= MIN_TASKS, "verdict"]) == {"supported"}


def test_a_conclusion_that_one_task_carries_changes_without_it():
    rows = of(ablated(table(CARRIED)))
    assert rows.loc[("nothing", "nothing"), "verdict"] == "contradicted"
    assert rows.loc[("task", "t0"), "verdict"] == "undecided" and rows.loc[("task", "t0"), "changed"] == 1
    assert rows.loc[("task", "t11"), "verdict"] == "contradicted" and rows.loc[("task", "t11"), "changed"] == 0


def test_no_part_is_left_out_that_makes_a_test_impossible():
    rows = of(ablated(table([0.03] * 12)))
    assert ("family", "toxicity") not in rows.index  # 4 tasks would remain
    assert {("family", "adme"), ("family", "activity")} < set(rows.index) and rows["n_tasks"].min() >= MIN_TASKS
    alone = of(ablated(table([0.03] * 4)))
    assert alone.index.tolist() == [("nothing", "nothing")]
    assert alone["verdict"].tolist() == ["not testable here"] and alone["effect"].isna().all()


def test_reversals_and_changes_to_undecided_are_told_apart():
    carried = of(ablated(table(CARRIED)))
    assert carried.loc[("task", "t0"), "change"] == "to undecided"
    reversed_ = of(ablated(pd.concat([table([0.03] * 12), table([-0.06] * 12, ("fine_tuned",))])))
    assert reversed_.loc[("mode", "fine_tuned"), "change"] == "reversal"
    found = changes(reversed_.reset_index())
    assert found == {"reversal": ["mode fine_tuned"], "to undecided": [], "from undecided": []}


def test_a_study_that_cannot_see_is_not_said_to_show_little():
    rows = of(ablated(table([0.0] * 12), sensitive=False))
    assert set(rows["verdict"]) == {"not sensitive"}
    assert set(of(ablated(table([0.03] * 12), sensitive=False))["verdict"]) == {"contradicted"}


def test_modes_and_splits_are_averaged_within_a_task_and_left_out_in_turn():
    gains = pd.concat(
        [table([0.03] * 12, ("linear_probe",), ("random", "scaffold")), table([-0.06] * 12, ("fine_tuned",))]
    )
    rows = of(ablated(gains))
    assert rows.loc[("nothing", "nothing"), "n_tasks"] == 12
    assert rows.loc[("nothing", "nothing"), "verdict"] == "supported"  # (.03 + .03 - .06) / 3 = 0
    assert (
        rows.loc[("mode", "fine_tuned"), "verdict"] == "contradicted"
        and rows.loc[("mode", "fine_tuned"), "changed"] == 1
    )
    assert rows.loc[("split", "random"), "effect"] == 0.03
    single = of(ablated(table([0.03] * 12)))
    assert not {"mode", "split"} & set(single.index.get_level_values("left_out"))  # nothing would remain


def test_elasticity_and_dependence_have_their_own_verdicts():
    elasticity = table([0.0] * 12, statistic="elasticity").assign(
        slope=[TaskSlope(0.5, dict.fromkeys(range(10), 0.001), 9.0)] * 12
    )
    rows = ablated(pd.concat([elasticity, dependence([0.05, -0.05] * 6)]))
    assert of(rows, "elasticity").loc[("nothing", "nothing"), ["verdict", "effect"]].tolist() == ["contradicted", 0.5]
    assert of(rows, "task_dependence").loc[("nothing", "nothing"), "verdict"] == "supported"
    equal = of(ablated(dependence([0.0] * 12)), "task_dependence")
    assert set(equal["verdict"]) == {"contradicted"}
    blind = of(ablated(dependence([0.0] * 12), sensitive=False), "task_dependence")
    assert set(blind["verdict"]) == {"not sensitive"}, "gains that are equal say little where none could be seen"


@pytest.mark.parametrize(
    ("verdict", "with_all", "expected"),
    [("supported", "contradicted", "reversal"), ("contradicted", "contradicted", "none"),
     ("undecided", "supported", "to undecided"), ("not sensitive", "supported", "to undecided"),
     ("supported", "undecided", "from undecided"), ("supported", "not sensitive", "from undecided"),
     ("not sensitive", "undecided", "none"), ("undecided", "not sensitive", "none")],
)  # fmt: skip
def test_only_a_verdict_that_decides_can_be_reversed(verdict, with_all, expected):
    assert change(verdict, with_all) == expected


def test_an_error_that_tasks_share_through_their_trunks_does_not_average_out():
    """With the errors of single tasks the median of twelve is decided; with one error common to all it is not."""
    own, shared = (of(ablated(table([0.02] * 12, half_width=0.018, shared=kind))) for kind in (False, True))
    assert own.loc[("nothing", "nothing"), "verdict"] == "contradicted"
    assert shared.loc[("nothing", "nothing"), "verdict"] == "undecided"


def test_with_nothing_left_out_the_median_is_that_of_the_headline():
    made = nets(-0.03, between=0.01)
    tasks = [f"t{i}" for i in range(8)]
    bare = pd.DataFrame(columns=["axis", "features", "task", "gain", "verdict", "mode", "split"])
    seen = dict.fromkeys(((net.panel.names["mode"], net.panel.names["split"]) for net in made), True)
    rows = pd.DataFrame(ablation_rows(effects(made, bare, tasks), {}, MARGINS, seen, SETTINGS["bootstrap"],
                                      SETTINGS["seed"]))  # fmt: skip
    whole = rows[(rows["left_out"] == "nothing") & (rows["statistic"] == "C") & (rows["mode"] != "(all)")]
    told = pd.DataFrame(headline_rows(made, seen, SETTINGS | {"aggregate": tasks}))
    told = told[(told["axis"] == "C") & (told["split"] != "(all)")].set_index(["mode", "split"])
    for row in whole.to_dict("records"):
        headline = told.loc[(row["mode"], row["split"])]
        assert (row["effect"], row["verdict"]) == (headline["gain"], headline["verdict"])
        assert (row["lower"], row["upper"]) == (headline["lower"], headline["upper"])
    assert len(whole) == len(told) > 0
