"""What to use for a task is chosen inside the training part; the test part only says how it does, and beside whom."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from clm.predict import recommend
from clm.predict.methods import Method

NAME = "zinc/1m/8k/seed0/t2m"
TRUTH = np.linspace(-3, 3, 60)


def predictions(path: Path, error: float, budget: str | None, features: str) -> None:
    """Write test predictions that are off by `error` in either direction."""
    path.parent.mkdir(parents=True, exist_ok=True)
    off = error * np.where(np.arange(len(TRUTH)) % 2, 1, -1)
    frame = pd.DataFrame({"row": np.arange(len(TRUTH)), "y": TRUTH, "prediction": TRUTH + off, "features": features})
    named = {"budget": budget, "split": "scaffold", "split_seed": 0, "finetune_seed": 0, "label": "y"}
    frame.assign(**named).to_parquet(path)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A task on which the probe is off by 1 and the forest by 1.2, and a choice by planted cross-validated errors."""
    predictions(tmp_path / "transfer/linear_probe/zinc/1m/8k/seed0/esol.parquet", 1.0, "t2m", "mean")
    predictions(tmp_path / "transfer/baselines/ecfp_forest/esol.parquet", 1.2, None, "counts")
    rows = np.arange(len(TRUTH))
    study = SimpleNamespace(name="esol", kind="regression", split="scaffold-0",
                            task=SimpleNamespace(rows=rows, groups=rows // 2))  # fmt: skip
    base = {"task": "esol", "split": "scaffold", "split_seed": 0, "label": "y", "trivial_error": 2.0, "n_test": 60}
    probe = {"mode": "linear_probe", "features": "mean", "corpus": "zinc", "size": "1m", "subset": "8k", "seed": 0}
    transfer = pd.DataFrame([
        base | probe | {"budget": "t2m", "error": 1.0, "lower": 0.9, "upper": 1.1},
        base | probe | {"budget": "t1m", "error": 0.1, "lower": 0.1, "upper": 0.1},
        base | {"mode": "baseline", "baseline": "ecfp_forest", "error": 1.2, "lower": 1.1, "upper": 1.3},
        base | {"mode": "baseline", "baseline": "ecfp_boosting", "error": 0.2, "lower": 0.1, "upper": 0.3},
        base | {"mode": "baseline", "baseline": "chemberta77m", "error": 0.2, "lower": 0.1, "upper": 0.3},
        base | probe | {"mode": "fine_tuned", "budget": "t2m", "error": 0.1, "lower": 0.1, "upper": 0.1},
    ]).astype({"seed": "Int64"})  # fmt: skip

    def told(probe_score: float, forest_score: float | None):
        methods = [Method(NAME, tmp_path, probe_score)]
        methods += [] if forest_score is None else [Method("ecfp_forest", None, forest_score)]
        monkeypatch.setattr(recommend, "candidates", lambda results, study: iter(methods))
        return recommend.recommend(tmp_path, study, transfer)

    told.folder, told.study, told.transfer = tmp_path, study, transfer
    return told


def test_the_best_in_cross_validation_is_used_whatever_the_test_part_says(made):
    found = made(1.5, 1.4)
    assert found.best.name == "ecfp_forest" and found.best.error == 1.2 and found.rival.error == 1.0
    assert found.ratio[0] == pytest.approx(1 / 1.2) and found.decided
    assert (found.trivial, found.n_test) == (2.0, 60)


def test_its_rival_is_the_other_kind_on_the_same_drawn_test_sets(made):
    found = made(1.4, 1.5)
    assert found.best.words == (
        "a linear probe of the encoder of 1M parameters, pretrained on 8k molecules of ZINC for 2M tokens"
    )
    assert found.ratio == pytest.approx((1.2, 1.2, 1.2))  # drawn together, so that what is common cancels
    assert made(1.4, None).rival is None and not made(1.4, None).decided


def test_what_chose_is_told_and_what_has_no_cross_validated_error(made):
    found = made(1.4, 1.5)
    assert found.considered == (("a linear probe", 1.4), ("fingerprint forest", 1.5))
    assert recommend.in_words(Method("ecfp_forest", None, 1.5)) == "the fingerprint forest"
    assert recommend.in_words(Method("token_counts", None, 1.5)) == 'the baseline "token counts"'
    assert found.left_out == ("fingerprint boosting", "chemberta77m", "fine-tuned encoders")


def test_predictions_use_what_the_page_recommends_and_no_control_with_shuffled_tokens(made, monkeypatch):
    made(1.4, 1.5)
    methods = [Method(NAME.replace("zinc", "zinc_shuffled"), made.folder, 0.1), Method("ecfp_forest", None, 1.5)]
    monkeypatch.setattr(recommend, "candidates", lambda results, study: iter(methods))
    (made.folder / "tables").mkdir()
    made.transfer.to_csv(made.folder / "tables/transfer.csv", index=False)
    assert recommend.recommended_method(made.folder, made.study).name == "ecfp_forest"


def test_files_of_a_baseline_that_the_study_no_longer_has_are_not_used(made, monkeypatch):
    made(1.4, 1.5)
    left = Method("token_counts", None, 0.1)
    before = recommend.candidates
    monkeypatch.setattr(recommend, "candidates", lambda results, study: iter([left, *before(results, study)]))
    assert recommend.recommend(made.folder, made.study, made.transfer).best.name == NAME
