"""What is wrong with an encoder from elsewhere is one line."""

import json

import numpy as np
import pytest
import torch
from clm.provenance.command import UserError
from clm.transfer.external_loss import external_loss
from clm.transfer.external_models import model_features
from encoders_elsewhere import SIZE, SMILES, edit_weights, made
from transformers import RobertaConfig, RobertaForMaskedLM


def surplus(weights):
    for name in [name for name in weights if ".layer.0." in name]:
        weights[name.replace(".layer.0.", ".layer.2.")] = weights[name].clone()


def missing(weights):
    del weights["roberta.encoder.layer.1.output.dense.weight"]


def misshapen(weights):
    weights["roberta.embeddings.word_embeddings.weight"] = torch.zeros(20, 8)


def infinite(weights):
    weights["roberta.encoder.layer.0.output.dense.bias"] += float("inf")


def small_vocabulary(weights):
    weights["roberta.embeddings.word_embeddings.weight"] = torch.zeros(6, 16)


@pytest.mark.parametrize(
    "change, message",
    [
        (surplus, "hold more than config.json describes: 16 tensors"),
        (missing, "the weights lack 1 tensors, the first is encoder.layer.1.output.dense.weight"),
        (misshapen, "another shape|cannot be loaded"),
        (infinite, "features of 5 of 5 molecules are not finite"),
        (small_vocabulary, "another shape|cannot be loaded"),
    ],
)
def test_weights_that_do_not_fit_are_one_line(tmp_path, change, message):
    entry = made(tmp_path)
    edit_weights(tmp_path, change)
    with pytest.raises(UserError, match=message) as error:
        model_features(SMILES, entry, "x")
    assert "\n" not in str(error.value) and len(str(error.value)) < 600


def test_ids_that_the_model_does_not_have_are_one_line(tmp_path):
    entry = made(tmp_path)
    RobertaForMaskedLM(RobertaConfig(**SIZE | {"vocab_size": 7}, pad_token_id=1)).save_pretrained(tmp_path)
    with pytest.raises(UserError, match="the model has 7 rows of embeddings"):
        model_features(SMILES, entry, "x")


def test_no_tokenizer_is_one_line(tmp_path):
    entry = made(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).unlink()
    with pytest.raises(UserError, match="no tokenizer can be read|the tokenizer maps"):
        model_features(SMILES, entry, "x")


def test_a_config_without_a_model_type_asks_for_it(tmp_path):
    entry = made(tmp_path)
    expected, _ = model_features(SMILES, entry, "x")
    config = json.loads((tmp_path / "config.json").read_text())
    del config["model_type"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="name it with `model_type`"):
        model_features(SMILES, entry, "x")
    np.testing.assert_array_equal(model_features(SMILES, entry | {"model_type": "roberta"}, "x")[0], expected)


@pytest.mark.parametrize(("smiles", "fraction"), [(["C" * 100], 0.5), (["C"], 1e-9)])
def test_a_loss_of_nothing_is_none_with_its_reason(tmp_path, smiles, fraction):
    found = external_loss(smiles, np.arange(1, dtype=np.uint64), made(tmp_path), fraction, "x")
    assert found == {"loss": None, "loss_per_character": None,
                     "reason": "no token is masked in the molecules that it can read"}  # fmt: skip


def test_a_loss_needs_the_tokens_of_its_model(tmp_path):
    entry, keys = made(tmp_path), np.arange(len(SMILES), dtype=np.uint64)
    assert np.isfinite(external_loss(SMILES, keys, entry, 0.5, "x")["loss"])
    tokenizer = json.loads((tmp_path / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["C"] = 5000
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(UserError, match="the tokenizer gives id 5000, the model has 20 rows"):
        external_loss(SMILES, keys, entry, 0.5, "x")
