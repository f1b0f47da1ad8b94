"""Sentences of the findings page say what hand-made tables hold, and no more."""

import pandas as pd
from clm.pages import findings, left_out, rivals, robustness, summary


def runs():
    cells = [("untrained", "60k", "none", "0", 3.5, 60e3, 0), ("zinc", "60k", "2k", "1m", 1.25, 60e3, 1e6)]
    columns = ["corpus", "size", "subset", "budget", "loss", "parameters", "tokens"]
    return pd.DataFrame(cells, columns=columns).assign(status="ok", molecules=2000)


def test_loss_is_told_as_a_fall_per_doubling():
    fits = pd.DataFrame(
        [
            ("N", "zinc", "power", "a", 1.0, 0.5, 2.0, 8, 4, "ok"),
            ("ND", "zinc", "power", "a", 1.0, 0.5, 2.0, 8, 4, "ok"),
            ("D", "zinc", "power_floor", "E", None, None, None, 8, 4, "not_identified"),
            ("C", "zinc", "power_floor", "E", 0.222, 0.18, 0.294, 8, 4, "ok"),
            ("C", "zinc", "power_floor", "a", 0.5, 0.2, 0.8, 8, 4, "ok"),
            ("C", "pubchem", "power_floor", "E", None, None, None, 8, 4, "not_identified"),
        ],
        columns="axis corpus form parameter estimate lower upper n n_trunks status".split(),
    )
    _, lines = findings.loss_section(runs(), fits)
    assert "1.250 nats per masked token (60k parameters" in lines[0] and "0 runs diverged" in lines[0]
    assert "falls by 50 % [29, 75] per doubling of parameters" in lines[1]
    assert lines[2:] == [
        "On zinc, the fit along compute has a floor of 0.22 nats [0.18, 0.29].",
        "On zinc, a floor of the loss is not identified along tokens: the range is too short.",
    ]


def test_worth_of_repeated_tokens_is_told_with_its_open_end_or_as_unknown():
    row = {"corpus": "zinc", "status": "ok", "estimate": 5.0, "lower": 4.0, "upper": 7.0, "n_trunks": 12}
    assert "best fit 5, 95 % interval [4, 7] " in robustness.worth_line(row)
    assert "best fit ∞, 95 % interval [4, ∞) " in robustness.worth_line(row | {"estimate": None, "upper": None})
    assert "best fit 0, 95 % interval [0, 7] " in robustness.worth_line(row | {"estimate": None, "lower": 0.0})
    note = "R* not identified: no data are repeated"
    unknown = robustness.worth_line(row | {"status": "not_identified", "note": note})
    assert unknown.endswith(f"is unknown: {note}.")


def test_repeated_trainings_are_counted_and_their_distance_is_told():
    rates = pd.DataFrame({"size": ["60k", "60k", "800k"], "loss": [2.0, 2.1, 1.0], "difference": [0.0, None, -0.02]})
    _, lines = robustness.repeatability_section(rates.assign(budget_tokens=3125000))
    told = "2 trainings were done twice; 1 ended with the same loss to the bit, the others lie apart by, at "
    assert lines == [told + "3,125,000 tokens: 800k 2 %."]
    assert robustness.repeatability_section(rates.assign(difference=None))[1] == []


def test_gains_name_only_what_is_decided():
    row = {"axis": "N", "mode": "linear_probe", "split": "random", "features": "mean", "gain": 0.05}
    rows = [
        row | {"task": "bace", "verdict": "improving", "lower": 0.02, "upper": 0.08},
        row | {"task": "esol", "verdict": "undecided", "lower": -0.1, "upper": 0.2},
    ]
    _, lines = findings.gains_section(pd.DataFrame(rows))
    assert "1 improving, 1 undecided. Decided: bace improving (5.0 % [2, 8])." in lines[0]


