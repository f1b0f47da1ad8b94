"""Encoders from elsewhere, small made-up ones of several families: features, tokenizers, weights."""

import json
import shutil

import numpy as np
import pytest
import torch
from clm.provenance.command import UserError
from clm.tokens.regex import split
from clm.transfer.external_models import model_features
from encoders_elsewhere import FAMILIES, SIZE, SMILES, edit_weights, made
from safetensors.torch import load_file
from transformers import AutoModel, BertConfig, BertForMaskedLM


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_means_over_tokens(tmp_path, family):
    found, about = model_features(SMILES, made(tmp_path, family), "x")
    assert found.shape == (5, 16) and found.dtype == np.float32 and np.isfinite(found).all()
    assert len(np.unique(found.round(4), axis=0)) == 5
    assert about["tokens"]["unknown_fraction"] == 0 and about["tokens"]["distinct_sequences"] == 5
    assert 0 < about["parameters"]["non_embedding"] < about["parameters"]["total"]


def test_roberta_uses_as_many_positions_as_it_has(tmp_path):
    entry = made(tmp_path)
    found, about = model_features(SMILES, entry, "x")
    assert about["tokens"]["cut_molecules"] == 1, "34 rows, the first two are padding: 32 tokens"
    model = AutoModel.from_pretrained(tmp_path).eval()
    ids = torch.tensor([[2, *([json.loads((tmp_path / "vocabulary.json").read_text())["tokens"]["C"]] * 30), 3]])
    with torch.inference_mode():
        np.testing.assert_allclose(found[4], model(ids)[0][0, 1:-1].mean(0), atol=1e-5)


def test_weights_in_half_precision_are_computed_in_float32(tmp_path):
    entry = made(tmp_path)
    edit_weights(tmp_path, lambda weights: weights.update({n: w.bfloat16() for n, w in weights.items()}))
    config = json.loads((tmp_path / "config.json").read_text()) | {"dtype": "bfloat16"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    half, _ = model_features(SMILES, entry, "x")
    edit_weights(tmp_path, lambda weights: weights.update({n: w.float() for n, w in weights.items()}))
    np.testing.assert_allclose(half, model_features(SMILES, entry, "x")[0], atol=1e-6)


def test_pickled_weights_are_read_without_running_what_they_hold(tmp_path):
    entry = made(tmp_path)
    expected, _ = model_features(SMILES, entry, "x")
    weights = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    torch.save(weights, tmp_path / "pytorch_model.bin")
    np.testing.assert_allclose(model_features(SMILES, entry, "x")[0], expected, atol=1e-6)
    torch.save(weights | {"evil": Touch(tmp_path / "touched")}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="cannot be loaded"):
        model_features(SMILES, entry, "x")
    assert not (tmp_path / "touched").exists()


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_word_piece_tokenizer_that_loses_the_molecules_is_refused_and_a_pattern_mends_it(tmp_path):
    BertForMaskedLM(BertConfig(**SIZE)).save_pretrained(tmp_path)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted({t for s in SMILES for t in split(s)})]
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n")
    entry = {"model": str(tmp_path)}
    with pytest.raises(UserError, match=r"external_models\.x: the tokenizer maps .* name the right one") as error:
        model_features(SMILES, entry, "x")
    assert "\n" not in str(error.value)
    found, about = model_features(SMILES, entry | {"tokenizer": "atoms"}, "x")
    assert about["tokens"] == {"molecules": 5, "distinct_sequences": 5, "unknown_fraction": 0.0, "cut_molecules": 0}
    assert len(np.unique(found.round(4), axis=0)) == 5


def test_a_named_tokenizer_file_is_taken(tmp_path):
    entry = made(tmp_path / "model")
    expected, _ = model_features(SMILES, entry, "x")
    shutil.move(tmp_path / "model/tokenizer.json", tmp_path / "tokenizer.json")
    found, _ = model_features(SMILES, entry | {"tokenizer": str(tmp_path / "tokenizer.json")}, "x")
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("family", ["roberta", "t5"])
def test_the_untrained_twin_has_the_architecture_and_other_weights(tmp_path, family):
    entry = made(tmp_path, family)
    trained, about = model_features(SMILES, entry, "x")
    twin, same = model_features(SMILES, entry | {"untrained_seed": 1}, "x")
    state = torch.random.get_rng_state()
    again, _ = model_features(SMILES, entry | {"untrained_seed": 1}, "x")
    other, _ = model_features(SMILES, entry | {"untrained_seed": 2}, "x")
    assert same == about and torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(twin, again)
    assert abs(twin - trained).max() > 0.01 < abs(twin - other).max()


def test_our_own_untrained_twin_is_the_model_that_we_initialize(tmp_path):
    from clm.models.initialize import architecture, save_untrained

    entry = made(tmp_path)
    size = {"layers": 2, "width": 16, "heads": 2}
    save_untrained(tmp_path, architecture(size, 20, 64), 3)
    ours, _ = model_features(SMILES, entry, "x")
    assert abs(model_features(SMILES, entry | {"untrained_seed": 4}, "x")[0] - ours).max() > 0.01
    sizes = [model_features(SMILES, e, "x")[1]["parameters"] for e in (entry, entry | {"untrained_seed": 4})]
    assert sizes[0] == sizes[1]
