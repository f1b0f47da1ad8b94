"""Fine-tuned checkpoints for new molecules: the study's own predictions, intervals, a folder that predicts the same."""

import numpy as np
import pandas as pd
import pytest
from clm.models.build import load_model
from clm.predict.fitted import fit_model
from clm.predict.methods import candidates, choose_method, load_study_task
from clm.provenance.command import UserError
from clm.provenance.files import write_json
from clm.transfer.finetune import FineTuner
from clm.transfer.finetune import predict as predict_tuned
from clm.transfer.tokens import tokenize
from made_study import CHECKPOINT, made_study
from predict import predict
from transformers import AutoModel

NAME, RATE, SEED = f"fine_tuned/{CHECKPOINT}", 3e-3, 5
UPDATES = {"steps": 12, "warmup_steps": 2, "batch_molecules": 8, "weight_decay": 0.01, "head": "linear_probe"}
UPDATES |= {"dropout": 0.1}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study whose checkpoint is fine-tuned on both tasks; not on split random-1."""
    folder = tmp_path_factory.mktemp("study")
    made_study(folder)
    for task in ("length", "amine"):
        cell = {"split": "random", "split_seed": 0, "finetune_seed": SEED, "selected": {"learning_rate": RATE}}
        cells = [cell | {"status": "ok"}]
        write_json(folder / f"transfer/fine_tuned/{CHECKPOINT}/{task}.json", {"mode": "fine_tuned", "cells": cells})
    config = {"transfer": {"fine_tuning": UPDATES | {"seeds": [SEED, 6]}}, "pretraining": {"precision": "float32"}}
    write_json(folder / "provenance.json", {"config": config, "jobs": {}, "outputs": {}})
    return folder


@pytest.mark.parametrize("task", ["length", "amine"])
def test_fitted_on_the_training_part_it_predicts_what_the_study_predicted(study, task):
    found = load_study_task(study, task, "random-0")
    model, folder = load_model(study / "pretrain" / CHECKPOINT), study / "pretrain" / CHECKPOINT
    shard = tokenize(found.task.smiles, folder, list(range(len(found.task.smiles))))
    tuner = FineTuner(model, 1, found.kind, UPDATES | {"precision": "float32"})
    tuned = tuner.run(found.task, shard, found.parts["train"], RATE, SEED)
    expected = predict_tuned(*tuned, shard, found.parts["test"], found.kind)[:, 0]
    fitted = fit_model(choose_method(study, found, NAME), found, "train")
    table = fitted.predict([found.task.smiles[row] for row in found.parts["test"]])
    np.testing.assert_allclose(table[task], expected, rtol=1e-4, atol=1e-4)
    assert np.abs(expected - expected.mean()).max() > 0.01


def test_intervals_are_of_models_that_did_not_see_the_molecule(study):
    found = load_study_task(study, "length", "random-0")
    fitted = fit_model(choose_method(study, found, NAME), found)
    label, inside = fitted.models["length"], fitted.predict(found.task.smiles)["length"]
    errors = [np.sqrt(np.mean((values - label.y) ** 2)) for values in (label.unseen, inside)]
    assert errors[0] > errors[1] and np.isfinite(label.unseen).all()


def test_the_saved_folder_answers_alike_and_holds_the_fine_tuned_encoder(study, tmp_path):
    table, out, again, saved = tmp_path / "q.csv", tmp_path / "p.csv", tmp_path / "p2.csv", tmp_path / "saved"
    pd.DataFrame({"SMILES": ["CCCO", "C("]}).to_csv(table, index=False)
    predict(study, table, out, "length", method=NAME, split="random-0", save=saved)
    predict(saved, table, again)
    assert out.read_bytes() == again.read_bytes()
    start = AutoModel.from_pretrained(study / "pretrain" / CHECKPOINT, add_pooling_layer=False)
    tuned = AutoModel.from_pretrained(saved / "encoder", add_pooling_layer=False)
    assert any((a != b).any() for a, b in zip(start.parameters(), tuned.parameters(), strict=True))
    assert "was named, not chosen" in (saved / "README.md").read_text()


def test_it_is_taken_by_name_only(study):
    found = load_study_task(study, "length", "random-0")
    assert NAME not in {method.name for method in candidates(study, found)}
    with pytest.raises(UserError, match="no method 'fine_tuned/zinc/s/2k/seed0/none' for task length"):
        choose_method(study, found, "fine_tuned/zinc/s/2k/seed0/none")
