"""Each wording of the headline from a planted row: it says what the verdict is, and no more."""

import pandas as pd
import pytest
from clm.wording import headline as words

ROW = {"split": "(all)", "n_tasks": 12, "n_trunks": 10, "gain": 0.021, "lower": 0.012, "upper": 0.03, "reason": "x"}
ROW |= {"loss_fall": 0.33, "loss_lower": 0.32, "loss_upper": 0.344}
FEW_TASKS = {"verdict": "not testable here", "reason": "needs: 6 tasks, has 2", "gain": None}
FEW_RUNS = {"verdict": "not testable here", "reason": "needs: 4 degrees of freedom between trunks, has 1.7; more"}


@pytest.mark.parametrize(
    ("changed", "title", "sentence"),
    [
        ({"verdict": "improving"}, "error falls by 2.1 % [1.2, 3.0]", "tokens lower the error by 2.1 % [1.2, 3.0] per"),
        (
            {"verdict": "degraded", "gain": -0.0066, "lower": -0.01, "upper": -0.002},
            "error rises by 0.7 % [0.2, 1.0]",
            "more tokens raise the error by 0.7 % [0.2, 1.0] per doubling.",
        ),
        ({"verdict": "saturated"}, "2.1 % [1.2, 3.0], less than 1 %", "less than 1 % per doubling (it falls by 2.1 %"),
        ({"verdict": "no relevant gain"}, "2.1 % [1.2, 3.0], no fall of 1 %", "do not lower the error by 1 %"),
        ({"verdict": "undecided", "lower": -0.01}, "2.1 % [-1.0, 3.0], undecided", "is undecided (the error falls by"),
        ({"verdict": "undecided", "lower": 0.002}, "2.1 % [0.2, 3.0], undecided",
         "lower the error by 2.1 % [0.2, 3.0] per doubling, whether by 1 % is undecided"),
        ({"verdict": "not sensitive"}, "2.1 % [1.2, 3.0], not sensitive", "do not show that this study could see one"),
        (FEW_TASKS, "too few tasks to test", "cannot be tested here (needs 6 tasks)"),
        (FEW_RUNS, "too few runs to test", "cannot be tested here (too few pretraining runs differ in it)"),
    ],
)  # fmt: skip
def test_every_verdict_has_its_words(changed, title, sentence):
    row = ROW | changed
    assert words.error_words(row, 0.01) == title
    told = words.answer_of("fine_tuned", {"D": row, "N": None, "U": None}, 0.01)
    assert told.startswith("Fine-tuned (12 tasks), ") and "more tokens " in told and sentence in told
    others = {
        "tokens lower the error",
        "raise the error",
        "less than 1 %",
        "not lower",
        "effect of more",
        "control tasks",
        "cannot",
    }
    assert sum(other in told for other in others) == 1


def test_axes_with_the_same_verdict_share_a_phrase_and_a_mode_without_rows_says_so():
    row = ROW | {"verdict": "improving"}
    told = words.answer_of("linear_probe", {"D": row, "N": row | {"gain": 0.02}, "U": ROW | FEW_RUNS}, 0.01)
    assert (
        "more tokens and parameters lower the error by 2.1 % [1.2, 3.0] and 2.0 % [1.2, 3.0] per" in told
        and "; more molecules cannot" in told
    )
    assert "no task can be judged" in words.answer_of("fine_tuned", dict.fromkeys("DNU"), 0.01)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "loss falls by 33 % [32, 34]"),
        ({"loss_fall": -0.05, "loss_lower": -0.08, "loss_upper": -0.01}, "loss rises by 5.0 % [1.0, 8.0]"),
        ({"loss_lower": -0.1}, "loss 33 % [-10, 34], no clear fall"),
        (FEW_RUNS, "loss: too few runs (falls by 33 %)"),
        (FEW_TASKS, "loss falls by 33 % [32, 34]"),
        ({"loss_fall": None}, "loss: too few runs to test"),
    ],
)
def test_loss_is_said_to_fall_only_where_its_interval_does(changed, told):
    assert words.loss_words([ROW | {"verdict": "improving"} | changed, None]) == told


def test_the_loss_along_each_axis_is_said_as_it_was_tested():
    rows = {"D": ROW, "N": ROW | {"loss_lower": -0.1}, "U": ROW | FEW_RUNS}
    rows = {axis: row | {"verdict": row.get("verdict", "undecided")} for axis, row in rows.items()}
    told = words.loss_answer({"linear_probe": rows})
    assert told == (
        "The pretraining loss falls by 33 % [32, 34] per doubling of tokens; no clear fall is shown per doubling of "
        "parameters (33 % [-10, 34]); too few runs differ in molecules to test it."
    )


def test_the_loss_is_that_of_all_checkpoints_where_modes_have_as_many_trunks():
    tuned, probed = (ROW | {"verdict": "undecided", "loss_fall": fall} for fall in (0.1, 0.33))
    assert words.loss_words([tuned, probed]).startswith("loss falls by 33 %")
    assert words.loss_words([tuned | {"n_trunks": 11}, probed]).startswith("loss falls by 10 %")


def test_titles_of_panels_are_the_rows_over_all_splits():
    rows = [ROW | {"axis": "D", "mode": "linear_probe", "verdict": "improving"}]
    rows += [rows[0] | {"split": "random", "verdict": "degraded"}]
    lines = words.panel_lines(pd.DataFrame(rows), "D", 7.99, 0.01)
    assert lines[0] == ("", "Fall per doubling of tokens (8×)")
    assert lines[2:] == [
        ("fine_tuned", "fine-tuned: not measured"),
        ("linear_probe", "linear probe: error falls by 2.1 % [1.2, 3.0]"),
    ]
