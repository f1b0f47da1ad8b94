"""Random tables as pandas writes them, in every container, mark and encoding: the same molecules and labels come back.

CLM_EXAMPLES sets how many tables are tried (`make soak`: 2000).
"""

import csv
import io
import os

import numpy as np
import pandas as pd
from clm.chemistry.identity import canonical_smiles
from clm.provenance.command import UserError
from counts import told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_tables import CONTAINERS, SMILES, prepared
from spreadsheet_files import ods, xlsx

EXAMPLES = int(os.environ.get("CLM_EXAMPLES", "200"))
MOLECULES = [
    *SMILES,
    "*CC(*)C#N",
    "N->[Pt](<-N)(Cl)Cl",
    "C[Si](C)(C)C",
    "[13CH4]",
    "C1CC1",
    "OB(O)c1ccccc1",
    "CCCCCCCC",
]
CANONICAL = {text: canonical_smiles(text) for text in MOLECULES}
CLASSES = [("0", "1"), ("-1", "1"), ("1", "2"), ("False", "True"), ("no", "YES"), ("inactive", "Active")]
NAMES = st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), max_size=12)
LINES = st.lists(NAMES, max_size=3).map("\n".join)


@st.composite
def tables(draw):
    """Return a table (smiles, name, y) and whether its labels are classes; None where a label is missing."""
    chosen = draw(st.lists(st.sampled_from(MOLECULES), min_size=12, max_size=30))
    pair = draw(st.none() | st.sampled_from(CLASSES))
    size = len(chosen)
    if pair:
        labels = draw(st.lists(st.sampled_from(pair), min_size=size, max_size=size))
        labels[:2] = pair
    else:
        numbers = st.floats(-1e6, 1e6, width=32) | st.integers(-(10**6), 10**6).map(float)
        labels = draw(st.lists(numbers, min_size=size, max_size=size))
    empty = draw(st.lists(st.integers(0, size - 11), max_size=1))
    labels = [None if i in empty else label for i, label in enumerate(labels)]
    names = draw(st.lists(LINES, min_size=size, max_size=size))
    return pd.DataFrame({"smiles": chosen, "name": names, "y": labels}), pair


@st.composite
def written(draw):
    """Return the bytes of a table, how it is to be read, the table, its classes, and if its marks clash."""
    frame, pair = draw(tables())
    frame = frame[draw(st.permutations(list(frame.columns)))]
    how, clash = {"kind": "classification" if pair else "regression"}, False
    form = draw(st.sampled_from(["csv"] * 6 + ["parquet", "xlsx", "ods"]))
    if form == "parquet":
        out = io.BytesIO()
        frame.to_parquet(out, index=False)
        content = out.getvalue()
    elif form == "csv":
        content, marks, clash = draw(delimited(frame, pair))
        how |= marks
    else:
        rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
        rows = [list(frame.columns), *[[text(cell) for cell in row] for row in rows]]
        content = xlsx({"a": rows}) if form == "xlsx" else ods(rows)
    return CONTAINERS[draw(st.sampled_from(list(CONTAINERS)))](content), how, frame, pair, clash


@st.composite
def delimited(draw, frame, pair):
    """Return the bytes of a delimited text, how it is to be read, and if its marks clash."""
    separator, decimal = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(".,"))
    thousands = None if pair else draw(st.none() | st.sampled_from([mark for mark in ".,' " if mark != decimal]))
    if thousands:
        frame = frame.assign(y=[None if np.isnan(y) else grouped(y, decimal, thousands) for y in frame["y"]])
    content = frame.to_csv(
        sep=separator,
        decimal=decimal,
        index=False,
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]))
    how = {"decimal": decimal} | ({"thousands": thousands} if thousands else {})
    how |= draw(st.sampled_from([{}, {"separator": separator}])) | draw(st.sampled_from([{}, {"encoding": encoding}]))
    return content.encode(encoding, "replace"), how, separator == decimal


def grouped(number, decimal, thousands):
    """Return a number with marks between groups of three digits."""
    return f"{number:,}".translate({ord("."): decimal, ord(","): thousands})


def text(cell):
    """Return a cell that a spreadsheet can hold: none of XML's forbidden characters."""
    return "".join(letter for letter in cell if letter >= " " or letter == "\n") if isinstance(cell, str) else cell


def test_what_pandas_writes_is_what_is_read(tmp_path):
    counts = {"read": 0, "refused": 0}

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(written())
    def tried(table):
        content, how, frame, pair, clash = table
        if clash:
            counts["refused"] += 1
            try:
                prepared(tmp_path, content, **how)
            except UserError as error:
                assert "cannot be told apart" in str(error)
                return
            raise AssertionError("read although numbers and columns cannot be told apart")
        task, summary = prepared(tmp_path, content, **how)
        known = frame[frame["y"].notna()]
        assert task.smiles == [CANONICAL[smiles] for smiles in known["smiles"]]
        right = [float(pair.index(label)) for label in known["y"]] if pair else known["y"].astype(float).to_list()
        np.testing.assert_array_equal(task.labels[:, 0], right)
        assert summary["read"] == len(frame) and set(summary["rejected"]) <= {"no_label"}
        counts["read"] += 1

    tried()
    assert counts["read"] > 0.7 * EXAMPLES
    told("inputs", tables_of_pandas=sum(counts.values()))
