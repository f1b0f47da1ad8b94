"""Tables of users as hypothesis imagines them: every row is accounted for, or one short line says what is wrong.

CLM_EXAMPLES sets how many tables of each kind are tried (`make soak`: many; by default some seconds' worth).
"""

import csv
import io
import os
import re
import string

import numpy as np
import pytest
from clm.chemistry.reader.messages import listed
from clm.chemistry.reader.numbers import read_number
from clm.chemistry.reader.tables import open_table
from clm.provenance.command import UserError
from clm.provenance.files import read_json
from clm.tasks.table import load_task
from clm.transfer.external import table_features
from counts import told
from gather_corpus import gather_corpus
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from prepare_task import prepare_task

EXAMPLES = int(os.environ.get("CLM_EXAMPLES", "150"))
seconds = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
SMILES = ["CCO", "c1ccccc1", "C[C@H](N)C(=O)O", "[Na+].[Cl-]", "CC(=O)O", "CCN", "CCCl", "C1CCCCC1", "CCBr", "CCF"]
NUMBERS = ["1", "-2.5", "1e-3", "1_0", "١٢", "1,5", "−3", "+4", "0x1F", "1e999", "-inf", "NaN", "<5", "1.", "1d3"]
ODD = [
    "",
    '"',
    '""',
    "=1+1",
    "@SUM(A1)",
    "\x00",
    "CC\rname",
    "CC\nname",
    "é",
    "🧪",
    "\ufeff",
    "C" * 2500,
    "x" * 200_000,
]
ODD += ["'; DROP TABLE", "${HOME}", "\x1b[2J", "\u2028", " ", "#", "CC name"]
CELLS = st.one_of(st.sampled_from(SMILES), st.sampled_from(NUMBERS), st.sampled_from(ODD), st.text(max_size=8))
HEADERS = st.lists(st.one_of(st.sampled_from(["mol", "y", "z", ""]), CELLS), max_size=6)
TASK = {"name": "own", "kind": "regression", "smiles": "mol", "labels": ["y"]}


@st.composite
def tables(draw):
    """Return the bytes of a table: usable rows among odd ones, quoted well or not at all, now and then damaged."""
    separator, end = draw(st.sampled_from(",,,;\t")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    header = draw(st.sampled_from([["mol", "y"], ["y", "z", "mol"], ["mol", "y", "mol"], None])) or draw(HEADERS)
    usable = [dict.fromkeys(header, "1") | {"mol": text, "y": str(i)} for i, text in enumerate(SMILES)]
    rows = [[row[name] for name in header] for row in usable * draw(st.sampled_from([2, 1, 0]))]
    for row in draw(st.lists(st.lists(CELLS, max_size=5), max_size=12)):
        rows.insert(draw(st.integers(0, len(rows))), row)
    if draw(st.sampled_from([True, True, False])):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([header, *rows])
        content = text.getvalue()
    else:
        content = end.join(separator.join(row) for row in [header, *rows])
    raw = content.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])), errors="replace")
    for at in draw(st.one_of(st.just([]), st.lists(st.integers(0, max(len(raw) - 1, 0)), max_size=3))):
        raw = raw[:at] + draw(st.binary(max_size=2)) + raw[at + 1 :]
    return raw


def one_line(error):
    """Whether a message is short enough to be read and has no character that could play with a terminal."""
    return len(str(error)) < 2500 and str(error).isprintable()


def prepared(folder, content):
    """Prepare the task of a table and return why it was refused, or nothing when every row is accounted for."""
    source, out = folder / "own table é.csv", folder / "molecules.csv"
    source.write_bytes(content)
    try:
        prepare_task(source, TASK, out, folder / "summary.json")
    except UserError as error:
        assert one_line(error), repr(error)
        return str(error)
    counts, task = read_json(folder / "summary.json"), load_task(out, ["y"])
    with open_table(source, ["mol", "y"]) as table:
        there = list(table.rows)
    assert counts["read"] == len(there) == counts["kept"] + sum(counts["rejected"].values())
    assert len(task.rows) == counts["kept"] == counts["labels"]["y"]["present"] >= 10
    assert (np.diff(task.rows) > 0).all() and task.rows[-1] < counts["read"] and np.isfinite(task.labels).all()
    assert all(text and text[0] not in "=+-@" for text in [*task.smiles, *task.source_smiles])
    return None