def test_rivals_are_compared_by_error_and_missing_ones_are_left_out():
    base = {"status": "ok", "split": "scaffold", "label": "y", "features": "mean", "metric": "rmse", "baseline": None}
    model = {"mode": "linear_probe", "size": "60k", "subset": "2k", "budget": "1m", "corpus": "zinc"}
    forest = {"mode": "baseline", "baseline": "forest", "size": None, "subset": None, "budget": None, "corpus": None}
    rows = [
        base | model | {"task": "a", "error": 1.0},
        base | model | {"task": "b", "error": 1.0},
        base | forest | {"task": "a", "error": 0.9},
        base | forest | {"task": "b", "error": 1.1},
        base | model | {"corpus": "untrained", "subset": "none", "budget": "0", "task": "a", "error": 2.0},
    ]
    rows += [row | {"mode": "fine_tuned", "error": 0.5 * row["error"]} for row in rows if row["mode"] == "linear_probe"]
    _, lines = rivals.rivals_section(pd.DataFrame(rows), runs(), "zinc", "scaffold")
    probed = lines.index("Linear probe: the encoder of 60k parameters, 2k molecules, 1m tokens.")
    assert "Lower error than untrained, linear probe on 1 of 1 tasks: a." in lines[probed:]
    assert "Lower error than forest on 1 of 2 tasks: b." in lines[probed:]
    assert "Lower error than forest on 2 of 2 tasks: a, b." in lines[:probed]
    head = "| task | error is | fine-tuned | untrained, fine-tuned | linear probe | untrained, linear probe | forest |"
    assert head in lines[-1] and "| a | RMSE | 0.500 | 1.000 | 1.000 | 2.000 | 0.900 |" in lines[-1]
    assert rivals.rivals_section(pd.DataFrame(rows), runs(), "pubchem", "scaffold")[1] == ["No checkpoint."]


def test_ablation_names_the_parts_that_change_a_verdict():
    base = {"mode": "linear_probe", "split": "random", "statistic": "C", "effect": 0.02, "change": "none", "n_tasks": 7}
    rows = [
        base | {"left_out": "nothing", "name": "nothing", "verdict": "contradicted"},
        base | {"left_out": "task", "name": "esol", "verdict": "undecided", "change": "to undecided"},
        base | {"left_out": "task", "name": "bace", "verdict": "supported", "change": "reversal"},
    ]
    _, lines = robustness.ablation_section(pd.DataFrame(rows))
    told = "median gain with compute (linear probe, random split): more than little; of 2 parts left out in turn"
    assert lines == [f"{told}, reversed without task bace; undecided without task esol."]
    assert robustness.ablation_section(pd.DataFrame(rows).assign(effect=None))[1] == []
    (alone,) = robustness.ablation_section(pd.DataFrame(rows[:1]))[1]
    assert alone.endswith("more than little; no part can be left out of 7 tasks.")


def test_thresholds_contrasts_and_literature_say_what_their_tables_say():
    row = {"mode": "linear_probe", "split": "random", "gain": 0.001, "lower": -0.004, "upper": 0.006, "axis": "D"}
    rows = [
        row | {"task": "esol", "verdict": "no relevant gain", "start": "400k"},
        row | {"task": "bace", "verdict": "undecided"},
    ]
    (line,) = robustness.thresholds_section(pd.DataFrame(rows))[1]
    assert "esol no relevant gain from 400k on (0.1 % [-0.4, 0.6]); no threshold for 1 others." in line
    row = {
        "mode": "linear_probe",
        "split": "random",
        "other": "ecfp_forest",
        "difference": 0.3,
        "lower": 0.1,
        "upper": 0.5,
    }
    rows = [row | {"task": "(all)", "verdict": "higher error"}, row | {"task": "esol", "verdict": "undecided"}]
    (line,) = robustness.contrasts_section(pd.DataFrame(rows))[1]
    assert (
        "minus that of the fingerprint forest: over tasks 30.0 % [10, 50], higher error; single tasks: 1 undecided."
        in line
    )
    row = {
        "question": "window",
        "paper": "P",
        "mode": "fine_tuned",
        "split": "random",
        "task": "(all)",
        "contrast": "fine_tuned",
    }
    row |= {"estimate": 0.2, "lower": 0.1, "upper": 0.3, "n_cells": 9, "loss_ratio": 1.5, "expected": 0.25}
    rows = [row | {"published": "none", "verdict": "as the range explains"}]
    rows += [row | {"question": "isoloss", "contrast": "equal loss", "estimate": 0.01, "lower": 0.0, "upper": 0.02}]
    lines = robustness.literature_section(pd.DataFrame(rows))[1]
    assert "0.20 [0.1, 0.3] over 9 checkpoints whose losses differ by a factor of 1.5; expected" in lines[0]
    assert lines[1].endswith("median gain per doubling of parameters, equal loss: 1 % [0, 2].")


