"""Tables as databases, notebooks and instruments export them: read as meant, or refused with the reason."""

import re
from collections import Counter

import pyarrow as pa
import pytest
from clm.chemistry.reader.numbers import read_number
from clm.chemistry.sources import smiles_rows
from clm.chemistry.standardize import standardizer
from clm.provenance.command import UserError
from own_tables import CANONICAL, LABELS, SMILES, csv_text, parquet_of, prepared
from rdkit import Chem
from spreadsheet_files import ods, xlsx

PAIRS = list(zip(SMILES, LABELS, strict=True))
BLOCKS = [Chem.MolToMolBlock(Chem.MolFromSmiles(text)) for text in SMILES]
CHEMBL = '"Molecule ChEMBL ID";"Smiles";"Standard Relation";"Standard Value";"Standard Units"\n'
STANDARD = {"max_characters": 200, "largest_fragment": False, "neutralize": False}


def chembl(relations=("'='",), units=("nM",)):
    """Return a table in the form of ChEMBL with these relations and units in turn."""
    cells = [
        (f"CHEMBL{i}", text, relations[i % len(relations)], label, units[i % len(units)])
        for i, (text, label) in enumerate(PAIRS)
    ]
    return (CHEMBL + "\n".join(";".join(f'"{cell}"' for cell in row) for row in cells)).encode()


def quoted(block):
    """Return a mol block as a cell."""
    return f'"{block}"'


CELLS = {
    "csv": csv_text([(quoted(block), y) for block, (_, y) in zip(BLOCKS, PAIRS, strict=True)]).encode(),
    "Windows": csv_text([(quoted(block), y) for block, (_, y) in zip(BLOCKS, PAIRS, strict=True)], end="\r\n")
    .encode()
    .replace(b"\r\n", b"\n")
    .replace(b"\n", b"\r\n"),
    "last column": csv_text(
        [(y, quoted(block)) for block, (_, y) in zip(BLOCKS, PAIRS, strict=True)], "\t", "y,smiles"
    ).encode(),
    "first lines lost": csv_text(
        [(quoted(block.lstrip()), y) for block, (_, y) in zip(BLOCKS, PAIRS, strict=True)]
    ).encode(),
    "Parquet": parquet_of({"smiles": BLOCKS, "y": LABELS}),
    "Excel": xlsx({"a": [["smiles", "y"], *zip(BLOCKS, LABELS, strict=True)]}),
}


def read_corpus(folder, content, column="smiles", separator=","):
    """Return the standardized molecules of a corpus and the counts of rows left out."""
    (folder / "corpus").write_bytes(content)
    torn, standardize = Counter(), standardizer(STANDARD)
    return [standardize(raw)[0] for raw in smiles_rows(folder / "corpus", None, column, separator, torn)], torn


@pytest.mark.parametrize("kind", CELLS)
def test_cells_may_hold_mol_blocks(tmp_path, kind):
    task, summary = prepared(tmp_path, CELLS[kind])
    assert task.smiles == CANONICAL and task.labels[:, 0].tolist() == LABELS and not summary["rejected"]
    found, torn = read_corpus(tmp_path, CELLS[kind], separator="\t" if kind == "last column" else ",")
    assert found == CANONICAL and not torn


def test_a_mol_block_may_have_more_lines_than_a_forgotten_quote(tmp_path):
    chains = ["C" * (60 + i) for i in range(20)]
    blocks = [quoted(Chem.MolToMolBlock(Chem.MolFromSmiles(text))) for text in chains]
    content = csv_text([(block, i) for i, block in enumerate(blocks)]).encode()
    assert prepared(tmp_path, content)[0].smiles == chains
    assert read_corpus(tmp_path, content) == (chains, {})
    with pytest.raises(UserError, match="line 2: a quote is opened and not closed"):
        prepared(tmp_path, content.replace(b"V2000", b"     ").replace(b'M  END\n"', b"M  END\n"))


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


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("Compound,Assay 1\n", 2),
        ("Report,LIMS 4\nDate,2026-01-01\n\n", 4),
        ("# exported by X, 2026\n# user Y\n", 3),
        ("#TYPE System.Management.Automation.PSCustomObject\n", 2),
    ],
)
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_header_below_other_lines_is_told_with_its_line(tmp_path, above, line, separator):
    content = (above + csv_text(separator=separator)).encode()
    with pytest.raises(UserError, match=f"the names of the columns are in line {line}, not in the first; remove"):
        prepared(tmp_path, content)
    with pytest.raises(UserError, match=f"the names of the columns are in line {line}, not in the first; remove"):
        read_corpus(tmp_path, content, separator=separator)


