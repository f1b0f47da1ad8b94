"""From a study to predictions: the study's own numbers, every row accounted for, a folder that predicts the same."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from clm.predict.fitted import fit_model
from clm.predict.methods import candidates, choose_method, load_study_task
from clm.provenance.command import UserError
from clm.study.paths import PROBED
from clm.tasks.table import load_split
from made_study import CHECKPOINT, made_study, molecules
from predict import predict
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForMaskedLM, AutoTokenizer


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return folder, made_study(folder)


def query(path, smiles):
    pd.DataFrame({"id": [f"A-{i}" for i in range(len(smiles))], "SMILES": smiles}).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("task", ["length", "amine"])
def test_fitted_on_the_training_part_it_predicts_what_the_study_predicted(study, task):
    folder, records = study
    found = load_study_task(folder, task, "random-0")
    method = choose_method(folder, found, CHECKPOINT)
    test = load_split(folder / f"tasks/{task}/splits/random-0.csv", found.task.rows)["test"]
    table = fit_model(method, found, "train").predict([found.task.smiles[row] for row in test])
    (record,) = records[task]
    assert record["row"].tolist() == found.task.rows[test].tolist()
    np.testing.assert_allclose(table[task], record["prediction"], rtol=1e-6, atol=1e-6)


def test_two_spellings_of_a_molecule_lie_in_one_fold(study, tmp_path):
    """Of labels that are noise a model that did not see the molecule predicts nothing, also not from its twin."""
    folder, rng = shutil.copytree(study[0], tmp_path / "study"), np.random.default_rng(0)
    path = folder / "tasks/length/molecules.csv"
    table = pd.read_csv(path, keep_default_na=False)[:60].assign(length=rng.normal(size=60))
    twins = table.assign(row=table["row"] + 60, smiles="C" + table["smiles"].str[1:] + " ")
    pd.concat([table, twins]).to_csv(path, index=False)
    pd.DataFrame({"row": range(120), "part": "train"}).to_csv(folder / "tasks/length/splits/random-0.csv", index=False)
    found = load_study_task(folder, "length", "random-0")
    assert len(set(found.task.smiles)) == 120 and len(set(found.task.same)) == 60
    model = fit_model(choose_method(folder, found, "ecfp_forest"), found, "train").models["length"]
    assert abs(np.corrcoef(model.y, model.unseen)[0, 1]) < 0.5


def test_the_method_is_chosen_by_cross_validation_and_never_by_test_labels(study, tmp_path):
    folder = shutil.copytree(study[0], tmp_path / "study")
    found = load_study_task(folder, "length", "random-0")
    scores = {method.name: method.score for method in candidates(folder, found)}
    assert set(scores) == {CHECKPOINT, "ecfp_forest"}
    assert choose_method(folder, found).name == min(scores, key=scores.get)
    path = folder / PROBED / "zinc/s/2k/seed0/length.json"
    record = json.loads(path.read_text())
    for cell in record["cells"]:
        cell.update(error=0.0 if min(scores, key=scores.get) == "ecfp_forest" else 1e9)
    path.write_text(json.dumps(record))
    assert {method.name: method.score for method in candidates(folder, found)} == scores
    for cell in record["cells"]:
        cell["selected"]["cv_score"] = -1e9
    path.write_text(json.dumps(record))
    assert choose_method(folder, found).name == "ecfp_forest"


@pytest.mark.parametrize("method", [CHECKPOINT, "ecfp_forest"])
@pytest.mark.parametrize("task", ["length", "amine"])
def test_every_row_is_answered_and_the_saved_folder_answers_alike(study, tmp_path, task, method):
    known = molecules(120)
    table = query(tmp_path / "q.csv", [known[0], "C(", "O" + known[1], "[Au+]", None])
    out, again, saved = tmp_path / "p.csv", tmp_path / "p2.csv", tmp_path / "saved"
    predict(study[0], table, out, task, method=method, split="random-0", save=saved)
    predict(saved, table, again)
    assert out.read_bytes() == again.read_bytes()
    found = pd.read_csv(out, dtype={"amine_set": str})
    assert found.columns[0] == "id" and found["id"].tolist() == ["A-0", "A-1", "A-2", "A-3", "A-4"]
    assert found["reason"].fillna("").tolist() == ["", "unparsable", "", "", "empty"]
    assert found[task].notna().tolist() == [True, False, True, True, False]
    assert found["nearest_similarity"][0] == 1 and found["in_domain"].tolist()[3] is False
    assert found["unseen_token_fraction"][3] == 1
    if task == "length":
        assert (found["length_lower"] < found["length"]).dropna().sum() == 3
    else:
        assert set(found["amine_set"].dropna()) <= {"0", "1", "0 1"} and found["amine"].dropna().between(0, 1).all()
    if method == CHECKPOINT:
        assert AutoModelForMaskedLM.from_pretrained(saved / "encoder").config.hidden_size == 16
        assert AutoTokenizer.from_pretrained(saved / "encoder")("CCO")["input_ids"]


def test_bad_input_is_one_line_and_nothing_is_written(study, tmp_path):
    table, empty, out = query(tmp_path / "q.csv", ["CCO"]), query(tmp_path / "e.csv", []), tmp_path / "p.csv"
    saved = tmp_path / "saved"
    first = {"task": "length", "split": "random-0", "method": CHECKPOINT}
    predict(study[0], table, tmp_path / "ok.csv", save=saved, **first)
    spoiled, other = shutil.copytree(saved, tmp_path / "spoiled"), shutil.copytree(saved, tmp_path / "other")
    head = load_file(spoiled / "head.safetensors")
    head["0.weights"][0] = np.inf
    save_file(head, spoiled / "head.safetensors")
    weights = load_file(other / "encoder/model.safetensors")
    save_file({name: value + 1 for name, value in weights.items()}, other / "encoder/model.safetensors")
    cases = [
        (study[0], {"task": "missing"}, table, "no task 'missing'; name one of amine, length"),
        (tmp_path, {"task": "length"}, table, "no task 'length'; run the study first"),
        (study[0], {"task": "length"}, table, "no split 'scaffold-0'; name one of random-0"),
        (study[0], first | {"method": "zinc/m/2k/seed0/10k"}, table, "no method 'zinc/m/2k/seed0/10k' for task length"),
        (study[0], {}, table, "name a task of the study with --task"),
        (saved, {"task": "amine"}, table, "fitted on task length, not on amine"),
        (other, {}, table, "its encoder is another one"),
        (spoiled, {}, table, "is not finite"),
        (study[0], first, empty, "no molecule of 0 rows"),
        (study[0], first, tmp_path / "absent.csv", "no such file"),
        (saved, {"method": "ecfp_forest", "part": "train"}, table, "leave --method, --part out"),
        (saved, {"split": "random-0"}, table, "leave --split out"),
        (study[0], first | {"save": study[0]}, table, "holds other files"),
        (study[0], first | {"save": table}, table, "is a file; name a folder"),
    ]
    for folder, options, molecules_file, message in cases:
        with pytest.raises(UserError, match=message) as error:
            predict(folder, molecules_file, out, **options)
        assert "\n" not in str(error.value) and not out.exists()


def test_what_is_there_is_replaced_only_where_it_was_meant(study, tmp_path):
    table, first = query(tmp_path / "q.csv", ["CCO"]), {"task": "length", "split": "random-0"}
    saved, text = tmp_path / "saved", table.read_text()
    places = [
        (table, "which it would replace"),
        (tmp_path, "is a folder"),
        (table / "p.csv", "is a file, not a folder"),
    ]
    for out, message in places:
        with pytest.raises(UserError, match=message):
            predict(study[0], table, out, method="ecfp_forest", save=saved, **first)
        assert table.read_text() == text and not saved.exists()
    for method in (CHECKPOINT, "ecfp_forest"):
        predict(study[0], table, tmp_path / "p.csv", method=method, save=saved, **first)
    assert {path.name for path in saved.iterdir()} == {"README.md", "head.safetensors", "settings.json"}
