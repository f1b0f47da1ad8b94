"""A damaged model is told in one line that names the file, and nothing is written."""

import json
import logging
import shutil

import numpy as np
import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.study.paths import PROBED
from embed import embed
from made_study import CHECKPOINT, made_study
from predict import predict
from safetensors.numpy import load_file, save_file

FILES = ("config.json", "tokenizer_config.json", "tokenizer.json", "model.safetensors")
BIAS = "roberta_prelayernorm.encoder.layer.0.output.dense.bias"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study, a table of molecules, and saved models of its checkpoint and of its forest."""
    folder = tmp_path_factory.mktemp("made")
    made_study(folder / "study", 40)
    pd.DataFrame({"SMILES": ["CCO", "CCN"]}).to_csv(folder / "m.csv", index=False)
    for method, name in ((CHECKPOINT, "probe"), ("ecfp_forest", "forest")):
        options = {"task": "length", "split": "random-0", "method": method}
        predict(folder / "study", folder / "m.csv", folder / "p.csv", save=folder / name, **options)
    return folder


def cut(path):
    """Leave half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [cut, lambda path: path.write_bytes(b""), lambda path: path.write_text("[1]")])
@pytest.mark.parametrize("name", FILES)
def test_features_of_a_damaged_checkpoint(made, tmp_path, name, spoil):
    model, out = shutil.copytree(made / "study/pretrain" / CHECKPOINT, tmp_path / "model"), tmp_path / "f.parquet"
    spoil(model / name)
    with pytest.raises(UserError, match=rf"model/{name}: damaged .*check that the folder was copied whole") as error:
        embed(model, made / "m.csv", out)
    assert "\n" not in str(error.value) and not out.exists()


@pytest.mark.parametrize("kind", ["probe", "forest"])
@pytest.mark.parametrize("name", ["settings.json", "head.safetensors", *(f"encoder/{name}" for name in FILES)])
def test_predictions_of_a_damaged_model(made, tmp_path, kind, name):
    model, out = shutil.copytree(made / kind, tmp_path / "model"), tmp_path / "p.csv"
    if not (model / name).is_file():
        return  # a forest has no encoder
    cut(model / name)
    with pytest.raises(UserError, match=f"model/{name}: damaged") as error:
        predict(model, made / "m.csv", out)
    assert "\n" not in str(error.value) and not out.exists()


@pytest.mark.parametrize("spoil", [cut, lambda path: path.write_bytes(b""), lambda path: path.write_text("[1]")])
@pytest.mark.parametrize(
    "name",
    [
        "tasks/length/summary.json",
        "tasks/length/molecules.csv",
        "tasks/length/splits/random-0.csv",
        f"{PROBED}/{CHECKPOINT.rsplit('/', 1)[0]}/length.json",
        "transfer/baselines/ecfp_forest/length.json",
    ],
)
def test_a_damaged_file_of_a_study(made, tmp_path, name, spoil):
    study, out = shutil.copytree(made / "study", tmp_path / "study"), tmp_path / "p.csv"
    spoil(study / name)
    told = f"study/{name}(: damaged| has no column| was made from another version of its task)"
    with pytest.raises(UserError, match=told) as error:
        predict(study, made / "m.csv", out, "length", split="random-0")
    assert "\n" not in str(error.value) and not out.exists()


@pytest.mark.parametrize("text", ["", "mode,corp", "[1]"])
def test_a_damaged_table_of_scores(made, tmp_path, text):
    study = shutil.copytree(made / "study", tmp_path / "study")
    (study / "tables").mkdir()
    (study / "tables" / "transfer.csv").write_text(text)
    with pytest.raises(UserError, match=r"tables/transfer\.csv: damaged") as error:
        predict(study, made / "m.csv", tmp_path / "p.csv", "length", split="random-0")
    assert "\n" not in str(error.value)


def test_a_split_of_another_version_of_the_task_is_told_as_such(made, tmp_path):
    study = shutil.copytree(made / "study", tmp_path / "study")
    path = study / "tasks/length/splits/random-0.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(UserError, match="made from another version of its task") as error:
        predict(study, made / "m.csv", tmp_path / "p.csv", "length", split="random-0")
    assert "damaged" not in str(error.value)


@pytest.mark.parametrize(
    "change", [{"labels": 3}, {"labels": ["length", "b"]}, {"predictors": ["forest"]}, {"task": None}]
)
def test_settings_that_do_not_fit(made, tmp_path, change):
    model = shutil.copytree(made / "probe", tmp_path / "model")
    settings = json.loads((model / "settings.json").read_text()) | change
    settings = {key: value for key, value in settings.items() if value is not None}
    (model / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(UserError, match=r"settings.json and head.safetensors do not fit") as error:
        predict(model, made / "m.csv", tmp_path / "p.csv")
    assert "\n" not in str(error.value) and not (tmp_path / "p.csv").exists()


def test_a_saved_model_with_another_tokenizer_is_refused(made, tmp_path):
    model = shutil.copytree(made / "probe", tmp_path / "model")
    path = model / "encoder/tokenizer.json"
    path.write_text(path.read_text().replace('"C":', '"Si":'))
    with pytest.raises(UserError, match="its encoder is another one"):
        predict(model, made / "m.csv", tmp_path / "p.csv")


def with_weights(made, folder, value):
    """Return a copy of the checkpoint with a bias that has a value."""
    model = shutil.copytree(made / "study/pretrain" / CHECKPOINT, folder)
    tensors = load_file(model / "model.safetensors")
    tensors[BIAS] = np.full_like(tensors[BIAS], value)
    save_file(tensors, model / "model.safetensors", metadata={"format": "pt"})
    return model


def test_features_that_say_nothing_are_refused(made, tmp_path):
    out = tmp_path / "f.parquet"
    sound, spoiled = with_weights(made, tmp_path / "sound", 0.1), with_weights(made, tmp_path / "nan", np.nan)
    (tmp_path / "gold.csv").write_text("SMILES\n[Au]\n[Ag]\n[Pt]\n")
    cases = [
        (spoiled, made / "m.csv", out, "features of 2 of 2 molecules are not finite"),
        (
            sound,
            tmp_path / "gold.csv",
            out,
            "maps 100 % of the tokens to the unknown one and 3 molecules to 1 sequences",
        ),
        (sound, made / "m.csv", tmp_path / "f.csv", "give it a name that ends in .parquet"),
    ]
    for model, table, target, message in cases:
        with pytest.raises(UserError, match=message) as error:
            embed(model, table, target)
        assert "\n" not in str(error.value) and not target.exists()
    embed(sound, made / "m.csv", out)
    assert pd.read_parquet(out).loc[:, "h0":].notna().all(axis=None)


def test_a_probe_of_weights_that_are_not_finite_is_refused(made, tmp_path):
    study = shutil.copytree(made / "study", tmp_path / "study")
    shutil.rmtree(study / "pretrain" / CHECKPOINT)
    with_weights(made, study / "pretrain" / CHECKPOINT, np.inf)
    with pytest.raises(UserError, match="are not finite; check its weights"):
        predict(study, made / "m.csv", tmp_path / "p.csv", "length", method=CHECKPOINT, split="random-0")


def test_an_error_that_was_not_computed_is_not_logged(made, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        for method in ("ecfp_forest", CHECKPOINT):
            predict(made / "study", made / "m.csv", tmp_path / "p.csv", "length", method=method, split="random-0")
    told = [line for line in caplog.messages if line.startswith("length: ")]
    assert told[0] == "length: ecfp_forest" and f"length: {CHECKPOINT}, cross-validated error " in told[1]
