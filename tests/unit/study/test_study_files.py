"""Files that the configuration names are looked for when it is read."""

import copy
from pathlib import Path

import pytest
import yaml
from clm.study.files import absent_files, hub_id
from clm.study.merge import read_configuration
from clm.study.validate import ConfigurationError, resolve_config

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
DEFAULT = read_configuration(ROOT / "catalogue.yaml", ROOT / "config.yaml")


@pytest.fixture
def config(tmp_path, monkeypatch):
    """The default study in a folder with data/my_assay.csv and models/mine."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "my_assay.csv").write_text("SMILES,y\nCCO,1\n")
    (tmp_path / "models" / "mine").mkdir(parents=True)
    return copy.deepcopy(DEFAULT)


def own_task(path):
    return {"my_assay": {"file": path, "smiles": "SMILES", "labels": ["y"], "kind": "regression"}}


def test_what_exists_is_no_fault(config):
    config["tasks"] |= own_task("data/my_assay.csv")
    config["external_models"] = {"m": {"model": "models/mine", "revision": "main", "remote_code": False}}
    resolve_config(config, SCHEMA)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("data/my_asay.csv", "data/my_asay.csv does not exist (did you mean 'my_assay.csv'?)"),
        ("dta/my_assay.csv", "dta/my_assay.csv does not exist (there is no folder dta)"),
        ("data", "data is a folder, not a file"),
    ],
)
def test_a_table_that_is_absent_is_told(config, path, told):
    config["tasks"] |= own_task(path)
    with pytest.raises(ConfigurationError, match="tasks.my_assay.file") as error:
        resolve_config(config, SCHEMA)
    assert told in str(error.value)


def test_sources_and_embeddings_are_looked_for(config):
    config["sources"]["own"] = {"file": "own.smi", "sha256": None, "licence": "-", "citation": "-"}
    config["external_embeddings"] = {"geometry": "data/geometry.parquet"}
    places = [fault.split(":")[0] for fault in absent_files(config)]
    assert places == ["sources.own.file", "external_embeddings.geometry"]


@pytest.mark.parametrize("model", ["./mine", "../mine", "/models/mine", "models/other", "a/b/c", "~/mine"])
def test_a_missing_folder_is_not_taken_for_a_hub_id(config, model):
    config["external_models"] = {"m": {"model": model, "revision": "main", "remote_code": False}}
    (fault,) = absent_files(config)
    assert fault.startswith(f"external_models.m.model: {Path(model)} does not exist")


@pytest.mark.parametrize("model", ["bert-base-uncased", "DeepChem/ChemBERTa-77M-MLM", "weights/mine"])
def test_only_a_revision_makes_an_id_of_a_hub(config, model):
    assert hub_id(model)
    config["external_models"] = {"m": {"model": model, "revision": "main"}}
    resolve_config(config, SCHEMA)
    del config["external_models"]["m"]["revision"]
    (fault,) = absent_files(config)
    assert fault.startswith(f"external_models.m.model: {model} does not exist")
    assert fault.endswith("; make that folder, or for an id of a hub give its `revision` (main, or a commit)")


def test_a_budget_that_an_overlay_adds_takes_its_place(config):
    config["grid"]["budgets"]["150k"] = 150_000
    resolve_config(config, SCHEMA)
    assert list(config["grid"]["budgets"]) == ["150k", "200k", "500k", "1300k"]