def test_a_header_below_other_rows_of_a_sheet_is_told_with_its_row(tmp_path):
    for above in ([["Report", None]], [["Report", None], [None, None]]):
        with pytest.raises(UserError, match=f"in line {len(above) + 1}, not in the first; remove the lines above"):
            prepared(tmp_path, xlsx({"a": [*above, ["smiles", "y"], *PAIRS]}))


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


def test_hidden_rows_of_a_sheet_are_read_and_told(tmp_path):
    content = xlsx({"a": [["smiles", "y"], *PAIRS]}, hidden=(3, 4))
    task, summary = prepared(tmp_path, content)
    assert task.labels[:, 0].tolist() == LABELS
    assert summary["notes"] == ["read as Excel", "2 hidden rows of the file are read as all others"]


@pytest.mark.parametrize(
    ("header", "label", "separator"),
    [('"Molecule Name";"IC50\n(uM)";"smiles"', "IC50\n(uM)", ";"), ('"Molecule\nName"\tIC50\tsmiles', "IC50", "\t")],
)
def test_names_of_columns_may_go_over_lines(tmp_path, header, label, separator):
    rows = [(f'"CDD-{i}"', y, f'"{text}"') for i, (text, y) in enumerate(PAIRS)]
    content = f"{header}\n{csv_text(rows, separator, None)}".encode()
    task, _ = prepared(tmp_path, content, labels=[label])
    assert task.smiles == CANONICAL and task.labels[:, 0].tolist() == LABELS
    assert read_corpus(tmp_path, content, separator=separator) == (CANONICAL, {})


@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_table_may_have_thousands_of_columns_before_the_wanted_ones(tmp_path, separator):
    descriptors = [f"descriptor_{i}" for i in range(2048)]
    rows = [["0"] * 2048 + [text, str(y)] for text, y in PAIRS]
    lines = [separator.join(row) for row in ([*descriptors, "smiles", "y"], *rows)]
    assert prepared(tmp_path, "\n".join(lines).encode())[0].labels[:, 0].tolist() == LABELS
    rows = [(text, "x" * 12_000, y) for text, y in PAIRS]
    content = csv_text(rows, separator, None).encode()
    assert prepared(tmp_path, content, smiles=0, labels=["2"])[0].labels[:, 0].tolist() == LABELS


@pytest.mark.parametrize(
    ("name", "wanted", "told"),
    [
        ("Y", "y", r"\('y' is there as 'Y'\); change `smiles`, `labels` or `separator`"),
        ("IC50\N{NO-BREAK SPACE}nM", "IC50 nM", r"\('IC50 nM' is there as 'IC50\\xa0nM'\); change"),
        (
            "IC50 (\u03bcM)",
            "IC50 (\u00b5M)",
            r"\('IC50 \(\\xb5M\)' is there as 'IC50 \(\\u03bcM\)'\); change `encoding`, `smiles`",
        ),
        ("z", "y", "the table has: smiles, z; change `smiles`"),
    ],
)
def test_a_column_whose_name_looks_alike_is_told(tmp_path, name, wanted, told):
    with pytest.raises(UserError, match=told):
        prepared(tmp_path, csv_text(header=f"smiles,{name}").encode(), labels=[wanted])
    told = (
        re.escape(f"{ascii(wanted)} is there as {ascii(name)}") if name != "z" else "the header has: smiles, z; change"
    )
    with pytest.raises(UserError, match=told):
        read_corpus(tmp_path, csv_text(header=f"smiles,{name}").encode(), wanted)


