"""The beginning of README, report and findings: generated from planted tables, the same everywhere."""

import pandas as pd
import pytest
from clm.pages import beginning, protocols
from clm.pages.beginning import as_html, markdown
from clm.pages.marked import END, copied

SETTINGS = {"corpus": "zinc", "aggregate": ["bace", "esol"], "split": "scaffold", "gain_margin": 0.01}


def frame(verdict="improving", sensitive=1, assessed=1):
    row = {"mode": "fine_tuned", "split": "(all)", "verdict": verdict, "reason": "", "n_tasks": 7, "n_trunks": 12}
    row |= {"gain": 0.02, "lower": 0.011, "upper": 0.03, "loss_fall": 0.2, "loss_lower": 0.1, "loss_upper": 0.3}
    scored = {"axis": "D", "mode": "fine_tuned", "split": "scaffold", "features": "mean"}
    model = {"corpus": "zinc", "subset": "2k", "seed": 0, "status": "ok", "molecules": 2000, "tokens": 1e5}
    ratio = {"split": "scaffold", "parameters": 1e6, "model": "1m"}
    part = {"mode": "(all)", "split": "(all)", "left_out": "task"}
    return {
        "headline": pd.DataFrame([row | {"axis": axis} for axis in "DNU"]),
        "sensitivity": pd.DataFrame([{"mode": "fine_tuned", "split": "scaffold", "sensitive": sensitive,
                                      "assessed": assessed, "task": "control_logp", "effect": 0.129, "lower": 0.048,
                                      "upper": 0.204}]),
        "saturation": pd.DataFrame([scored | {"task": "bace", "verdict": "improving"},
                                    scored | {"task": "esol", "verdict": "undecided"},
                                    scored | {"task": "control_logp", "verdict": "improving"}]),
        "relative_errors": pd.DataFrame([ratio | {"task": task, "kind": kind, "ratio": value} for task, kind, value in
                                         (("bace", "fine_tuned", 1.2), ("bace", "linear_probe", 1.3),
                                          ("esol", "fine_tuned", 0.8), ("control_logp", "linear_probe", 2.0))]),
        "runs": pd.DataFrame([model | {"size": "60k", "parameters": 6e4}, model | {"size": "1m", "parameters": 1e6}]),
        "ablation": pd.DataFrame([part | {"statistic": name, "change": change} for name, change in
                                  (("N", "none"), ("N", "to undecided"), ("D", "none"))]),
    }  # fmt: skip


def test_it_says_what_its_tables_say():
    told = beginning.beginning(frame(), SETTINGS)
    assert told.sight == (
        "Control tasks are computed from the structure. Fine-tuned, the error of logP (control) falls by 13 % "
        "[4.8, 20] (scaffold split) with pretraining: fine-tuned scores are sensitive."
    )
    assert told.answer[1].startswith("Fine-tuned (7 tasks), more tokens, parameters and molecules lower the error")
    assert "60k to 1M parameters, pretrained on 2k molecules for 100k tokens, and for 2 tasks" in told.scope
    assert told.table[0][0] == "tokens" and told.table[0][4] == "1 / 0 / 1"  # control tasks do not count
    assert told.so_what[0].startswith("Worth paying for: more tokens (fine-tuned, 2.0 % per doubling), more param")
    assert told.so_what[1] == "Fine-tuned, the encoder of 1M parameters had a lower error than probed on 1 of 1 task."
    assert (
        "lower error than the largest encoder, fine-tuned or probed, on 1 of 2 tasks (BACE); the encoder had the "
        "lower one on ESOL." in told.so_what[2]
    )
    assert told.strength == [
        "2 pretraining runs, 1 per size and number of molecules; 0 checkpoints diverged.",
        "With a task, mode or split left out, 0 of 2 conclusions are reversed, 1 undecided.",
    ]


def test_modes_are_compared_at_the_largest_size_that_has_both():
    rows = [("1m", 1e6, "fine_tuned", 1.0), ("1m", 1e6, "linear_probe", 1.2), ("3m", 3e6, "linear_probe", 0.9)]
    table = pd.DataFrame(rows, columns=["model", "parameters", "kind", "ratio"])
    table = pd.concat([table.assign(task=task) for task in ("bace", "esol")])
    assert protocols.of_one_size(table) == (
        "Fine-tuned, the encoder of 1M parameters had a lower error than probed on 2 of 2 tasks."
    )
    assert protocols.of_one_size(table[table["kind"].ne("fine_tuned") | table["model"].ne("1m")].assign(
        kind=lambda rows: rows["kind"].where(rows["model"] != "3m", "fine_tuned"))) == ""  # fmt: skip


