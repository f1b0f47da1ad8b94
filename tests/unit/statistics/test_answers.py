"""What would help on a task is what the tables of verdicts say, planted by hand, and no more."""

import pandas as pd
import pytest
from clm.statistics.answers import answer
from clm.tables.scores import task_scores
from clm.tasks.stereo import stereo_counts

NUMBERS = {"gain": 0.03, "lower": 0.02, "upper": 0.04}
CURVES = ["task", "model", "corpus", "baseline", "labels", "gain", "gain_lower", "gain_upper", "verdict"]


def saturation(*rows):
    base = {"features": "mean", "split": "scaffold", "mode": "linear_probe", "task": "t"} | NUMBERS
    columns = [*base, "axis", "verdict"]
    return pd.DataFrame([base | row for row in rows], columns=columns)


def found(rows, curves=()):
    table = pd.DataFrame([("t", *row) for row in curves], columns=CURVES)
    return {finding.lever: finding for finding in answer("t", saturation(*rows), table)}


@pytest.mark.parametrize(
    ("verdict", "told", "sign"),
    [("improving", "helps", "+"), ("saturated", "does not help", "="), ("no relevant gain", "does not help", "="),
     ("degraded", "harms", "−"), ("undecided", "unknown", "?"), ("not sensitive", "unknown", "?")],
)  # fmt: skip
def test_each_planted_verdict_is_told(verdict, told, sign):
    for axis, lever in (("N", "a larger model"), ("D", "longer pretraining"), ("U", "more molecules to pretrain on")):
        finding = found([{"axis": axis, "verdict": verdict}])[lever]
        assert (finding.verdict, finding.sign) == (told, sign)
        assert finding.change.startswith("the error falls by 3.0 % [2.0, 4.0] per doubling of")


def test_fine_tuned_models_come_first_and_undecided_protocols_are_counted():
    rows = [
        {"axis": "N", "verdict": "improving"},
        {"axis": "N", "verdict": "improving", "mode": "fine_tuned", "gain": 0.05},
        {"axis": "N", "verdict": "undecided", "split": "random"},
    ]
    finding = found(rows)["a larger model"]
    assert "falls by 5.0 %" in finding.change and finding.why.startswith(
        "2 of 3 protocols decide it: helps (fine-tuned"
    )


def test_protocols_that_disagree_decide_nothing():
    rows = [{"axis": "N", "verdict": "improving"}, {"axis": "N", "verdict": "degraded", "split": "random"}]
    finding = found(rows)["a larger model"]
    assert finding.verdict == "unknown" and finding.change == "" and "disagree" in finding.why


def test_nothing_is_said_without_a_test():
    rows = [
        {"axis": "N", "verdict": "not testable here", "gain": None},
        {"axis": "U", "verdict": "not better than the mean"},
        {"axis": "D", "verdict": "improving", "features": "layer1"},
        {"axis": "D", "verdict": "improving", "task": "other"},
    ]
    told = found(rows)
    assert {finding.verdict for finding in told.values()} == {"unknown"}
    assert told["a larger model"].why == "too few models differ in it" == told["longer pretraining"].why
    assert "do not beat a trivial predictor" in told["more molecules to pretrain on"].why
    assert "no learning curve" in told["more labels"].why


def curve(model, verdict, gain=0.05, corpus="zinc", baseline=None):
    first = (model, corpus, baseline, 100, None, None, None, None)
    return [first, (model, corpus, baseline, 200, gain, gain - 0.01, gain + 0.01, verdict)]


def test_labels_help_only_where_all_pretrained_models_gain():
    helped = found([], curve("a", "improving") + curve("b", "improving", 0.07))["more labels"]
    assert helped.verdict == "helps" and helped.why == "2 pretrained models: 2 helps"
    mixed = found([], curve("a", "improving") + curve("b", "undecided"))["more labels"]
    assert mixed.verdict == "unknown" and mixed.why == "2 pretrained models: 1 helps, 1 unknown"


def test_untrained_encoders_and_forests_give_no_advice():
    rows = curve("a", "undecided") + curve("u", "improving", corpus="untrained")
    rows += curve("forest", "improving", corpus=None, baseline="ecfp_forest")
    finding = found([], rows)["more labels"]
    assert finding.verdict == "unknown" and finding.why == "1 pretrained models: 1 unknown"


def test_each_size_is_shown_with_its_largest_cell():
    cells = [("zinc", "60k", "2k", 0, "1m", 60, 2000, 1e6), ("zinc", "60k", "8k", 0, "1m", 60, 8000, 1e6)]
    cells += [("zinc", "60k", "8k", 1, "1m", 60, 8000, 1e6), ("untrained", "60k", "none", 0, "0", 60, 0, 0)]
    cells += [("pubchem", "60k", "8k", 0, "1m", 60, 8000, 1e6)]
    keys = ["corpus", "size", "subset", "seed", "budget"]
    runs = pd.DataFrame(cells, columns=[*keys, "parameters", "molecules", "tokens"]).assign(status="ok")
    rows = runs[keys].assign(task="t", mode="linear_probe", baseline=None, error=[1.0, 2.0, 3.0, 4.0, 5.0])
    forest = pd.DataFrame([{"task": "t", "mode": "baseline", "baseline": "ecfp_forest", "error": 6.0}])
    rows = pd.concat([rows, forest]).assign(
        split="scaffold", label="y", features="mean", metric="rmse", lower=0.5, upper=9.0, status="ok"
    )
    scores = task_scores(rows, runs, "zinc", "t")
    assert scores[["model", "kind", "error"]].values.tolist() == [
        ["60k", "linear_probe", 2.0], ["60k", "untrained", 4.0], ["ecfp_forest", "baseline", 6.0],
    ]  # fmt: skip


def test_stereo_is_counted():
    smiles = ["C[C@H](N)O", "C[C@@H](N)O", "CC(N)O", "CCO", "CCO", "C/C=C/C"]
    assert stereo_counts(smiles) == {"marked": 3, "open_centres": 1, "only_stereo": 3}