def test_rows_of_types_and_units_below_the_header_are_counted(tmp_path):
    pubchem = 'TAG,smiles,y\nRESULT_TYPE,,FLOAT\nRESULT_DESCR,,"Half, max"\nRESULT_UNIT,,MICROMOLAR\n'
    rows = csv_text([(i, *pair) for i, pair in enumerate(PAIRS)], header=None)
    task, summary = prepared(tmp_path, (pubchem + rows).encode())
    assert task.labels[:, 0].tolist() == LABELS and summary["rejected"] == {"empty": 3}
    task, summary = prepared(tmp_path, ("smiles,y\n-,nM\n" + csv_text(header=None)).encode())
    assert task.labels[:, 0].tolist() == LABELS and summary["rejected"] == {"unparsable": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'\xef\xbb\xbf{"smiles": "CO", "y": 1}\n', "a JSON file"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "an XML file"),
        (b"\xef\xbb\xbf<table border='1'><tr><td>smiles</td></tr></table>", "a web page"),
        (b"<meta http-equiv=Content-Type><style>td {}</style><table>", "a web page"),
        (b'<datawarrior-fileinfo>\n<version="3.3">\n', "a DataWarrior file"),
        (b"$RDFILE 1\n$DATM 01/01/26\n", "a file of reactions"),
        (b"$RXN\n\n\n", "a file of reactions"),
    ],
)
def test_exports_of_other_kinds_are_refused_by_name(tmp_path, content, told):
    with pytest.raises(UserError, match=f"this is {told}.*supported: CSV"):
        prepared(tmp_path, content)


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


def test_what_lists_and_dates_of_parquet_hold_is_refused_and_dictionaries_are_read(tmp_path):
    coded = {"smiles": pa.array(SMILES).dictionary_encode(), "y": pa.array(LABELS).dictionary_encode()}
    assert prepared(tmp_path, parquet_of(coded))[0].labels[:, 0].tolist() == LABELS
    for values, example in (([[y] for y in LABELS], r"\[-1.5\]"), (pa.array(range(20), pa.date32()), "1970-01-01")):
        with pytest.raises(UserError, match=f"20 of 20 labels are lost \\(not_a_number 20, for example '{example}'"):
            prepared(tmp_path, parquet_of({"smiles": SMILES, "y": values}))


def test_a_table_that_was_put_behind_another_brings_its_header_as_a_rejected_row(tmp_path):
    parts = [csv_text(PAIRS[:10]).encode(), csv_text(PAIRS[10:]).encode()]
    task, summary = prepared(tmp_path, b"\xef\xbb\xbf".join([b"", *parts]))
    assert task.labels[:, 0].tolist() == LABELS and summary["rejected"] == {"unparsable": 1}
    mac = parts[1].split(b"\n", 1)[1].replace(b"\n", b"\r")
    task, summary = prepared(tmp_path, parts[0] + mac + b"\n")
    assert task.labels[:, 0].tolist() == LABELS[:10] and "for example 'CC(C)=O | 2.2\\r" in summary["warnings"][0]


def test_examples_are_told_where_nothing_can_be_read(tmp_path):
    content = csv_text([(f'="{text}"', f'="{y}"') for text, y in PAIRS]).encode()
    with pytest.raises(UserError, match=r"""20 unparsable, for example '="CO"' in line 2"""):
        prepared(tmp_path, content)
    inchi = [(quoted(Chem.MolToInchi(Chem.MolFromSmiles(text))), y) for text, y in PAIRS]
    with pytest.raises(UserError, match="20 rows whose molecule cannot be read, for example 'InChI=1S/CH4O/c1-2"):
        prepared(tmp_path, csv_text(inchi).encode())
    with pytest.raises(UserError, match=r"'\+' \(10\) cannot be read as two classes \('-' \(10\) count as missing\)"):
        prepared(tmp_path, csv_text([(s, "-+"[i % 2]) for i, s in enumerate(SMILES)]).encode(), kind="classification")
