"""The sentence of a task's page says what the tables of verdicts say, planted by hand, and no more."""

import pandas as pd
from clm.statistics.answers import answer, sentence
from clm.tables.scores import task_scores
from clm.tasks.stereo import stereo_counts

NUMBERS = {"gain": 0.03, "lower": 0.02, "upper": 0.04}
CURVES = ["task", "model", "labels", "gain", "gain_lower", "gain_upper", "verdict"]


def saturation(*rows):
    base = {"features": "mean", "split": "scaffold", "mode": "linear_probe", "task": "t"} | NUMBERS
    columns = [*base, "axis", "verdict"]
    return pd.DataFrame([base | row for row in rows], columns=columns)


def thresholds(*rows):
    base = {"split": "scaffold", "mode": "linear_probe", "task": "t", "start": "300k"} | NUMBERS
    return pd.DataFrame([base | row for row in rows], columns=[*base, "axis", "verdict"])


def curves(*rows):
    return pd.DataFrame([("t", *row) for row in rows], columns=CURVES)


def verdicts(saturation_rows, threshold_rows=(), curve_rows=()):
    found = answer("t", saturation(*saturation_rows), thresholds(*threshold_rows), curves(*curve_rows))
    return [finding.verdict for finding in found], sentence("t", found)


def test_each_planted_verdict_is_told():
    rows = [{"axis": "N", "verdict": "improving"}, {"axis": "U", "verdict": "saturated"}]
    told, text = verdicts(
        rows, (), [("forest", 100, None, None, None, None), ("forest", 200, -0.1, -0.2, -0.05, "degraded")]
    )
    assert told == ["helps", "does not help", "harms"]
    assert text.startswith(
        "On t, within the range that this study measured: helps: a larger model (linear probe, scaffold split"
    )
    assert "does not help: more molecules to pretrain on" in text and "harms: more labels (forest" in text


def test_the_end_of_the_axis_comes_before_the_whole_range():
    rows = [{"axis": "N", "verdict": "improving"}, {"axis": "U", "verdict": "undecided"}]
    tails = [{"axis": "N", "verdict": "saturated"}, {"axis": "U", "verdict": "undecided"}]
    told, text = verdicts(rows, tails)
    assert told == ["does not help", "undecided", "not measured"]
    assert "from 300k parameters on" in text and "no learning curve of this task" in text


def test_protocols_that_disagree_decide_nothing():
    rows = [{"axis": "N", "verdict": "improving"}, {"axis": "N", "verdict": "degraded", "split": "random"}]
    told, text = verdicts(rows)
    assert told[0] == "undecided" and "they disagree" in text
    rows[1]["verdict"] = "undecided"
    assert verdicts(rows)[0][0] == "helps"


def test_nothing_is_said_without_a_test():
    rows = [{"axis": "N", "verdict": "too_few", "gain": None}, {"axis": "U", "verdict": "no_signal"}]
    told, text = verdicts(rows)
    assert told == ["not measured", "undecided", "not measured"]
    assert "do not beat a trivial predictor" in text and "helps" not in text
    assert verdicts([])[0] == ["not measured"] * 3
    other = [
        {"axis": "N", "verdict": "improving", "task": "other"},
        {"axis": "N", "verdict": "improving", "features": "layer1"},
    ]
    assert verdicts(other)[0][0] == "not measured"


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
    found = task_scores(rows, runs, "zinc", "t")
    assert found[["model", "kind", "error"]].values.tolist() == [
        ["60k", "linear_probe", 2.0], ["60k", "untrained", 4.0], ["ecfp_forest", "baseline", 6.0],
    ]  # fmt: skip


def test_stereo_is_counted():
    smiles = ["C[C@H](N)O", "C[C@@H](N)O", "CC(N)O", "CCO", "CCO", "C/C=C/C"]
    assert stereo_counts(smiles) == {"marked": 3, "open_centres": 1, "only_stereo": 3}
