"""A made-up hub on loopback: a model is fetched once, by a local job, at its revision; then no network is needed."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
import yaml
from clm.tables.frames import read_table
from clm.transfer.external_models import model_features
from encoders_elsewhere import SIZE, SMILES, made
from made_hub import COMMIT, made_hub
from snakemake_runs import ROOT, copy_workflow, snakemake
from transformers import RobertaConfig, RobertaForMaskedLM

NAME = "owner/made"
EXTRA = {"README.md": b"a card", "training_args.bin": b"pickled", "pytorch_model.bin": b"older", "code.py": b"raise"}


@pytest.fixture
def hub(tmp_path):
    """A hub with one model at the revision v1, its files, and the requests that it got."""
    folder = tmp_path / "there"
    folder.mkdir()
    made(folder)
    content = files_of(folder) | EXTRA
    with made_hub({NAME: content}) as (address, asked):
        yield address, content, asked


def files_of(folder):
    """The files of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fetch(address, folder, revision):
    """Run the script of the job."""
    options = ["--settings", json.dumps({"model": NAME, "revision": revision})]
    options += ["--files", str(folder / "files"), "--record", str(folder / "record.json")]
    call = [sys.executable, "scripts/transfer/fetch_model.py", *options]
    environment = os.environ | {"HF_ENDPOINT": address, "PYTHONPATH": str(ROOT / "scripts"), "HF_HUB_DISABLE_XET": "1"}
    return subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_model_is_fetched_at_its_revision_with_the_digests_of_its_files(hub, tmp_path):
    address, content, asked = hub
    done = fetch(address, tmp_path, "v1")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "record.json").read_text())
    assert {key: record[key] for key in ("model", "revision", "commit", "endpoint")} == {
        "model": NAME,
        "revision": "v1",
        "commit": COMMIT,
        "endpoint": address,
    }
    kept = {name: data for name, data in content.items() if name not in EXTRA}
    assert record["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()}
    assert {path.name for path in (tmp_path / "files").iterdir()} == set(kept)
    before = len(asked)
    features, _ = model_features(SMILES, {"model": str(tmp_path / "files"), "revision": "v1"}, "made")
    theirs, _ = model_features(SMILES, {"model": str(tmp_path / "there")}, "made")
    assert (features == theirs).all() and len(asked) == before


def test_an_unknown_revision_is_one_line_and_leaves_nothing(hub, tmp_path):
    done = fetch(hub[0], tmp_path, "v2")
    line = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and line.startswith(f"Error: {NAME} at v2 cannot be fetched from {hub[0]}")
    assert not (tmp_path / "files").exists() and not (tmp_path / "record.json").exists()


@pytest.mark.slow
def test_the_workflow_fetches_once_and_for_all_entries_of_a_model(hub, tmp_path, monkeypatch):
    address, _, asked = hub
    monkeypatch.setenv("HF_ENDPOINT", address)
    folder = copy_workflow(tmp_path / "clone")
    entry = {"model": NAME, "revision": "v1"}
    overlay = {"external_models": {"made": entry, "twin": entry | {"untrained_seed": 0}}}
    (folder / "hub.yaml").write_text(yaml.safe_dump(overlay))
    call = ("--configfile", "studies/tiny.yaml", "hub.yaml", "--", "results/hub/owner--made@v1/record.json")
    done = snakemake(folder, *call)
    assert done.returncode == 0, done.stdout[-3000:]
    record = json.loads((folder / "results/hub/owner--made@v1/record.json").read_text())
    assert record["commit"] == COMMIT
    before = len(asked)
    assert "Nothing to be done" in snakemake(folder, *call).stdout and len(asked) == before


@pytest.mark.slow
def test_a_ladder_from_a_hub_is_judged(tmp_path, monkeypatch):
    """Three sizes, and three twins of each that are made from its config."""
    models, overlay = {}, {"external_models": {}, "transfer": {"tasks": ["freesolv"]}}
    overlay["transfer"]["fine_tuning"] = {"tune_tasks": ["freesolv"]}
    ladder = {"corpus": "zinc", "models": {}}
    for width in (8, 16, 32):
        made(tmp_path / f"m{width}")
        network = RobertaForMaskedLM(RobertaConfig(**SIZE | {"hidden_size": width}, pad_token_id=1))
        network.save_pretrained(tmp_path / f"m{width}")
        models[f"owner/m{width}"] = files_of(tmp_path / f"m{width}")
        entry = {"model": f"owner/m{width}", "revision": "v1", "max_lost_fraction": 1}
        overlay["external_models"][f"m{width}"] = entry
        ladder["models"][f"m{width}"] = {"parameters": 1000 * width, "tokens": 1000000}
    overlay |= {"ladders": {"family": ladder}, "analysis": {"min_trunks": 3}}
    folder = copy_workflow(tmp_path / "clone")
    (folder / "hub.yaml").write_text(yaml.safe_dump(overlay))
    call = ("--configfile", "studies/tiny.yaml", "hub.yaml", "--", "results/tiny/tables/ladders.csv")
    with made_hub(models) as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        done = snakemake(folder, *call)
    assert done.returncode == 0, done.stdout[-3000:]
    for width in (8, 16, 32):  # its twins read the same folder
        assert sum(f"/owner/m{width}/resolve/{COMMIT}/model.safetensors" in path for path in asked) <= 2  # HEAD, GET
        assert (folder / f"results/hub/owner--m{width}@v1/record.json").is_file()
    table = read_table(folder / "results/tiny/tables/ladders.csv")
    gains = table[(table["quantity"] == "gain") & (table["axis"] == "N")]
    assert set(gains["split"]) == {"scaffold", "random"} and gains["n_trunks"].eq(3).all()
    assert gains["estimate"].notna().all() and (gains["lower"] < gains["upper"]).all()
    assert (table.loc[table["quantity"] == "elasticity", "n_cells"] == 3).all()
