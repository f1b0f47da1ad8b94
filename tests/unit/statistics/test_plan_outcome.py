"""A plan beside what was found: every claim finds its row, and what counts as decided."""

import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.provenance.files import write_json
from clm.statistics.plan_outcome import PLAN_COLUMNS, outcome_lines, plan_outcomes
from compare_plan import compare_plan

PLAN = pd.DataFrame(
    [
        ("loss_falls.D", None, None, "supported", 0.02, "fall of the loss per doubling", True, None),
        ("headline.D", "fine_tuned", "scaffold", "improving", 0.008, "gain", True, None),
        ("headline.D", "fine_tuned", "scaffold", "saturated", 0.02, "gain", False, "more trunks"),
        ("headline.D", "linear_probe", "scaffold", "improving", 0.01, "gain", True, None),
        ("headline.D", "linear_probe", "random", "improving", 0.01, "gain", True, None),
        ("parameter_space", None, None, "supported", None, "none", False, "a claim of no test"),
        ("review_saturation.D", "fine_tuned", "scaffold", "shown", None, "share", False, "a test"),
    ],
    columns=list(PLAN_COLUMNS),
)


def found(name, verdict):
    return {"id": name, "effect": 0.01, "lower": 0.0, "upper": 0.02, "verdict": verdict, "reason": "why"}


CLAIMS = [
    found("loss_falls.D", "supported"),
    found("headline.D.fine_tuned.scaffold", "undecided"),
    found("headline.D.fine_tuned.(all)", "improving"),
    found("headline.D.linear_probe.(all)", "improving"),
    found("headline.D.linear_probe.random", "not sensitive"),
    found("parameter_space", "not testable here"),
    found("review_saturation.D.fine_tuned.scaffold", "shown"),
]


def test_claims_find_their_plan_and_are_decided_or_not():
    table = plan_outcomes(PLAN, CLAIMS, ["scaffold", "random"])
    assert table["planned"].tolist() == [
        "testable", "testable one way", "testable one way", "not planned", "testable", "not testable here",
        "shown, not judged",
    ]  # fmt: skip

    assert table["decided"].tolist() == [True, False, True, True, False, False, True]
    # a mode with one split has the plan of that split for both together
    assert table.loc[1, "smallest_effects"] == table.loc[2, "smallest_effects"] == "improving 0.008"
    assert table.loc[1, "needs"] == "more trunks" and table.loc[5, "needs"] == "a claim of no test"
    first, blind, some, *rest = outcome_lines(table)
    assert first == "7 claims, 2 planned to be testable; of these 1 are decided (50%)"
    assert blind.startswith("  headline.D.linear_probe.random: not sensitive (why)")
    assert some == "2 planned to be testable one way; of these 1 are decided"
    assert [line.split(":")[0].strip() for line in rest] == [
        "headline.D.fine_tuned.scaffold", "headline.D.fine_tuned.(all)", "headline.D.linear_probe.(all)",
        "parameter_space", "review_saturation.D.fine_tuned.scaffold",
    ]  # fmt: skip


def test_the_script_writes_the_table_and_names_what_is_missing(tmp_path):
    plan, study, out = tmp_path / "plan.csv", tmp_path / "study", tmp_path / "out.csv"
    PLAN.to_csv(plan, index=False)
    with pytest.raises(UserError, match=r"claims\.json is missing; name the folder of a finished study"):
        compare_plan(plan, study, out)
    (study / "tables").mkdir(parents=True)
    write_json(study / "tables" / "claims.json", {"claims": CLAIMS, "study": "x"})
    pd.DataFrame({"split": ["scaffold", "random"]}).to_csv(study / "tables" / "headline.csv", index=False)
    assert compare_plan(plan, study, out)[0].startswith("7 claims, 2 planned")
    assert pd.read_csv(out)["decided"].sum() == 4
    pd.DataFrame({"claim": ["x"]}).to_csv(plan, index=False)
    with pytest.raises(UserError, match=r"plan\.csv: no column mode; name a CSV that plan_study"):
        compare_plan(plan, study, out)
