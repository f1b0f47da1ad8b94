"""Graph networks: planted truth, missing labels, determinism; those whose package is not installed are skipped."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from clm.graphs.networks import PACKAGES, build_network, molecular_graphs, require_package
from clm.graphs.training import Learner, fit_network, on_device, rate_factor, split_batches
from clm.provenance.command import UserError
from clm.tasks.scores import auc
from clm.tasks.table import Task
from clm.transfer.finetune import label_loss
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcNumRings
from test_baselines import molecules
from train_graph_network import train_graph_network

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = list(PACKAGES)
LONGER = dict(width=32, layers=2, dropout=0.0, learning_rate=1e-2, weight_decay=0.0)
LONGER |= dict(epochs=12, warmup_epochs=1, batch_molecules=32)
SHORT = LONGER | {"epochs": 2, "width": 8}
SMALL = ["C", "[Na+].[Cl-]", "CCO", "c1ccccc1", "C[C@H](N)C(=O)O", "C/C=C/C", "[NH4+]", "FS(F)(F)(F)(F)F"]


@pytest.fixture(params=NETWORKS)
def network(request):
    pytest.importorskip(PACKAGES[request.param], exc_type=ImportError)
    return request.param


def rings(smiles):
    return np.array([CalcNumRings(Chem.MolFromSmiles(text)) for text in smiles], dtype=np.float64)


def task_of(smiles, labels):
    rows = np.arange(len(smiles))
    return Task(rows, smiles, smiles, [""] * len(smiles), labels, [f"l{i}" for i in range(labels.shape[1])])


def parts_of(count):
    part = np.arange(count) % 5
    return {"train": np.flatnonzero(part < 3), "valid": np.flatnonzero(part == 3), "test": np.flatnonzero(part == 4)}


def fit(network, task, kind="regression", settings=SHORT, seed=0, parts=None):
    parts = parts or parts_of(len(task.smiles))
    return fit_network(network, *molecular_graphs(network, task.smiles), task, parts, kind, settings, seed)


def test_number_of_rings_is_found(network):
    smiles = molecules(300)
    task = task_of(smiles, rings(smiles)[:, None])
    prediction, epoch = fit(network, task, settings=LONGER)
    train, test = (task.labels[parts_of(len(smiles))[part], 0] for part in ("train", "test"))
    error = np.sqrt(np.mean((prediction[:, 0] - test) ** 2))
    assert error < 0.5 * np.sqrt(np.mean((train.mean() - test) ** 2)) and 1 <= epoch <= LONGER["epochs"]


def test_classes_are_found_as_probabilities(network):
    smiles = molecules(200)
    y = (rings(smiles) > 0).astype(np.float64)
    prediction, _ = fit(network, task_of(smiles, y[:, None]), "classification", LONGER)
    truth = y[parts_of(len(smiles))["test"]]
    assert prediction.min() >= 0 and prediction.max() <= 1 and auc(truth, prediction[:, 0]) > 0.95


def test_atoms_without_bonds_give_outputs_that_do_not_depend_on_the_batch(network):
    graphs, collate = molecular_graphs(network, SMALL)
    torch.manual_seed(0)
    built = build_network(network, 3, SHORT).eval()
    together = built(on_device(collate(graphs)))
    alone = torch.cat([built(on_device(collate([graph]))) for graph in graphs])
    assert together.shape == (len(SMALL), 3)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_missing_labels_do_not_reach_the_loss(network):
    """Of two labels with gaps: neither the loss nor the gradient of any weight sees what stands in a gap."""
    graphs, collate = molecular_graphs(network, SMALL)
    torch.manual_seed(0)
    built, y = build_network(network, 2, SHORT).eval(), torch.randn(len(SMALL), 2)
    y[1::2, 0] = y[2, :] = math.nan  # molecule 2 has no label at all
    output = built(on_device(collate(graphs)))
    output.retain_grad()
    loss = label_loss(output, y, "regression")
    loss.backward()
    known = torch.isfinite(y)
    assert loss.item() == pytest.approx(((output - y)[known] ** 2).mean().item(), rel=1e-5)
    assert (output.grad[~known] == 0).all() and (output.grad[known] != 0).all()
    learner = Learner(built, graphs, collate, y, "regression", 3)  # another division into batches
    assert learner.loss(np.arange(len(SMALL))) == pytest.approx(loss.item(), rel=1e-4)


def test_molecules_without_a_label_are_as_if_not_there(network):
    smiles = molecules(60)
    y, parts = rings(smiles), parts_of(len(smiles))
    y[::7] = np.nan
    rows = np.union1d(np.flatnonzero(np.isfinite(y)), parts["test"])
    fewer = {part: np.searchsorted(rows, np.intersect1d(places, rows)) for part, places in parts.items()}
    thinned = task_of([smiles[row] for row in rows], y[rows, None])
    np.testing.assert_array_equal(fit(network, thinned, parts=fewer)[0], fit(network, task_of(smiles, y[:, None]))[0])


def test_validation_and_test_labels_do_not_reach_the_weights(network):
    smiles = molecules(60)
    y, parts = rings(smiles)[:, None], parts_of(len(smiles))
    other = y.copy()
    other[parts["test"]] = 99.0
    assert np.array_equal(fit(network, task_of(smiles, y))[0], fit(network, task_of(smiles, other))[0])
    one = SHORT | {"epochs": 1}  # nothing to choose
    other[parts["valid"]] = 99.0
    both = [fit(network, task_of(smiles, labels), settings=one)[0] for labels in (y, other)]
    assert np.array_equal(*both)


def write_task(folder, smiles, labels):
    frame = pd.DataFrame({"row": range(len(smiles)), "smiles": smiles, "source_smiles": smiles, "scaffold": ""})
    frame["identity"] = smiles
    frame.assign(**labels).to_csv(folder / "molecules.csv", index=False)
    parts = np.array(["train", "train", "train", "valid", "test"])[np.arange(len(smiles)) % 5]
    pd.DataFrame({"row": range(len(smiles)), "part": parts}).to_csv(folder / "0.csv", index=False)


def run(folder, network, name, labels=("y", "z", "none", "one"), kind="regression"):
    config = {"network": network, "name": "toy", "kind": kind, "labels": list(labels), "splits": [["scaffold", 0]]}
    config |= {"seeds": [0, 1], "settings": SHORT}
    written = (folder / name, folder / "predictions.parquet", folder / "cost.json")
    train_graph_network(folder / "molecules.csv", [folder / "0.csv"], config, *written)
    return json.loads((folder / name).read_text()), pd.read_parquet(written[1])


def test_scores_of_labels_with_gaps_and_the_same_bytes_twice(network, tmp_path):
    smiles = molecules(60)
    y = rings(smiles)
    gaps = [value if i % 3 else None for i, value in enumerate(y)]
    write_task(tmp_path, smiles, {"y": y, "z": gaps, "none": None, "one": 1.0})
    told, predictions = run(tmp_path, network, "a.json")
    again, _ = run(tmp_path, network, "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert {key: told[key] for key in ("mode", "baseline", "task")} == {
        "mode": "baseline", "baseline": network, "task": "toy",
    }  # fmt: skip
    status = {cell["label"]: cell["status"] for cell in told["cells"] if cell["finetune_seed"] == 0}
    assert status["none"] == "no_test_labels" and status["one"] == "constant_labels"
    assert {"y", "z", "mean"} < set(status)
    seeds = [rows["prediction"].to_numpy() for _, rows in predictions.query("label == 'y'").groupby("finetune_seed")]
    assert len(seeds) == 2 and not np.array_equal(*seeds)
    counts = predictions.query("finetune_seed == 0")["label"].value_counts()
    assert 0 < counts["z"] < counts["y"]  # z has gaps


def test_nothing_to_learn_from_and_a_loss_that_is_never_finite(network):
    smiles = molecules(30)
    y = rings(smiles)[:, None]
    empty = y.copy()
    empty[parts_of(len(smiles))["train"]] = np.nan
    for labels, settings in ((empty, SHORT), (y, SHORT | {"learning_rate": 1e30})):
        prediction, epoch = fit(network, task_of(smiles, labels), settings=settings)
        assert np.isnan(prediction).all() and epoch is None
    unseen = parts_of(len(smiles)) | {"valid": np.array([], dtype=np.int64)}
    assert fit(network, task_of(smiles, y), parts=unseen)[1] == SHORT["epochs"]  # the last


def test_batches_cover_all_and_the_rate_rises_and_falls():
    assert [len(some) for some in split_batches(np.arange(65), 64)] == [33, 32]
    assert np.array_equal(np.concatenate(split_batches(np.arange(10), 3)), np.arange(10))
    shares = [rate_factor(epoch, 2, 12) for epoch in (0, 1, 2, 7, 12)]
    np.testing.assert_allclose(shares, [0.1, 0.55, 1, math.sqrt(0.1), 0.1])
    assert rate_factor(0, 0, 5) == 1


@pytest.mark.parametrize("name", NETWORKS)
def test_a_missing_package_is_named_with_what_installs_it(monkeypatch, name):
    monkeypatch.setitem(sys.modules, PACKAGES[name], None)
    with pytest.raises(
        UserError, match=rf"transfer\.baselines: {name} needs {PACKAGES[name]}.*requirements-graphs\.txt"
    ):
        require_package(name)


def test_every_network_of_the_configuration_can_be_built(network):
    settings = yaml.safe_load((ROOT / "config.yaml").read_text())["transfer"]["graph_networks"]["networks"]
    assert set(settings) == set(PACKAGES)
    assert sum(weights.numel() for weights in build_network(network, 1, settings[network]).parameters()) > 10_000
