"""Leaving out parts of the tasks, on tables whose conclusion is planted to hang on one of them, or on none."""

import pandas as pd
from clm.statistics.ablation import ablation_rows, changes, effects
from clm.statistics.claims import MIN_TASKS

TASKS = [f"t{i}" for i in range(12)]
FAMILIES = {task: "adme" if i < 2 else "activity" if i < 4 else "toxicity" for i, task in enumerate(TASKS)}
MARGINS = {"gain": 0.01, "elasticity": 0.1}
CARRIED = [0.03] * 9 + [0.005, -0.03, -0.03]  # the interval of the median lies above 1 %, barely


def table(gains, modes=("linear_probe",), splits=("random",), half_width=0.002, **columns):
    base = {"axis": "C", "features": "mean", "verdict": "undecided"} | columns
    return pd.DataFrame(
        base | {"mode": mode, "split": split, "task": task, "gain": gain, "lower": gain - half_width,
                "upper": gain + half_width}
        for mode in modes for split in splits for task, gain in zip(TASKS, gains, strict=False)
    )  # fmt: skip


def elasticities(value=0.0):
    return table([value] * 12, corpus="zinc").rename(columns={"gain": "slope"}).drop(columns="axis")


def ablated(saturation, elasticity=None, sensitive=True):
    rows = effects(saturation, elasticities() if elasticity is None else elasticity, "zinc", TASKS)
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


def test_only_tasks_that_count_and_have_signal_enter():
    saturation = table([0.03] * 12)
    saturation.loc[0, "verdict"] = "not better than the mean"
    rows = effects(saturation, elasticities(), "zinc", TASKS[:5])
    assert set(rows.loc[rows["statistic"] == "C", "task"]) == set(TASKS[1:5])
    assert effects(saturation, elasticities(), "pubchem", TASKS)["statistic"].eq("elasticity").sum() == 0


def test_elasticity_and_dependence_have_their_own_verdicts():
    rows = ablated(table([0.05, -0.05] * 6), elasticities(0.5))
    assert of(rows, "elasticity").loc[("nothing", "nothing"), "verdict"] == "contradicted"
    assert of(rows, "task_dependence").loc[("nothing", "nothing"), "verdict"] == "supported"
