"""Every baseline with a cross-validated score competes on the same folds, and predicts what the study predicted."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clm.predict.fitted import fit_model
from clm.predict.folder import load_fitted, save_fitted
from clm.predict.methods import REFITTED, candidates, choose_method, load_study_task
from clm.predict.scores import mean_on_common_labels, out_of_fold_error, selected_by_label, tree_errors
from clm.provenance.files import read_json, write_json
from clm.tables.columns import COUNT_FEATURES
from clm.tasks import tuned_trees
from clm.tasks.linear_head import fit_head
from clm.tasks.tuned_trees import predicted
from made_study import CHECKPOINT, KINDS, made_study
from score_baseline import score_baseline
from sklearn.metrics import roc_auc_score

SPLIT = "random-0"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study with every baseline that can be fitted again, with small ensembles."""
    folder = tmp_path_factory.mktemp("study")
    made_study(folder, 60)
    with pytest.MonkeyPatch.context() as patch:
        smaller(patch)
        for baseline in REFITTED:
            for task, kind in KINDS.items():
                scored(folder, baseline, task, kind)
    return folder


def smaller(patch: pytest.MonkeyPatch) -> None:
    """Let ensembles have few members."""
    few = {"combined_forest": {"n_estimators": 3, "n_jobs": 1}, "combined_boosting": {"max_iter": 2}}
    patch.setattr(tuned_trees, "FIXED", few)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    smaller(monkeypatch)


def scored(folder: Path, baseline: str, task: str, kind: str) -> None:
    """Score a baseline as the study does."""
    settings = {"baseline": baseline, "name": task, "kind": kind, "labels": [task], "splits": [["random", 0]]}
    settings |= {"seeds": [0]} if baseline == "ecfp_forest" else {}
    out = folder / f"transfer/baselines/{baseline}/{task}.json"
    place = folder / "tasks" / task
    made = (out, out.with_suffix(".parquet"), out.with_suffix(".cost.json"))
    score_baseline(place / "molecules.csv", [place / f"splits/{SPLIT}.csv"], settings, *made)


@pytest.mark.parametrize("task", list(KINDS))
@pytest.mark.parametrize("baseline", REFITTED)
def test_fitted_on_the_training_part_it_predicts_what_the_study_predicted(study, tmp_path, task, baseline):
    found = load_study_task(study, task, SPLIT)
    model = fit_model(choose_method(study, found, baseline), found, "train")
    theirs = pd.read_parquet(study / f"transfer/baselines/{baseline}/{task}.parquet")
    place = {row: text for row, text in zip(found.task.rows.tolist(), found.task.smiles, strict=True)}
    smiles = [place[row] for row in theirs["row"]]
    table = model.predict(smiles)
    np.testing.assert_allclose(table[task], theirs["prediction"], rtol=1e-9, atol=1e-9)
    save_fitted(model, tmp_path)
    pd.testing.assert_frame_equal(load_fitted(tmp_path).predict(smiles), table)


@pytest.mark.parametrize("task", list(KINDS))
def test_all_compete_by_the_same_folds_metric_and_sign(study, task):
    found = load_study_task(study, task, SPLIT)
    scores = {method.name: method.score for method in candidates(study, found)}
    assert set(scores) == {CHECKPOINT, *REFITTED} - {"ecfp_boosting"}  # the one without a cross-validated score
    train = found.parts["train"]
    y, groups = found.task.labels[train, 0], found.task.groups[train]
    for baseline in ("descriptor_linear", "combined_forest"):
        x = features_of_task(baseline, found, train)
        record = read_json(study / f"transfer/baselines/{baseline}/{task}.json")
        chosen = selected_by_label(record, None, COUNT_FEATURES, SPLIT)[task]
        if baseline == "descriptor_linear":
            value = fit_head(x, y, groups, found.kind).score
            expected = -value if found.kind == "regression" else 1 - value
        else:
            expected = five_folds(x, y, groups, found.kind, chosen["settings"])
            stored = -chosen["cv_score"] if found.kind == "regression" else 1 - chosen["cv_score"]
            assert abs(expected - stored) > 1e-6  # of three folds
        assert scores[baseline] == pytest.approx(expected, rel=1e-9)


def features_of_task(baseline, found, train):
    from clm.tasks.baselines import features_of

    return features_of(baseline, [found.task.smiles[row] for row in train])


def five_folds(x, y, groups, kind, settings):
    """Return the error of a combined forest by scikit-learn's own metrics, over five folds of whole groups."""
    from clm.tasks.folds import grouped_folds

    out = np.empty(len(y))
    for held in grouped_folds(groups, 5):
        rest = np.setdiff1d(np.arange(len(y)), held)
        out[held] = predicted("combined_forest", settings, x[rest], y[rest], x[held], kind, 0)
    return 1 - roc_auc_score(y, out) if kind == "classification" else np.sqrt(np.mean((y - out) ** 2))


def test_the_best_baseline_is_recommended(study, tmp_path):
    folder = shutil.copytree(study, tmp_path / "study")
    path = folder / "transfer/baselines/descriptor_linear/length.json"
    record = read_json(path)
    for cell in record["cells"]:
        cell["selected"]["cv_score"] = -1e-6
    write_json(path, record)
    best = choose_method(folder, load_study_task(folder, "length", SPLIT))
    assert (best.name, best.checkpoint, best.score) == ("descriptor_linear", None, pytest.approx(1e-6))


def test_methods_are_compared_on_the_labels_that_all_have():
    errors = [{"a": 0.1, "b": 0.3}, {"b": 0.2}, {}]
    assert mean_on_common_labels(errors, "classification") == pytest.approx([0.3, 0.2, np.nan], nan_ok=True)
    assert mean_on_common_labels([{"a": 1.0, "b": 4.0}], "regression") == pytest.approx([2.0])
    assert np.isnan(mean_on_common_labels([{}, {}], "regression")).all()


def test_a_fold_that_leaves_one_class_is_left_out_and_labels_without_settings_too(study):
    y, groups = np.array([0.0, 0, 0, 1, 1]), np.arange(5) // 3
    assert np.isnan(out_of_fold_error(lambda x, y, new: new[:, 0], np.zeros((5, 1)), y, groups, "classification"))
    found = load_study_task(study, "length", SPLIT)
    assert tree_errors("combined_forest", found.task, found.parts["train"], "regression", {}) == {}
