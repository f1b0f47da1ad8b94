import json

import numpy as np
import pandas as pd
import pytest
from clm.tasks.baselines import fit_predict, token_counts
from clm.tasks.fingerprints import ecfp_counts
from rdkit import Chem
from rdkit.Chem import AllChem
from score_baseline import score_baseline

CHAINS = ["C", "N", "O", "F", "Cl", "c1ccccc1", "C(=O)O", "S", "C#N"]


def molecules(count=240, seed=0):
    generator = np.random.default_rng(seed)
    texts = ["C" + "".join(generator.choice(CHAINS[:6], size=generator.integers(2, 7))) for _ in range(count * 3)]
    known = [Chem.MolToSmiles(mol) for mol in map(Chem.MolFromSmiles, texts) if mol is not None]
    return list(dict.fromkeys(known))[:count]


def carbons(smiles):
    return [sum(atom.GetSymbol() == "C" for atom in Chem.MolFromSmiles(text).GetAtoms()) for text in smiles]


def test_counts_by_hand():
    assert token_counts(["CCO", "C[Na]Cl"]).tolist() == [[2, 0, 1, 0], [1, 1, 0, 1]]  # C Cl O [Na]
    found = ecfp_counts(["CCCCO", "c1ccccc1"])
    assert found.shape == (2, 2048) and found.dtype == np.float32
    assert sorted(found[1][found[1] > 0]) == [6, 6, 6]  # benzene: one environment per radius, six times
    expected = AllChem.GetHashedMorganFingerprint(Chem.MolFromSmiles("CCCCO"), 2, 2048).GetNonzeroElements()
    assert {i: int(found[0][i]) for i in np.flatnonzero(found[0])} == expected


@pytest.fixture
def task(tmp_path):
    smiles = molecules()
    y = np.array(carbons(smiles), dtype=float)
    few = (y > np.median(y)).astype(float)
    frame = pd.DataFrame({"row": range(len(smiles)), "smiles": smiles, "source_smiles": smiles, "scaffold": ""})
    frame["identity"] = smiles
    frame["y"], frame["z"], frame["few"] = y, [value if i % 3 else None for i, value in enumerate(-y)], few
    frame.to_csv(tmp_path / "molecules.csv", index=False)
    parts = np.array(["train", "train", "train", "valid", "test"])[np.arange(len(smiles)) % 5]
    for seed in (0, 1):
        pd.DataFrame({"row": range(len(smiles)), "part": np.roll(parts, seed)}).to_csv(
            tmp_path / f"{seed}.csv", index=False
        )
    return tmp_path


def score(folder, baseline, kind="regression", labels=("y", "z"), splits=(["scaffold", 0], ["random", 1]), **extra):
    config = {
        "name": "toy",
        "baseline": baseline,
        "kind": kind,
        "labels": list(labels),
        "splits": list(splits),
        **extra,
    }
    paths = [folder / f"{seed}.csv" for _, seed in splits]
    written = (folder / name for name in ("out.json", "out.parquet", "cost.json"))
    score_baseline(folder / "molecules.csv", paths, config, *written)
    return json.loads((folder / "out.json").read_text()), pd.read_parquet(folder / "out.parquet")


@pytest.mark.parametrize(("baseline", "share"), [("ecfp_forest", 0.6), ("ecfp_boosting", 0.6), ("token_counts", 1e-3)])
def test_a_count_of_atoms_is_found(task, baseline, share):
    seeds = {"seeds": [0, 1]} if baseline == "ecfp_forest" else {}
    found, predictions = score(task, baseline, **seeds)
    keys = [(c["split"], c["split_seed"], c["finetune_seed"], c["label"]) for c in found["cells"]]
    runs = [("scaffold", 0, s) for s in seeds.get("seeds", [None])] + [("random", 1, seeds.get("seeds", [None])[0])]
    assert keys == [(*run, label) for run in runs for label in ("y", "z", "mean")]
    assert found["mode"] == "baseline" and found["baseline"] == baseline and found["task"] == "toy"
    for cell in found["cells"]:
        assert cell["status"] == "ok" and cell["error"] < share * cell["trivial_error"]
    if baseline == "token_counts":
        assert found["cells"][0]["selected"]["penalty"] > 0
    first = predictions[(predictions.split == "random") & (predictions.label == "z")]
    error = np.sqrt(np.mean((first.y - first.prediction) ** 2))
    expected = [c["error"] for c in found["cells"] if (c["split"], c["label"]) == ("random", "z")]
    assert [pytest.approx(error)] == expected
    assert list(predictions.columns) == [
        "budget", "split", "split_seed", "finetune_seed", "features", "label", "row", "y", "prediction",
    ]  # fmt: skip


def test_forests_differ_by_seed_and_files_repeat_to_the_byte(task):
    found, _ = score(task, "ecfp_forest", seeds=[0, 1])
    bytes_before = [(task / name).read_bytes() for name in ("out.json", "out.parquet")]
    score(task, "ecfp_forest", seeds=[0, 1])
    assert [(task / name).read_bytes() for name in ("out.json", "out.parquet")] == bytes_before
    assert found["cells"][0]["error"] != found["cells"][3]["error"]


@pytest.mark.parametrize("baseline", ["ecfp_forest", "ecfp_boosting", "token_counts"])
def test_classification_predicts_probabilities(task, baseline):
    found, predictions = score(task, baseline, "classification", ["few"], seeds=[0])
    assert predictions.prediction.between(0, 1).all()
    assert all(cell["score"] > 0.9 and cell["metric"] == "auc" for cell in found["cells"])


def test_training_labels_of_one_class_or_none():
    x = np.eye(10)
    parts = {"train": np.arange(5), "valid": np.arange(5, 7), "test": np.arange(7, 10)}
    y = np.r_[np.ones(5), np.zeros(5)]
    constant, _ = fit_predict("ecfp_forest", x, y, parts, np.arange(10), "classification", 0)
    assert constant.tolist() == [1, 1, 1]
    nothing, _ = fit_predict(
        "token_counts", x, np.r_[np.full(5, np.nan), y[5:]], parts, np.arange(10), "regression", None
    )
    assert np.isnan(nothing).all()


def test_validation_and_test_labels_never_reach_a_model(task):
    _, before = score(task, "token_counts")
    frame, parts = pd.read_csv(task / "molecules.csv"), pd.read_csv(task / "0.csv")
    frame.loc[parts.part != "train", "y"] = 999.0
    frame.to_csv(task / "molecules.csv", index=False)
    _, after = score(task, "token_counts")
    chosen = [frame[(frame.split == "scaffold") & (frame.label == "y")].prediction for frame in (before, after)]
    np.testing.assert_array_equal(*chosen)


@pytest.mark.parametrize("kind", ["regression", "classification"])
@pytest.mark.parametrize("baseline", ["ecfp_forest", "ecfp_boosting", "token_counts", "combined_boosting"])
def test_a_split_without_test_molecules_has_no_predictions(baseline, kind):
    y = np.arange(20.0) if kind == "regression" else np.arange(20.0) % 2
    parts = {"train": np.arange(20), "valid": np.array([], int), "test": np.array([], int)}
    features = np.random.default_rng(0).standard_normal((20, 4))
    prediction, selected = fit_predict(baseline, features, y, parts, np.arange(20), kind, 0)
    assert prediction.shape == (0,) and selected == {}
