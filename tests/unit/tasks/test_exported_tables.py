"""Tables as databases, notebooks and instruments export them: read as meant, or refused with the reason."""

import re
from collections import Counter

import pyarrow as pa
import pytest
from clm.chemistry.sources import smiles_rows
from clm.chemistry.standardize import standardizer
from clm.provenance.command import UserError
from own_tables import CANONICAL, LABELS, SMILES, csv_text, parquet_of, prepared
from rdkit import Chem
from spreadsheet_files import xlsx

PAIRS = list(zip(SMILES, LABELS, strict=True))
BLOCKS = [Chem.MolToMolBlock(Chem.MolFromSmiles(text)) for text in SMILES]
STANDARD = {"max_characters": 200, "largest_fragment": False, "neutralize": False}


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
