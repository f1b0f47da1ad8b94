"""docs/FINDINGS.md: every number stands in a table of a record, and every record that it names is there."""

import re
from pathlib import Path

from readme_checks import listed_numbers, number_fault, unlisted_numbers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "FINDINGS.md").read_text()
NUMBERS = listed_numbers(ROOT / "reference" / "findings_numbers.csv")


def test_listed_numbers_stand_in_their_tables():
    assert [fault for row in NUMBERS if (fault := number_fault(ROOT, PAGE, row))] == []


def test_no_number_is_without_a_source():
    assert unlisted_numbers(PAGE, NUMBERS) == []


def test_tables_that_are_cited_exist():
    cited = set(re.findall(r"`(reference/[\w/.]+)`", PAGE))
    assert cited and [path for path in cited if not (ROOT / path).exists()] == []
    assert {row["source"] for row in NUMBERS} <= cited
