"""Control tasks: gains planted in the truth come out of noisy scores; blocks expand to named tasks."""

import copy

import judge_controls
import numpy as np
import pandas as pd
import pytest
from clm.provenance.files import write_json
from clm.statistics.controls import limit, noise_fraction, truth_gain
from clm.study.controls import control_tasks, expand_controls


def test_noise_hides_a_gain_that_the_truth_shows():
    """An error of 1 against the truth that falls by 1 % is seen through noise as less, and is recovered."""
    rng = np.random.default_rng(0)
    truth, n, sd = rng.standard_normal(400_000), 400_000, 2.0
    noisy = truth + sd * rng.standard_normal(n)
    wrong = rng.standard_normal(n)
    rmse = [np.sqrt(np.mean((truth + scale * wrong - noisy) ** 2)) for scale in (1.0, 0.99)]
    seen = 1 - rmse[1] / rmse[0]
    share = noise_fraction(sd, rmse[0])
    assert share == pytest.approx(0.8, abs=0.01) and seen < 0.004
    assert truth_gain(seen, share) == pytest.approx(0.01, rel=0.1)
    assert truth_gain(0.05, 0.0) == pytest.approx(0.05) and np.isnan(truth_gain(0.01, 1.0))


def test_what_limits_is_said_only_when_the_interval_says_so():
    assert limit(0.6, 0.9) == "labels" and limit(0.0, 0.4) == "representation"
    assert limit(0.4, 0.6) == "undecided" and limit(float("nan"), 0.9) == "undefined"
    assert noise_fraction(2.0, 1.0) == 1 and np.isnan(noise_fraction(1.0, float("nan")))


def tables(folder, error):
    names = {"mode": "linear_probe", "split": "scaffold", "features": "mean"}
    cells = [
        names | {"task": task, "corpus": corpus, "status": status, "error": e, "lower": 0.9 * e, "upper": 1.1 * e}
        for task, e in error.items()
        for corpus, status in (("zinc", "ok"), ("zinc", "ok"), ("zinc", "diverged"), ("untrained", "ok"), ("", "ok"))
    ]
    cells[3]["error"] = 99  # neither the untrained encoder nor another read-out counts
    cells.append(cells[0] | {"features": "layer0", "error": 77})
    pd.DataFrame(cells).to_csv(folder / "transfer.csv", index=False)
    gains = [names | {"task": t, "axis": "N", "gain": 0.01, "lower": 0.0, "upper": 0.02, "verdict": "x"} for t in error]
    pd.DataFrame([*gains, gains[0] | {"task": "esol"}]).to_csv(folder / "saturation.csv", index=False)


def test_table_tells_what_limits_each_control(tmp_path):
    tables(tmp_path, {"clean": 0.5, "noisy": 1.25})
    for task, noise in (("clean", 0.0), ("noisy", 1.0)):
        told = {"property": "logp", "molecules": 100, "noise": noise, "noise_sd": noise, "seed": 0}
        write_json(tmp_path / f"{task}.json", {"task": task, "control": told})
    files = [tmp_path / f"{task}.json" for task in ("clean", "noisy")]
    judge_controls.judge_controls(tmp_path / "transfer.csv", tmp_path / "saturation.csv", files, tmp_path / "out.csv")
    found = pd.read_csv(tmp_path / "out.csv").set_index("task")
    assert found.limit.to_dict() == {"clean": "representation", "noisy": "labels"}
    assert found.error.to_dict() == {"clean": 0.5, "noisy": 1.25}
    assert found.noise_fraction.to_dict() == pytest.approx({"clean": 0, "noisy": 0.64})
    assert found.truth_gain["noisy"] == pytest.approx(1 - 0.99 ** (1 / 0.36)) != found.truth_gain["clean"]
    assert found.truth_gain["clean"] == pytest.approx(0.01)


def test_a_study_without_controls_has_an_empty_table(tmp_path):
    tables(tmp_path, {"clean": 0.5})
    judge_controls.judge_controls(tmp_path / "transfer.csv", tmp_path / "saturation.csv", [], tmp_path / "out.csv")
    assert pd.read_csv(tmp_path / "out.csv").empty


def test_a_block_is_the_product_of_its_lists_and_expands_once():
    block = {"corpus": "zinc", "properties": ["logp", "qed"], "molecules": [500, 2000, 8000], "noise": [0, 0.3, 0.6]}
    names = [name for name, _ in control_tasks([block])]
    assert len(set(names)) == 18 and {"control_logp_500_0", "control_qed_8000_0.3"} <= set(names)
    config = {"tasks": {}, "transfer": {"tasks": ["esol"], "controls": [block]}}
    expand_controls(config)
    once = copy.deepcopy(config)
    expand_controls(config)
    assert config == once and config["transfer"]["tasks"] == ["esol", *names]
    assert config["tasks"]["control_qed_8000_0.3"]["control"]["noise"] == 0.3
