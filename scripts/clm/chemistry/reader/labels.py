"""Read class labels: by the values that the user names, or by a pair of values that is unambiguous."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from clm.chemistry.reader.messages import listed, printable
from clm.chemistry.reader.numbers import ERRORS, is_missing
from clm.provenance.command import UserError

# (negative, positive): recognized without configuration when no other value occurs
PAIRS = (
    ("0", "1"),
    ("-1", "1"),
    ("1", "2"),
    ("false", "true"),
    ("f", "t"),
    ("no", "yes"),
    ("n", "y"),
    ("inactive", "active"),
    ("negative", "positive"),
    ("neg", "pos"),
    ("non-active", "active"),
    ("not active", "active"),
    ("non-toxic", "toxic"),
    ("nontoxic", "toxic"),
    ("non-mutagenic", "mutagenic"),
)


class Coding(NamedTuple):
    """The values that count as 1 and as 0, and a note about them for the user (None for 0 and 1)."""

    positive: frozenset[str]
    negative: frozenset[str]
    note: str | None


def normal(cell: object) -> str:
    """Return a cell normalized for comparison: case and blanks are ignored, 1.0 equals 1."""
    if isinstance(cell, bool):
        return str(cell).lower()
    text = " ".join(str(cell).lower().replace("\N{MINUS SIGN}", "-").split())
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return text
    return str(int(value)) if math.isfinite(value) and value == int(value) else text


def empty(cell: object) -> bool:
    """Return whether a cell is empty, so that it cannot name a class whatever the configuration."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or not str(cell).strip()


def absent(cell: object) -> bool:
    """Return whether a cell names no class: it is empty, marked as missing, or holds a spreadsheet error."""
    return is_missing(cell) or (isinstance(cell, str) and cell.strip().lower() in ERRORS)


def class_coding(cells: Sequence[object], positive: Sequence[object], negative: Sequence[object], where: str) -> Coding:
    """Return the coding of the classes of a task; labels share it, or 1 could be yes in one and no in another.

    Args:
        cells: of all label columns.
        positive: values that count as 1 by configuration; if empty, a pair in PAIRS is used.
        negative: values that count as 0, likewise; if empty, the only other value.
        where: task and labels, for messages.

    Raises:
        UserError: it is unclear which values are positive; the message lists the values.
    """
    if positive:
        return said(cells, frozenset(map(normal, positive)), frozenset(map(normal, negative)), where)
    found = Counter(normal(cell) for cell in cells if not absent(cell))
    names = set(found)
    fitting = [pair for pair in PAIRS if names <= set(pair)]
    if not names or names <= {"0", "1"}:
        return Coding(frozenset({"1"}), frozenset({"0"}), None)
    if len(fitting) != 1 and len(names) > 1 or not fitting or names == {"1"} or names == {"-1"} or names == {"2"}:
        left = Counter(normal(cell) for cell in cells if absent(cell) and not empty(cell))
        missing = f" ({shown(left)} count as missing)" if left else ""
        raise UserError(
            f"{where}: {shown(found)} cannot be read as two classes{missing}; name the values that mean yes as "
            "`positive` and those that mean no as `negative`, or check `kind`"
        )
    low, high = fitting[0]
    return Coding(frozenset({high}), frozenset({low}), f"{where.split(': ')[-1]}: {high} is read as 1, {low} as 0")


def said(cells: Sequence[object], positive: frozenset[str], negative: frozenset[str], where: str) -> Coding:
    """Return the configured coding; a class that is not configured is the one remaining value."""
    there = Counter(normal(cell) for cell in cells if not empty(cell))
    found = Counter({name: there[name] for name in there if name in positive | negative or not absent(name)})
    check_said(found, there - found, positive, negative, where)
    chosen = negative or frozenset(set(found) - positive)
    return Coding(positive, chosen, f"{where.split(': ')[-1]}: {', '.join(sorted(positive))} is read as 1, "
                  f"{', '.join(sorted(chosen)) or 'nothing'} as 0")  # fmt: skip


def check_said(
    found: Counter[str], missing: Counter[str], positive: frozenset[str], negative: frozenset[str], where: str
) -> None:
    """Raise UserError if the configured values do not determine what is 1 and what is 0.

    Args:
        found: values of the labels.
        missing: the other values, which mean missing, such as `-`.
        positive: values configured to count as 1.
        negative: values configured to count as 0, or none.
        where: task and labels.
    """
    ones, others = ", ".join(sorted(positive)), Counter({k: found[k] for k in found if k not in positive})
    if positive & negative:
        both = listed(sorted(positive & negative))
        raise UserError(f"{where}: {both} is both in `positive` and in `negative`; change one of them")
    if not positive & set(found) and found:
        raise UserError(
            f"{where}: no label is {' or '.join(sorted(positive))}, there are {shown(found)}; change `positive`"
        )
    if not negative and len(others) > 1:
        raise UserError(
            f"{where}: beside {ones} there are {shown(others)}; name those that count as 0 as `negative` (the others "
            "count as missing)"
        )
    if not negative and not others and missing:
        raise UserError(
            f"{where}: beside {ones} there are only {shown(missing)}, which count as missing; name those that count as "
            "0 as `negative`"
        )


def shown(found: Counter[str], most: int = 6) -> str:
    """Return the most frequent values with their counts."""
    parts = [
        f"'{printable(value, 20)}' ({count})" for value, count in sorted(found.items(), key=lambda i: (-i[1], i[0]))
    ]
    return ", ".join(parts[:most]) + (f" and {len(parts) - most} more values" if len(parts) > most else "")


def read_class(cell: object, coding: Coding) -> tuple[float, str]:
    """Return (0 or 1, present), or NaN and the reason: missing, spreadsheet_error or other_class."""
    value = "" if empty(cell) else normal(cell)
    if value in coding.positive:
        return 1.0, "present"
    if value in coding.negative:
        return 0.0, "present"
    if is_missing(cell):
        return math.nan, "missing"
    return math.nan, "spreadsheet_error" if absent(cell) else "other_class"
