"""Every spelling of numbers and of classes, read by the stated rule or given the reason why not."""

import math

import pytest
from clm.chemistry.reader.labels import class_coding, read_class
from clm.chemistry.reader.numbers import read_number, unit_of
from clm.provenance.command import UserError


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value"),
    [
        ("4,7", ",", None, 4.7),
        ("-4,7e-3", ",", None, -0.0047),
        ("1.234,5", ",", ".", 1234.5),
        ("1,234,567.5", ".", ",", 1234567.5),
        ("12 345,6", ",", " ", 12345.6),
        ("1'234.5", ".", "'", 1234.5),
        ("1234.5", ".", ",", 1234.5),
        ("+.5", ".", None, 0.5),
        (" 3 ", ",", ".", 3.0),
        (4.7, ",", ".", 4.7),
        (3, ".", ",", 3.0),
    ],
)
def test_marks_are_those_that_are_told(text, decimal, thousands, value):
    assert read_number(text, decimal, thousands) == (value, "present", False)


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "state"),
    [
        ("4,7", ".", None, "decimal_mark"),
        ("4.7", ",", None, "decimal_mark"),
        ("1,5", ".", ",", "decimal_mark"),
        ("12.34", ",", ".", "decimal_mark"),
        ("1,2345", ".", ",", "decimal_mark"),
        ("1,234,5", ".", ",", "not_a_number"),
        ("5 nM", ".", None, "unit"),
        ("0.3uM", ".", None, "unit"),
        ("50%", ".", None, "unit"),
        ("4,7 µM", ",", None, "unit"),
        (">10 mg/L", ".", None, "unit"),
        ("5-10", ".", None, "range"),
        ("1.2±0.3", ".", None, "range"),
        ("1.2 (0.3)", ".", None, "range"),
        ("active", ".", None, "word"),
        (True, ".", None, "word"),
        ("=B2*2", ".", None, "formula"),
        ("@SUM(A1)", ".", None, "formula"),
        ("#REF!", ".", None, "spreadsheet_error"),
        ("-Infinity", ".", None, "infinite"),
        (math.inf, ".", None, "infinite"),
        ("2024-05-01", ".", None, "not_a_number"),
    ],
)
def test_what_is_no_number_has_its_reason(text, decimal, thousands, state):
    found = read_number(text, decimal, thousands)
    assert found.state == state and math.isnan(found.value)


@pytest.mark.parametrize(
    "text", ["", " ", "NA", "n/a", "N.D.", "nd", "not determined", "-", "?", "#N/A", "None", None, math.nan]
)
def test_words_for_nothing_are_missing(text):
    assert read_number(text).state == "missing"


@pytest.mark.parametrize(
    ("text", "bound"),
    [(">10", 10), ("< 0.1", 0.1), (">=5", 5), ("≤2.5", 2.5), ("~7", 7), ("ca. 3", 3), (">>100", 100), (">-4", -4)],
)
def test_bounds_are_missing_or_their_value_on_request(text, bound):
    assert read_number(text).state == "censored" and read_number(text).qualified
    assert read_number(text, censored="value") == (bound, "present", True)


def test_units_are_named():
    assert (unit_of("5 nM"), unit_of(">0.3uM"), unit_of("50 %")) == ("nM", "uM", "%")


@pytest.mark.parametrize(
    ("low", "high"),
    [
        *[("0", "1"), ("-1", "1"), ("1", "2"), ("0.0", "1.0"), ("-1.0", "+1"), (0, 1), (-1.0, 1.0), (False, True)],
        *[("FALSE", "TRUE"), ("false", "True"), ("F", "T"), ("no", "yes"), ("N", "Y"), ("Inactive", "ACTIVE")],
        *[("negative", "positive"), ("neg", "pos"), ("non-toxic", "toxic"), (" not  active", "active ")],
    ],
)
def test_pairs_that_can_mean_nothing_else_are_recognized_and_told(low, high):
    coding = class_coding([low, high, "", "NA", None], [], [], "task own: label 'y'")
    assert [read_class(cell, coding)[0] for cell in (low, high)] == [0.0, 1.0]
    assert read_class("n.d.", coding)[1] == "missing"
    assert (coding.note is None) == ({str(low), str(high)} <= {"0", "1", "0.0", "1.0"})


@pytest.mark.parametrize(
    "cells",
    [
        *[
            [-1, 0, 1],
            ["0", "1", "2"],
            ["-1"],
            ["2"],
            ["yes", "false"],
            ["1", "TRUE"],
            ["active", "inactive", "unclear"],
        ],
        *[["A", "B"], ["0", "1", ">1"], ["0.3", "1.7", "2.2"], ["+", "-"], ["1", "3"], ["0", "1", "5 nM"]],
    ],
)
def test_other_codings_are_refused_with_the_values_found(cells):
    with pytest.raises(UserError, match=r"label 'y': '.*' \(\d\).* cannot be read as two classes") as error:
        class_coding(cells * 2, [], [], "task own: label 'y'")
    assert all(f"'{str(cell).lower()}' (2)" in str(error.value) for cell in cells if cell != "-")


def test_said_classes_count_and_the_others_are_lost():
    cells = ["active", "inactive", "unclear", "Active", "1", ""]
    coding = class_coding(cells, ["active", 1], ["inactive"], "task own: label 'y'")
    assert [read_class(cell, coding)[1] for cell in cells] == ["present"] * 2 + ["other_class"] + ["present"] * 2 + [
        "missing"
    ]
    assert [read_class(cell, coding)[0] for cell in ("active", "1.0", "inactive")] == [1, 1, 0]
    assert "1, active is read as 1, inactive as 0" in coding.note
    with pytest.raises(UserError, match="beside 1, active there are 'inactive'.*'unclear'.*`negative`"):
        class_coding(cells, ["active", 1], [], "task own: label 'y'")
    with pytest.raises(UserError, match="no label is blue, there are 'active'"):
        class_coding(cells, ["blue"], [], "task own: label 'y'")
