"""The page on the protocol names only what exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "PROTOCOL.md").read_text()


def test_every_named_test_exists():
    named = re.findall(r"`((?:unit/\w+|workflow)/test_\w+\.py)::(test_\w+)`", PAGE)
    assert len(named) > 60 and PAGE.count("::test_") == len(named)
    missing = [f"{file}::{name}" for file, name in named
               if not re.search(rf"^def {name}\(", (ROOT / "tests" / file).read_text(), flags=re.M)]  # fmt: skip
    assert missing == []


def test_every_named_module_exists():
    named = re.findall(r"\| `([a-z_]+(?:/\w+)?\.py)` \|", PAGE)
    assert len(named) > 25
    assert [
        name
        for name in named
        if not any((ROOT / "scripts" / at / name).exists() for at in ("", "clm"))
        and not [*(ROOT / "scripts").glob(f"*/{name}")]
    ] == []


def test_every_row_has_a_test_or_says_that_it_is_not_done():
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith(("| ---", "| what", "| def"))
    ]
    assert [row for row in rows if "::test_" not in row and "not done: " not in row] == []