def test_an_open_effect_is_no_advice():
    tables = frame("undecided")
    tables["headline"]["lower"] = -0.01
    told = beginning.beginning(tables, SETTINGS).so_what[0]
    assert told == "No axis of scale is shown to lower the error, and none is shown not to."


def test_the_encoder_is_compared_with_the_best_baseline():
    """Boosting is best over the tasks; a baseline that lacks one of them does not compete."""
    tables = frame()
    base = {"split": "scaffold", "kind": "baseline", "parameters": None}
    more = [base | {"task": task, "model": "combined_boosting", "ratio": 0.9} for task in ("bace", "esol")]
    more.append(base | {"task": "esol", "model": "descriptor_linear", "ratio": 0.1})
    tables["relative_errors"] = pd.concat([tables["relative_errors"], pd.DataFrame(more)])
    told = beginning.beginning(tables, SETTINGS).so_what[-1]
    assert told.startswith("On the scaffold split the best baseline (fingerprint + descriptors, boosting) had a lower")
    assert told.endswith("on 1 of 2 tasks (BACE); the encoder had the lower one on ESOL.")


def test_many_tasks_are_counted_and_few_are_named():
    tables, many = frame(), [f"t{i}" for i in range(9)]
    base = tables["relative_errors"].iloc[:1]
    rows = [base.assign(task=task, ratio=1.2 if task != "t8" else 0.8) for task in many]
    told = beginning.beginning(tables | {"relative_errors": pd.concat(rows)}, SETTINGS | {"aggregate": many}).so_what[
        -1
    ]
    assert told.endswith(
        "than the largest encoder, fine-tuned or probed, on 8 of 9 tasks; the encoder had the lower one on t8."
    )


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("saturated", "Not worth paying for within this range: more tokens (fine-tuned), more"),
        ("undecided", "Shown to lower the error, whether by 1 % per doubling is open: more tokens (fine-tuned), more"),
        ("not sensitive", "No axis of scale is shown to lower the error, and none is shown not to."),
        ("degraded", "Not worth paying for within this range: more tokens (fine-tuned), more"),
    ],
)
def test_advice_is_given_only_on_a_verdict(verdict, told):
    assert beginning.beginning(frame(verdict), SETTINGS).so_what[0].startswith(told)


def test_a_study_that_cannot_see_says_so_first():
    assert "a flat line of theirs says little" in beginning.beginning(frame(sensitive=0), SETTINGS).sight
    assert "not assessed" in beginning.beginning(frame(sensitive=0, assessed=0), SETTINGS).sight
    tables = frame()
    more = tables["sensitivity"].assign(split="random", sensitive=0)
    tables["sensitivity"] = pd.concat([tables["sensitivity"], more])
    assert "sensitive on the scaffold split only" in beginning.beginning(tables, SETTINGS).sight


def test_empty_tables_do_not_stop_it():
    empty = {name: table.head(0) for name, table in frame().items()}
    told = beginning.beginning(empty, SETTINGS)
    assert (
        "so it cannot" in told.sight
        and "no task can be judged" in told.answer[1]
        and told.scope == "No pretraining run ended well."
    )


def test_a_page_gets_the_block_of_a_record_with_its_figures():
    told = markdown(beginning.beginning(frame(), SETTINGS), "../figures/headline.png")
    readme = f"# Title\n\n<!-- headline:begin -->\nold\n{END}\n\nrest\n"
    made = copied(readme, f"# Findings\n\n{told}", "reference/default")
    assert "(reference/default/figures/headline.png)" in made and "\nold\n" not in made and made.endswith("rest\n")
    assert copied(made, f"# Findings\n\n{told}", "reference/default") == made
    with pytest.raises(ValueError, match="none in the findings"):
        copied(readme, "# Findings", "reference/default")


def test_it_is_escaped_in_html():
    tables = frame()
    tables["relative_errors"]["task"] = tables["relative_errors"]["task"].replace("esol", "<b>")
    _, first, rest = as_html(beginning.beginning(tables, SETTINGS | {"aggregate": ["bace", "<b>"]}))
    assert "&lt;b&gt;" in first and "<b>ESOL" not in first and "<table>" in rest