def test_rows_of_any_table_are_kept_or_rejected_or_it_is_refused_in_one_line(tmp_path):
    reasons, tried_tables = set(), 0

    @seconds
    @given(tables())
    @example(b"mol,y\n" + b"CC\x0bname,1\n" * 20)
    def tried(content):
        nonlocal tried_tables
        tried_tables += 1
        reason = prepared(tmp_path, content)
        reasons.add(reason and re.sub(r".*?: |[0-9]+|'.*|\(.*", "", reason))

    tried()
    assert None in reasons and len(reasons) > 5, reasons  # of each outcome there is some
    told("inputs", tables_of_tasks=tried_tables)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'mol,y\n"CCO,1\n' + b"CCN,2\n" * 20, "line 2: a quote is opened and not closed"),
        (b"mol,y,y\n" + b"CCO,1,2\n" * 20, "several columns are called y; rename"),
        (b"mol:y\n" + b"CCO:1\n" * 20, "the table has: mol:y; change .* or `separator`"),
        ("mol,y\nCCO,1\n".encode("utf-16"), "1 usable molecules of 1 rows"),
        (b"mol,\x1b[2J\nCCO,1\n", r"the table has: mol, \\x1b\[2J;"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(tmp_path, content, expected):
    assert re.search(expected, prepared(tmp_path, content) or "prepared")


@settings(seconds, max_examples=EXAMPLES // 2)
@given(tables(), st.sampled_from(["mol", 0, 1]), st.sampled_from([",", "\t", ";"]))
def test_a_corpus_has_a_row_for_each_line(tmp_path, content, column, separator):
    """A line is a row, kept or counted, but for quoted fields of several lines; nothing is lost."""
    source = tmp_path / "own.csv"
    source.write_bytes(content)
    reading = {
        "column": column,
        "separator": separator,
        "sample_fraction": 1,
        "files": [{"source": "a", "member": None}],
    }
    try:
        gather_corpus([source], reading, tmp_path / "rows.parquet", tmp_path / "counts.json")
    except UserError as error:
        assert one_line(error), repr(error)
        return
    counts = read_json(tmp_path / "counts.json")
    assert counts["read"] == counts["kept"] + sum(counts["rejected"].values())
    marked = content[:3] == b"\xef\xbb\xbf" or content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if b'"' not in content and not marked and b"\0" not in content:
        lines = content.split(b"\n" if b"\n" in content else b"\r")
        assert counts["read"] == max(len(lines) - (lines[-1] == b"") - isinstance(column, str), 0)


@settings(seconds, max_examples=EXAMPLES // 2)
@given(tables(), st.sampled_from([".csv", ".parquet", ".npy"]))
def test_embeddings_are_finite_numbers_for_each_molecule_or_refused_in_one_line(tmp_path, content, suffix):
    path = tmp_path / f"own{suffix}"
    path.write_bytes(content.replace(b"mol", b"smiles"))
    path.with_suffix(".smi").write_text("\n".join(SMILES))
    try:
        found = table_features(["CCO", "CCN"], path, "own")
    except UserError as error:
        assert one_line(error), repr(error)
    else:
        assert found.shape[0] == 2 and np.isfinite(found).all()


@pytest.mark.parametrize(("values", "expected"), [(np.ones(2), "shape"), (np.ones((1, 3)), "2 SMILES"),
                                              (np.full((2, 3), np.nan), "finite")])  # fmt: skip
def test_arrays_that_do_not_fit_their_molecules_are_refused(tmp_path, values, expected):
    np.save(tmp_path / "e.npy", values)
    (tmp_path / "e.smi").write_text("CCO\nCCN\n")
    with pytest.raises(UserError, match=expected):
        table_features(["CCO"], tmp_path / "e.npy", "e")


@pytest.mark.parametrize(
    ("text", "state"),
    [("1_0", "not_a_number"), ("١٢", "not_a_number"), ("１", "not_a_number"), ("−3", "present")]
    + [("0x1F", "not_a_number"), ("1,5", "decimal_mark"), ("=1+1", "formula"), ("9" * 400, "infinite")]
    + [("\xa01.5 ", "present"), ("+4", "present"), (".5", "present"), ("1.E-3", "present"), (" N/A ", "missing")],
)
def test_numbers_are_what_a_table_means_by_them(text, state):
    assert read_number(text).state == state


def test_names_of_a_file_are_few_short_and_harmless_in_a_message():
    shown = listed(["\x1b[2J", "a\nb", "x" * 10**6, *string.ascii_letters])
    assert shown.isprintable() and len(shown) < 500 and shown.endswith("and 35 more")
    assert listed(["mol", "µM"]) == "mol, µM"
