"""The page of a task: what to use first, four signs, everything escaped, nothing that needs another file."""

import re

import pandas as pd
import pytest
from clm.pages.answers import answer_page
from clm.predict.recommend import Recommendation, Scored
from clm.statistics.answers import Finding
from clm.wording.recommendation import lowest_line, recommendation_lines

PNG = bytes.fromhex("89504e470d0a1a0a")
FOREST = Scored("ecfp_forest", "the fingerprint forest", 1.1, 1.0, 1.2)
PROBE = Scored("zinc/1m/8k/seed0/1m", "a linear probe of the encoder of 1M parameters", 1.0, 0.9, 1.1)


def lines(best=PROBE, rival=FOREST, ratio=(1.1, 1.02, 1.2), metric="rmse"):
    return recommendation_lines(Recommendation(best, rival, ratio, 2.0, 113), metric, "mol/L")


def test_the_method_its_rival_and_the_mean_are_named():
    assert lines() == [
        "Use a linear probe of the encoder of 1M parameters: RMSE 1 [0.9, 1.1] mol/L on 113 test molecules.",
        "The fingerprint forest has 1.1 [1, 1.2]; the difference is decided: its error is 10 % higher [2, 20].",
        "For comparison, predicting the mean has 2.",
    ]


@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        ((1.1, 0.95, 1.3), "the difference is not decided (its error is 10 % higher [-5, 30])"),
        ((0.9, 0.8, 0.97), "the difference is decided: its error is 10 % lower [-20, -3]"),
        (None, "whether the two differ was not measured"),
    ],
)
def test_a_difference_is_decided_by_its_interval_alone(ratio, told):
    assert told in lines(ratio=ratio)[1]


def test_a_forest_may_be_recommended_and_a_study_may_have_no_rival():
    assert lines(best=FOREST, rival=None, ratio=None)[0].startswith("Use the fingerprint forest: RMSE 1.1")
    assert len(lines(rival=None, ratio=None)) == 2
    assert "1 − AUC 1 [0.9, 1.1] on" in lines(metric="auc")[0] and "guessing has 2" in lines(metric="auc")[2]
    assert "no linear probe and no baseline" in recommendation_lines(None, "rmse", "")[0]


def test_the_errors_that_chose_and_what_has_none_are_named():
    considered = (("RDKit descriptors, linear", 0.7054), ("the best of 63 linear probes", 0.995))
    found = Recommendation(PROBE, None, None, float("nan"), 3, considered, ("fingerprint boosting", "mine"))
    assert recommendation_lines(found, "rmse", "")[1:] == [
        "Cross-validated RMSE inside the training part, which chose: RDKit descriptors, linear 0.705; "
        "the best of 63 linear probes 0.995.",
        "Not considered, because without a cross-validated error: fingerprint boosting and mine.",
    ]


def test_what_was_not_measured_is_not_told():
    nothing = Scored("zinc/1m/8k/seed0/1m", "a linear probe", float("nan"), float("nan"), float("nan"))
    assert lines(best=nothing) == ["Use a linear probe; its error on the test part could not be measured."]
    assert len(lines(rival=nothing)) == 2
    found = recommendation_lines(Recommendation(PROBE, None, None, float("nan"), 3), "rmse", "")
    assert len(found) == 1 and "nan" not in found[0]


def test_the_lowest_test_error_is_named_with_its_flaw():
    scores = pd.DataFrame([("scaffold", "10m", "fine_tuned", 0.9), ("random", "10m", "fine_tuned", 0.1),
                           ("scaffold", "ecfp_forest", "baseline", 1.0)],
                          columns=["split", "model", "kind", "error"])  # fmt: skip
    assert "0.9 (10M parameters, fine-tuned); chosen by the test part" in lowest_line(scores, "scaffold")
    assert lowest_line(scores.head(0), "scaffold") == ""


def page(tmp_path, **changed):
    (tmp_path / "a.png").write_bytes(PNG)
    curves = pd.DataFrame(columns=["model", "labels", "error", "lower", "upper", "gain", "verdict"])
    told = {
        "about": "y & z", "answer": ["Use <it>."], "lowest": "x", "split": "scaffold split",
        "figure": tmp_path / "a.png",
        "findings": [Finding("more <labels>", "helps", "the error falls", "a & b")], "applicability": ["1 < 2"],
        "quality": ["<q>"], "data": {"<rows>": 3}, "scores": pd.DataFrame([{"model": "<m>", "error": 1.0}]),
        "curves": curves, "results": "results/my study", "predictions": "a.csv",
    }  # fmt: skip
    return answer_page("my_task<", told | changed)


def test_every_text_is_escaped_and_the_order_is_that_of_a_reader(tmp_path):
    text = page(tmp_path)
    assert not re.search(r"<(it|q|m|labels|rows)>", text) and "&lt;rows&gt;" in text and "a &amp; b" in text
    order = ["Use &lt;it", "<img", "More &lt;labels", "1 &lt; 2", "&lt;q", "<details>", "predict.py", 'href="a.csv"']
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "--task &#x27;my_task&lt;&#x27;" in text and "&#x27;results/my study&#x27;" in text
    assert "<b>+</b> More" in text and "help: the error falls" in text and "Not measured." in text


def test_a_phone_and_a_screen_reader_can_use_it(tmp_path):
    text = page(tmp_path)
    assert 'name="viewport"' in text and re.search(r'<img [^>]*alt="Errors on my task', text)
    assert not re.search(r'src="(?!data:)', text)
    assert all("<table" not in part for part in text.split('<div class="wide">')[0:1])


def test_models_from_elsewhere_are_called_that(tmp_path):
    scores = pd.DataFrame([("scaffold", "chemberta77m", "baseline", 0.9), ("scaffold", "token_counts", "baseline", 1.0),
                           ("scaffold", "10m", "fine_tuned", 1.1)],
                          columns=["split", "model", "kind", "error"])  # fmt: skip
    text = page(tmp_path, scores=scores)
    assert "<td>chemberta77m</td><td>pretrained elsewhere</td>" in text
    assert "<td>token counts</td><td>without pretraining</td>" in text and "<td>10M</td><td>fine-tuned</td>" in text
