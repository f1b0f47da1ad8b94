"""The sets of MoleculeACE in the catalogue: every row is kept, and rows and cliffs are as many as upstream's."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from clm.chemistry.reader.tables import open_table
from clm.provenance.command import UserError
from clm.study.merge import read_configuration
from clm.tables.cliffs import cliff_rows
from fetch_source import fetch_source
from prepare_task import read_table

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = read_configuration(ROOT / "catalogue.yaml")
# Molecules and cliff molecules, of three of the thirty sets counted in its files by pandas; then all thirty together
COUNTS = {"ace_chembl2835_ki": (615, 60), "ace_chembl4616_ec50": (682, 355), "ace_chembl234_ki": (3657, 1604)}
TOTALS = (48714, 18831)


@pytest.fixture(scope="session")
def moleculeace(tmp_path_factory):
    """The wheel with the tables: a fetched one where there is one, or as the workflow fetches it."""
    kept = ROOT / "results" / "sources" / "moleculeace" / "content"
    if kept.is_file():
        return kept
    folder = tmp_path_factory.mktemp("moleculeace")
    entry = CATALOGUE["sources"]["moleculeace"] | {"name": "moleculeace"}
    try:
        fetch_source(entry, folder / "remembered.json", folder / "content", folder / "record.json")
    except UserError as error:
        pytest.skip(f"no package index can be reached: {error}")
    return folder / "content"


def test_all_thirty_sets_have_the_rows_and_cliffs_of_upstream(moleculeace):
    names = [name for name in CATALOGUE["tasks"] if name.startswith("ace_")]
    found = {}
    for name in names:
        with open_table(moleculeace, ["cliff_mol"], CATALOGUE["tasks"][name]["member"]) as table:
            rows = [row.cells for row in table.rows]
        found[name] = (len(rows), sum(row["cliff_mol"] == "1" for row in rows))
    assert len(names) == 30 and {name: found[name] for name in COUNTS} == COUNTS
    assert tuple(map(sum, zip(*found.values(), strict=True))) == TOTALS


def test_molecules_labels_and_cliffs_of_every_set_are_those_of_upstream(moleculeace, tmp_path):
    content = tmp_path / "sources/moleculeace/content"
    content.parent.mkdir(parents=True)
    content.write_bytes(moleculeace.read_bytes())
    with ZipFile(moleculeace) as wheel:
        for name in (name for name in CATALOGUE["tasks"] if name.startswith("ace_")):
            config = CATALOGUE["tasks"][name]
            theirs = pd.read_csv(wheel.open(config["member"]))
            with open_table(moleculeace, ["smiles", "y"], config["member"]) as table:
                ours = [(row.cells["smiles"], float(row.cells["y"])) for row in table.rows]
            assert ours == list(zip(theirs["smiles"], theirs["y"], strict=True)), name
            flagged = set(np.flatnonzero(theirs["cliff_mol"] == 1).tolist())
            assert cliff_rows(tmp_path / "mine", config) == flagged != set(), name


def test_no_molecule_of_a_set_is_rejected(moleculeace):
    config = CATALOGUE["tasks"]["ace_chembl2835_ki"] | {"name": "ace_chembl2835_ki"}
    molecules, counts = read_table(moleculeace, config)
    assert (counts["read"], counts["kept"]) == (615, 615) and len({m.smiles for m in molecules}) == 615
