"""Tables of molecules for predictions: an SDF is told in SMILES, a table without header is read by places."""

import pytest
from clm.predict.queries import read_molecules
from clm.provenance.command import UserError
from clm.tasks.molecules import read_row
from clm.tasks.queries import read_smiles
from rdkit import Chem

BROKEN = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")).replace(" O ", " Qq")
CAGE = "CC[C@]1(C)C2CC3CC1CC(C2)[C@H]3O"  # RDKit writes it as another one, and that as this
ODD = [
    "",
    "  ",
    "C(",
    "*",
    "[CH3:1]C",
    "[CH3:1][CH2:2]O",
    "C" * 2001,
    "\ud800",
    "CC name",
    "[2H]C",
    "C1=CC=CC=C1",
    CAGE,
]
ODD += ["N->[Pt](Cl)(Cl)<-N", "[CH-]1C=CC=C1.[CH-]1C=CC=C1.[Fe+2]", "OCC.[Na+]", BROKEN, BROKEN.replace("Qq", "O ")]


@pytest.mark.parametrize("source", ODD)
def test_a_molecule_is_read_as_that_of_a_task(source):
    read, reason = read_row(source.encode("utf-8", "replace"))
    assert read_smiles(source) == ("" if read is None else read.smiles, reason or "")


def test_an_sdf_is_told_in_canonical_smiles(tmp_path):
    blocks = [Chem.MolToMolBlock(Chem.MolFromSmiles(text)) for text in ("OCC", "C1=CC=CC=C1O")] + [BROKEN]
    path = tmp_path / "a.sdf"
    path.write_text("".join(f"{block}> <id>\n{i}\n\n$$$$\n" for i, block in enumerate(blocks)))
    found = read_molecules(path)
    assert found.source_smiles == found.smiles == ["CCO", "Oc1ccccc1", ""]
    assert found.reasons == ["", "", "unparsable"] and found.ids == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("name", "text", "column", "ids"),
    [
        ("a.smi", "OCC ethanol\nC( broken\n", None, "1"),
        ("a.smi", "OCC\tethanol\nC(\tbroken\n", "0", "1"),
        ("a.csv", "OCC,ethanol\nC(,broken\n", "0", "1"),
        ("a.csv", "ethanol,OCC\nbroken,C(\n", "1", "0"),
        ("a.smi", "name smiles\nethanol OCC\nbroken C(\n", None, "name"),
        ("a.csv", "0,1\nOCC,ethanol\nC(,broken\n", "0", "1"),  # columns with these names
    ],
)
def test_a_table_without_header_is_read_by_places(tmp_path, name, text, column, ids):
    path = tmp_path / name
    path.write_text(text)
    found = read_molecules(path, column, ids)
    assert found.source_smiles == ["OCC", "C("] and found.smiles == ["CCO", ""]
    assert found.reasons == ["", "unparsable"] and found.ids == ["ethanol", "broken"]
    assert read_molecules(path, column).ids == []


def test_what_cannot_be_read_is_told_in_one_line(tmp_path):
    path = tmp_path / "a.smi"
    path.write_text("C(\n")
    cases = [(tmp_path, None, None, "is a folder; name a table"), (path, "3", None, "no column '3'"),
             (path, None, "name", "no header"), (path, None, None, "no molecule of 1")]  # fmt: skip
    for file, column, ids, message in cases:
        with pytest.raises(UserError, match=message) as error:
            read_molecules(file, column, ids)
        assert "\n" not in str(error.value)
