"""What README.md may say: numbers that stand in a record, commands that exist."""

import csv
import re
from pathlib import Path

import pandas as pd
from clm.pages.marked import MARKED

FREE = re.compile(
    r"`[^`]*`|\]\([^)]*\)|<[^>]+>|arXiv:\S+|Python 3\.\d+(?: to 3\.\d+)?|\bv?\d+\.\d+\.\d+\b|\b[A-Za-z]\w*\d\w*\b"
)
ROWS = "(rows)"  # in place of a column: the number of rows that `where` chooses
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")


def listed_numbers(path: Path) -> list[dict[str, str]]:
    """Return the rows of the list: text, source, where, column, factor, digits.

    text: words of README with the number in them. source: a table below the root. where: `column=value` pairs that
    choose one row, joined by `;`; or column (rows), their number. factor: of the value. digits: after the point.
    """
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def number_fault(root: Path, readme: str, row: dict[str, str]) -> str | None:
    """Return what is wrong with one row of the list, or None."""
    if row["text"] not in " ".join(readme.split()):
        return f"{row['text']!r} is not in the page"
    table = pd.read_csv(root / row["source"], dtype=str, keep_default_na=False)
    for pair in filter(None, row["where"].split(";")):
        name, value = pair.split("=", 1)
        table = table[table[name] == value]
    if row["column"] == ROWS:
        told = str(len(table))
        return None if told in NUMBER.findall(row["text"]) else f"{row['text']!r}: the table has {told} such rows"
    if len(table) != 1:
        return f"{row['text']!r}: {len(table)} rows of {row['source']} where {row['where']}"
    value = float(table[row["column"]].iloc[0]) * float(row["factor"] or 1)
    told = f"{value:,.{int(row['digits'] or 0)}f}"
    return None if told in NUMBER.findall(row["text"]) else f"{row['text']!r}: the table has {told}"


def unlisted_numbers(readme: str, rows: list[dict[str, str]]) -> list[str]:
    """Return the sentences of a page, without its generated block, code and links, with a number that no row lists."""
    text = re.sub(r"^( {4}.*|```.*?```)$", "", MARKED.sub("", readme), flags=re.MULTILINE | re.DOTALL)
    text = " ".join(text.split())
    for row in rows:
        text = text.replace(row["text"], " ")
    text = FREE.sub(" ", text)
    return [text[max(0, found.start() - 40) : found.end() + 20] for found in NUMBER.finditer(text)]


def commands(readme: str) -> list[str]:
    """Return the commands of a page: indented and fenced lines, and code that begins with a tool."""
    lines = re.findall(r"^(?: {4}|)((?:python|snakemake|make|pytest) [^#\n]*)", readme, flags=re.MULTILINE)
    spans = re.findall(r"`((?:python|snakemake|make|pytest) [^`]+)`", readme)
    return [command.strip() for command in dict.fromkeys([*lines, *spans]) if "..." not in command]


def options(command: str) -> list[str]:
    """Return the options of a command."""
    return re.findall(r"(?<= )--[a-z][\w-]*", command)
