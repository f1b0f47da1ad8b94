"""Labels of tables as databases and spreadsheets export them: relations, units, errors and numbers in odd spellings."""

import pytest
from clm.chemistry.reader.numbers import read_number
from clm.provenance.command import UserError
from own_tables import LABELS, SMILES, csv_text, prepared
from spreadsheet_files import ods, xlsx

PAIRS = list(zip(SMILES, LABELS, strict=True))
CHEMBL = '"Molecule ChEMBL ID";"Smiles";"Standard Relation";"Standard Value";"Standard Units"\n'


def chembl(relations=("'='",), units=("nM",)):
    """Return a table in the form of ChEMBL with these relations and units in turn."""
    cells = [
        (f"CHEMBL{i}", text, relations[i % len(relations)], label, units[i % len(units)])
        for i, (text, label) in enumerate(PAIRS)
    ]
    return (CHEMBL + "\n".join(";".join(f'"{cell}"' for cell in row) for row in cells)).encode()


def test_relations_in_a_column_are_told_and_read_on_request(tmp_path):
    how = {"smiles": "Smiles", "labels": ["Standard Value"]}
    content = chembl(["'>'", "'='", "", "'='"])
    task, summary = prepared(tmp_path, content, **how)
    assert task.labels[:, 0].tolist() == LABELS and len(summary["warnings"]) == 1
    told = "column 'Standard Relation' has relations ('>' in line 2, 5 of 20 labels are no exact values)"
    assert summary["warnings"][0].startswith(told)
    task, summary = prepared(tmp_path, content, relation="Standard Relation", **how)
    assert task.labels[:, 0].tolist() == [y for i, y in enumerate(LABELS) if i % 4]
    assert "5 of 20 labels are lost (censored 5" in summary["warnings"][0] and len(summary["warnings"]) == 1
    task, summary = prepared(tmp_path, content, relation="Standard Relation", censored="value", **how)
    assert task.labels[:, 0].tolist() == LABELS and summary["warnings"] == []
    assert summary["quality"]["Standard Value"]["qualifiers"] == 5
    for content in (chembl(), chembl(["", "="])):
        assert prepared(tmp_path, content, **how)[1]["warnings"] == []
        assert prepared(tmp_path, content, relation="Standard Relation", **how)[0].labels[:, 0].tolist() == LABELS
    with pytest.raises(
        UserError, match="'about' in line 3 of column 'Standard Relation' is no relation such as = or >"
    ):
        prepared(tmp_path, chembl(["=", "about"]), relation="Standard Relation", **how)


def test_relations_of_a_table_without_header_are_named_by_number(tmp_path):
    rows = [(text, "<" if i < 5 else "=", y) for i, (text, y) in enumerate(PAIRS)]
    content = csv_text(rows, header=None).encode()
    assert prepared(tmp_path, content, smiles=0, labels=["2"], relation=1)[0].labels[:, 0].tolist() == LABELS[5:]


def test_columns_that_only_look_like_relations_are_not_told(tmp_path):
    for column in (["-"] * 20, ["="] * 20, [">", "x"] * 10, [""] * 20):
        rows = [(text, y, cell) for (text, y), cell in zip(PAIRS, column, strict=True)]
        assert prepared(tmp_path, csv_text(rows, header="smiles,y,z").encode())[1]["warnings"] == []


def test_several_units_in_a_column_are_told(tmp_path):
    how = {"smiles": "Smiles", "labels": ["Standard Value"]}
    _, summary = prepared(tmp_path, chembl(units=["nM", "nM", "ug.mL-1"]), **how)
    (told,) = summary["warnings"]
    assert told.startswith(
        "column 'Standard Units' names 2 units (nM (14), ug.mL-1 (6)), but labels are read as if of one"
    )
    assert prepared(tmp_path, chembl(units=["nM", ""]), **how)[1]["warnings"] == []
    rows = [(text, y, cell) for (text, y), cell in zip(PAIRS, ["a", "b"] * 10, strict=True)]
    assert prepared(tmp_path, csv_text(rows, header="smiles,y,community").encode())[1]["warnings"] == []


def test_errors_of_a_sheet_are_lost_labels_and_not_empty_cells(tmp_path):
    labels = ['<c t="e"><v>#DIV/0!</v></c>', '<c s="1" t="e"><f>NA()</f><v>#N/A</v></c>', *LABELS[2:]]
    opened = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    for content, missing in (
        (xlsx({"a": [["smiles", "y"], *zip(SMILES, labels, strict=True)]}), {"missing": 1}),
        (ods([["smiles", "y"], *zip(SMILES, [opened, *LABELS[1:]], strict=True)]), {}),
    ):
        task, summary = prepared(tmp_path, content)
        assert task.labels[:, 0].tolist() == LABELS[1 + len(missing) :]
        assert summary["labels"]["y"] == {"present": 19 - len(missing), "spreadsheet_error": 1} | missing
        assert "labels are lost (spreadsheet_error 1, for example '#DIV/0!' in line 2)" in summary["warnings"][0]


@pytest.mark.parametrize(
    ("text", "how", "value"),
    [
        ("=5.2", {}, 5.2),
        ("= -1", {}, -1),
        ("=1,5", {"decimal": ","}, 1.5),
        ("1,5E-3", {"decimal": ","}, 0.0015),
        ("1\N{RIGHT SINGLE QUOTATION MARK}234.5", {"thousands": "'"}, 1234.5),
        ("\N{NO-BREAK SPACE}1.5\N{THIN SPACE}", {}, 1.5),
    ],
)
def test_a_number_behind_an_equals_sign_is_that_number(text, how, value):
    assert read_number(text, **how) == (value, "present", False)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        *[("=1+1", "formula"), ("=A1", "formula"), ('="1.5"', "formula"), ("=1,5", "decimal_mark")],
        *[("1.5x10-3", "not_a_number"), ("1.5 X 10^-3", "not_a_number"), ("1.5×10^-3", "not_a_number")],
        *[("2026-05-01", "not_a_number"), ("01.05.2026", "not_a_number"), ("May-05", "not_a_number")],
        *[("\u200b1.5", "not_a_number"), ("5 xM", "unit"), ("45%", "unit"), ("1.5*", "not_a_number")],
    ],
)
def test_dates_powers_written_out_and_formulas_are_no_numbers(text, state):
    assert read_number(text).state == state