def test_the_short_version_counts_and_names():
    fits = pd.DataFrame({"axis": ["N", "U"], "lower": [0.1, 0.1], "bootstrap_lower": [0.1, -0.1], "df": 9.0})
    fits = fits.assign(corpus="zinc", form="power", parameter="a", status="ok")
    elasticity = pd.DataFrame({"verdict": ["nothing arrives", "undecided"], "features": "mean", "corpus": "zinc"})
    verdicts = ["improving", "improving", "undecided", "degraded"]
    saturation = pd.DataFrame({"task": ["b", "a", "c", "c"], "verdict": verdicts, "axis": "N", "features": "mean"})
    keys = {"statistic": "N", "mode": "linear_probe", "split": "random"}
    ablation = pd.DataFrame(
        [keys | {"left_out": "task", "change": "reversal"}, keys | {"left_out": "nothing", "change": "none"}]
    )
    decision = pd.DataFrame({"predictor": ["logme", "loss"], "verdict": ["recommended", "costs nothing"]})
    frame = {"fits": fits, "elasticity": elasticity, "saturation": saturation, "ablation": ablation}
    title, lines = summary.short_section(frame | {"decision": decision}, "zinc")
    assert title == "In short" and lines == [
        "Pretraining loss falls clearly with parameters; not clearly with molecules.",
        "How much of it arrives at the tasks, over 2 pairs of task and protocol: nothing arrives 1, undecided 1.",
        "Shown in at least one mode and split: more parameters help a, b; more parameters harm c.",
        "Of 1 conclusions over tasks 1 is reversed and 0 become undecided when some part of the tasks is left out.",
        "Better than what costs nothing for choosing a checkpoint for a new task: LogME.",
    ]
    assert "No predictor" in summary.decision_line(decision.assign(verdict="undecided"))
    assert "No task is shown to gain or to lose" in summary.gains_line(saturation.assign(verdict="undecided"))
    assert summary.loss_line(fits[:0], "zinc") == summary.ablation_line(ablation[:0]) == ""


def test_an_empty_study_gives_a_page():
    empty = pd.DataFrame(columns=["corpus", "status", "parameters", "loss", "form", "parameter", "axis"])
    text = findings.page("s", "first", [], [findings.loss_section(empty, empty)])
    assert text.startswith("# What the study `s` found")


def test_what_is_left_out_is_counted_by_reason():
    base = {"label": "y", "split": "scaffold", "features": "mean"}
    rows = [
        base | {"task": "flat", "error": None, "status": "constant_labels"},
        base | {"task": "flat", "error": None, "status": "constant_labels", "split": "random"},
        base | {"task": "esol", "error": None, "status": "diverged"},
        base | {"task": "esol", "error": 1.0, "status": "ok"},
        base | {"task": "esol", "error": 1.0, "status": "no_signal"},
        base | {"task": "dili", "error": 0.0, "status": "ok", "features": None},
        base | {"task": "esol", "error": None, "status": "diverged", "features": "layer0"},
    ]
    cells = runs().assign(seed=0, status=["ok", "diverged"])
    _, lines = left_out.left_out_section(pd.DataFrame(rows), cells)
    name = "60k after 1M tokens of zinc (2k molecules), seed 0"
    assert lines[0] == f"Checkpoints that diverged, in no fit and no verdict: 1 ({name})."
    assert lines[1] == "Scores without a number, in no statistic: 3 of 6."
    assert lines[2] == "labels all equal: 2 (flat, scaffold split 1; flat, random split 1)."
    assert lines[3] == "pretraining diverged: 1 (esol, scaffold split 1)."
    assert "Errors of exactly 0" in lines[4] and "1 (dili, scaffold split 1)" in lines[4]
    assert lines[-1].startswith("not better than predicting the mean") and "1 (esol, scaffold split 1)" in lines[-1]


def test_whether_the_study_can_see_is_told_first():
    place = {
        "mode": "linear_probe",
        "split": "random",
        "sensitive": 0,
        "assessed": 1,
        "reason": "no gain on control_logp",
    }
    _, lines = findings.sensitivity_section([place, place | {"assessed": 0, "reason": "no control"}])
    assert lines[0] == "linear probe, random split: not sensitive; no gain on control_logp."
    assert lines[1] == "linear probe, random split: not assessed; no control."
