import json

import numpy as np
import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.tasks.controls import PROPERTIES
from clm.tasks.table import load_task
from prepare_task import prepare_task
from rdkit import Chem

BENZANILIDE, ASPIRIN = "O=C(Nc1ccccc1)c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O"


@pytest.mark.parametrize(
    ("name", "smiles", "expected"),
    [
        ("rings", BENZANILIDE, 2),
        ("amides", BENZANILIDE, 1),
        ("tpsa", BENZANILIDE, 29.1),  # an amide: 17.07 + 12.03 (Ertl et al. 2000)
        ("logp", BENZANILIDE, 2.94),
        ("qed", ASPIRIN, 0.55),  # Bickerton et al. 2012
    ],
)
def test_properties_of_known_molecules(name, smiles, expected):
    assert PROPERTIES[name](Chem.MolFromSmiles(smiles)) == pytest.approx(expected, abs=0.01)


@pytest.fixture
def corpus(tmp_path):
    smiles = [Chem.CanonSmiles("C" * (i % 40 + 1) + "C(=O)N" * (i % 3) + "c1ccccc1" * (i % 4 > 1)) for i in range(400)]
    path = tmp_path / "valid.parquet"
    pd.DataFrame({"key": np.arange(400, dtype=np.uint64), "smiles": smiles}).to_parquet(path)
    return path


def control(path, folder, **changes):
    settings = {"corpus": "zinc", "property": "logp", "molecules": 300, "noise": 0, "seed": 0} | changes
    config = {"name": "control", "kind": "regression", "labels": ["value"], "control": settings}
    prepare_task(path, config, folder / "m.csv", folder / "s.json")
    return load_task(folder / "m.csv", ["value"]), json.loads((folder / "s.json").read_text())


def test_without_noise_the_label_is_the_property(corpus, tmp_path):
    task, summary = control(corpus, tmp_path)
    expected = [PROPERTIES["logp"](Chem.MolFromSmiles(text)) for text in task.smiles]
    np.testing.assert_array_equal(task.labels[:, 0], expected)
    assert summary["control"]["noise_sd"] == 0 and summary["kept"] == 300 and task.rows.tolist() == list(range(300))


def test_noise_has_the_stated_size_and_seed(corpus, tmp_path):
    clean = control(corpus, tmp_path)[0].labels[:, 0]
    task, summary = control(corpus, tmp_path, noise=0.6)
    added = task.labels[:, 0] - clean
    assert summary["control"]["noise_sd"] == pytest.approx(0.6 * clean.std())
    assert added.std() == pytest.approx(0.6 * clean.std(), rel=0.1) and abs(np.corrcoef(added, clean)[0, 1]) < 0.15
    np.testing.assert_array_equal(control(corpus, tmp_path, noise=0.6)[0].labels, task.labels)
    assert (control(corpus, tmp_path, noise=0.6, seed=1)[0].labels != task.labels).all()


def test_smaller_controls_lie_inside_larger_ones(corpus, tmp_path):
    large, small = control(corpus, tmp_path)[0], control(corpus, tmp_path, molecules=50)[0]
    assert large.smiles[:50] == small.smiles


def test_a_validation_set_that_is_too_small_is_told(corpus, tmp_path):
    with pytest.raises(UserError, match=r"asks for 401 molecules.*zinc has 400.*tasks\.control\.control\.molecules"):
        control(corpus, tmp_path, molecules=401)
