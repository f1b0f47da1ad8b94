"""The checkpoint as a transformer of scikit-learn, and the command that writes features."""

import pickle

import numpy as np
import pandas as pd
import pytest
from clm.models.build import load_model
from clm.provenance.command import UserError
from clm.transfer.embed import embed
from clm.transfer.encoder import SmilesEncoder
from clm.transfer.tokens import tokenize
from embed import embed as embed_table
from rdkit.Chem import CanonSmiles
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator
from small_checkpoints import SMILES, small_checkpoint


@pytest.fixture(scope="module", params=["atoms", "selfies"])
def folder(request, tmp_path_factory):
    return small_checkpoint(tmp_path_factory.mktemp("checkpoint"), request.param)


def test_features_are_those_that_probes_read(folder):
    canonical = [CanonSmiles(text) for text in SMILES]
    ours = embed(load_model(folder), tokenize(canonical, folder, list(range(len(SMILES)))))
    encoder = SmilesEncoder(folder).fit(SMILES)
    np.testing.assert_allclose(encoder.transform(SMILES), ours, atol=1e-5)
    np.testing.assert_allclose(encoder.transform(["OCC", "N-CCCCCC"]), ours[[0, 3]], atol=1e-5)


def test_it_is_a_transformer_of_scikit_learn(folder):
    check_estimator(SmilesEncoder(folder))  # skips what needs numbers, so the rest follows here
    encoder = clone(SmilesEncoder(folder, invalid="nan"))
    assert encoder.get_params() == {"checkpoint": folder, "invalid": "nan"}
    with pytest.raises(NotFittedError):
        encoder.transform(SMILES)
    frame = encoder.set_output(transform="pandas").fit_transform(pd.DataFrame({"SMILES": SMILES}))
    assert list(frame.columns) == list(encoder.get_feature_names_out()) and frame.shape == (6, 16)
    again = pickle.loads(pickle.dumps(encoder))
    pd.testing.assert_frame_equal(again.transform(pd.Series(SMILES)), frame)
    with pytest.raises(ValueError, match="one column"):
        encoder.transform(np.array([SMILES, SMILES]).T)


def test_a_pipeline_predicts_and_is_cross_validated(folder):
    pipeline, y = make_pipeline(SmilesEncoder(folder), Ridge(1e-3)), np.arange(6.0)
    assert pipeline.fit(SMILES, y).score(SMILES, y) > 0.9
    assert np.isfinite(cross_val_predict(pipeline, SMILES, y, cv=3)).all()


def test_invalid_smiles_are_told_or_missing(folder):
    with pytest.raises(ValueError, match=r"row 1: 'C\(' is unparsable"):
        SmilesEncoder(folder).fit_transform(["CCO", "C("])
    found = SmilesEncoder(folder, invalid="nan").fit_transform(["CCO", "C("])
    assert np.isnan(found).all(axis=1).tolist() == [False, True]


def test_the_command_keeps_every_row(folder, tmp_path):
    pd.DataFrame({"id": [1, 2, 3, 4], "SMILES": ["OCC", "C(", None, "CC(N)=O"]}).to_csv(tmp_path / "m.csv", index=False)
    embed_table(folder, tmp_path / "m.csv", out=tmp_path / "f.parquet")
    found = pd.read_parquet(tmp_path / "f.parquet")
    assert found["reason"].fillna("").tolist() == ["", "unparsable", "empty", ""]
    assert found["smiles"].tolist()[0] == "OCC" and found["h0"].notna().tolist() == [True, False, False, True]
    direct = SmilesEncoder(folder).fit_transform(["CCO", "CC(N)=O"])
    np.testing.assert_allclose(found.loc[[0, 3], "h0":].to_numpy(), direct, atol=1e-6)


def test_bad_input_is_one_line_and_leaves_no_file(folder, tmp_path):
    table, out = tmp_path / "m.csv", tmp_path / "f.parquet"
    cases = [
        ("SMILES\n", folder, "no molecule of 0 rows"),
        ("SMILES\nC(\n", folder, r"no molecule of 1 rows can be read \(unparsable\)"),
        ("a,b\nC,D\n", folder, "0 columns with a usual name"),
        ("SMILES\nCCO\n", tmp_path, "no checkpoint .*config.json"),
    ]
    for text, checkpoint, message in cases:
        table.write_text(text)
        with pytest.raises(UserError, match=message) as error:
            embed_table(checkpoint, table, out=out)
        assert "\n" not in str(error.value) and not out.exists()
