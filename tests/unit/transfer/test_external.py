"""Features from elsewhere: a Hugging Face folder, tables by SMILES, and clear errors."""

import json

import numpy as np
import pandas as pd
import pytest
from clm.models.initialize import architecture, save_untrained
from clm.provenance.command import UserError
from clm.tokens.regex import split
from clm.tokens.tokenizer import build_tokenizer, save_tokenizer
from clm.transfer.embed import embed
from clm.transfer.external import table_features
from clm.transfer.external_models import model_features
from clm.transfer.tokens import tokenize

SMILES = ["CCO", "Oc1ccccc1", "CC(N)=O", "CCCCCCN"]  # canonical


def test_a_folder_of_ours_gives_our_own_features(tmp_path):
    from clm.models.build import load_model

    settings = {"kind": "atoms", "max_tokens": 32, "min_count": 1}
    save_tokenizer(build_tokenizer({t: 1 for s in SMILES for t in split(s)}, settings, iter([])), settings, tmp_path)
    count = len(json.loads((tmp_path / "vocabulary.json").read_text())["tokens"])
    save_untrained(tmp_path, architecture({"layers": 1, "width": 16, "heads": 2}, count, 32), 0)
    entry = {"model": str(tmp_path), "revision": "main", "remote_code": False}
    ours = embed(load_model(tmp_path), tokenize(SMILES, tmp_path, [0, 1, 2, 3]))
    np.testing.assert_allclose(model_features(SMILES, entry, "x")[0], ours, atol=1e-5)


def test_what_cannot_be_loaded_is_one_message(tmp_path):
    entry = {"model": str(tmp_path), "revision": "main", "remote_code": False}
    with pytest.raises(UserError, match=r"external_models\.mine: .* cannot be loaded") as error:
        model_features(SMILES, entry, "mine")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("smiles,a,a\nCCO,1,2\n", "several columns are called a"),
        (",smiles,a\n0,CCO,1\n", "column 1 has no name, as the index of a data frame"),
        ("smiles,a,Unnamed: 0\nCCO,1,0\n", "column 3 has no name"),
        ("smiles,a\nCCO,1\nCN,2\nOCC,3\n", r"two unlike rows for CCO \(numbers 1 and 3\)"),
    ],
)
def test_a_table_with_what_is_no_feature_of_one_molecule_is_refused(tmp_path, text, told):
    (tmp_path / "e.csv").write_text(text)
    with pytest.raises(UserError, match=told):
        table_features(["CCO"], tmp_path / "e.csv", "e")


def test_equal_rows_of_a_molecule_are_one(tmp_path):
    (tmp_path / "e.csv").write_text("smiles,a\nCCO,1\n OCC ,1.0000000001\n")
    assert table_features(["CCO"], tmp_path / "e.csv", "e").tolist() == [[1]]


@pytest.mark.parametrize("kind", ["parquet", "csv", "npy"])
def test_embeddings_are_found_by_molecule_whatever_the_spelling(tmp_path, kind):
    values = np.arange(10.0).reshape(5, 2)
    keys = ["NCCCCCC", "CCCC", "OCC", "Oc1ccccc1", "CC(N)=O"]
    path = tmp_path / f"e.{kind}"
    if kind == "npy":
        np.save(path, values)
        path.with_suffix(".smi").write_text("\n".join(f"{key} a name" for key in keys) + "\n")
    else:
        table = pd.DataFrame({"smiles": keys, "a": values[:, 0], "b": values[:, 1]})
        table.to_parquet(path) if kind == "parquet" else table.to_csv(path, index=False)
    assert table_features(SMILES, path, "e")[:, 0].tolist() == [4, 6, 8, 0]


def test_missing_molecules_and_pickles_are_refused(tmp_path):
    pd.DataFrame({"smiles": ["CCO"], "a": [1.0]}).to_csv(tmp_path / "e.csv", index=False)
    with pytest.raises(UserError, match="lacks 3 of 4 molecules"):
        table_features(SMILES, tmp_path / "e.csv", "e")
    np.save(tmp_path / "p.npy", np.array([object()], dtype=object), allow_pickle=True)
    (tmp_path / "p.smi").write_text("CCO\n")
    with pytest.raises(UserError, match="cannot be read"):
        table_features(SMILES, tmp_path / "p.npy", "e")
