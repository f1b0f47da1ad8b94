"""No part of a text passes for a molecule: all of it is the SMILES, or the row is rejected."""

import pytest
from clm.chemistry.identity import canonical_smiles
from clm.chemistry.smiles import without_name
from clm.chemistry.sources import smiles_rows
from clm.chemistry.standardize import standardizer
from clm.tasks.molecules import read_row
from own_tables import CANONICAL, SMILES, csv_text, prepared
from spreadsheet_files import xlsx

PARTS = [
    *("CC(=O)О", "СC(=O)O", "CC(=O)–", "CC(=O)…", "CC(=O)O·", "•CC(=O)O", "CC(=O)[O−]", "\u200bCO", "CO\ufeff"),
    *("CC(=O) Oc1ccccc1", "CC(=O)\nOc1ccccc1", "CC(=O)\tOc1ccccc1", "CCO ethanol", "CCO |bad", "CO\x00N", "CO\xa0N"),
]
STANDARDIZE = standardizer({"max_characters": 99})


@pytest.mark.parametrize("text", PARTS)
def test_a_text_of_which_a_part_is_a_smiles_is_rejected(tmp_path, text):
    assert read_row(text.encode()) == STANDARDIZE(text.encode()) == (None, "unparsable")
    assert canonical_smiles(text) is None
    cells = [f'"{text}"' if i == 3 else good for i, good in enumerate(SMILES)]
    task, summary = prepared(tmp_path, csv_text([(cell, i) for i, cell in enumerate(cells)]).encode())
    assert summary["rejected"] == {"unparsable": 1} and task.smiles == CANONICAL[:3] + CANONICAL[4:]
    assert "1 of 20 labels are lost (1 rows whose molecule cannot be read" in summary["warnings"][0]
    (tmp_path / "c").write_text(csv_text([(cell, "x") for cell in cells]), newline="")
    found = [STANDARDIZE(row)[0] for row in smiles_rows(tmp_path / "c", None, "smiles")]
    if "\n" not in text:  # in a corpus no quoted SMILES goes over several lines
        assert found == [*CANONICAL[:3], None, *CANONICAL[4:]]


@pytest.mark.parametrize(
    ("text", "smiles"),
    [(" CO ", "CO"), ("\xa0CO\xa0", "CO"), ("*CC |$R1;;$|", "*CC"), ("C[C@H](F)Cl |&1:1|", "C[C@H](F)Cl")],
)
def test_blanks_around_a_smiles_and_the_extension_of_a_cxsmiles_are_read(text, smiles):
    assert read_row(text.encode())[0].smiles == STANDARDIZE(text.encode())[0] == smiles


@pytest.mark.parametrize("between", [" ", "\t", "  "])
def test_without_a_header_a_name_may_follow_the_smiles(tmp_path, between):
    (tmp_path / "own.smi").write_text("".join(f"{text}{between}Säure {i}-a\n" for i, text in enumerate(SMILES)))
    found = list(smiles_rows(tmp_path / "own.smi", None, 0, ";"))
    assert found == [text.encode() for text in SMILES]
    rows = [(f"{text} name {i}", i) for i, text in enumerate(SMILES)]
    task, _ = prepared(tmp_path, csv_text(rows, "\t", None).encode(), smiles=0, labels=["1"])
    assert task.smiles == CANONICAL and task.source_smiles == SMILES and task.labels[:, 0].tolist() == [*range(20)]
    (tmp_path / "own.xlsx").write_bytes(xlsx({"a": [[f"{text}{between}name"] for text in SMILES]}))
    assert list(smiles_rows(tmp_path / "own.xlsx", None, 0)) == [text.encode() for text in SMILES]


@pytest.mark.parametrize(
    ("line", "smiles"),
    [(b"CO", b"CO"), (b" CO a b ", b"CO"), (b"", b""), (b"*C |$R;$| a |b|", b"*C |$R;$|"), (b"CO |bad", b"CO |bad")],
)
def test_a_name_is_what_follows_the_smiles_and_its_extension(line, smiles):
    assert without_name(line) == smiles


def test_a_corpus_begins_after_blank_lines_and_the_line_that_names_the_separator(tmp_path):
    path = tmp_path / "c"
    for text in (f"\n \n{csv_text()}", f"sep=;\r\n{csv_text(separator=';')}", csv_text(header="\xa0smiles\xa0, y")):
        path.write_text(text, encoding="utf-8")
        assert list(smiles_rows(path, None, "smiles")) == [text.encode() for text in SMILES]
        assert prepared(tmp_path, text.encode())[0].smiles == CANONICAL
