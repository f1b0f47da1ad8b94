"""Parse numbers in tables, with the reason when a cell is not a number."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

MISSING = {
    *("", "na", "n/a", "n.a.", "nan", "none", "null", "nil", "missing", "unknown", "-", "--", "?", ".", "*"),
    *("nd", "n.d.", "n/d", "n.d", "nt", "n.t.", "n/t", "not determined", "not tested", "not available", "not measured"),
    *("#n/a", "<na>", "n.a", "not applicable", "\\n", "\N{MINUS SIGN}", "\N{EN DASH}", "\N{EM DASH}"),
}
ERRORS = {"#value!", "#ref!", "#div/0!", "#num!", "#name?", "#null!", "#getting_data", "#spill!", "#calc!"}
QUALIFIER = re.compile(r"^(>=|<=|>>|<<|=>|=<|[<>~≥≤≈≲≳]|ca\.?|approx\.?|about)\s*", re.IGNORECASE)
EQUAL = re.compile(r"=\s*[+-]?[\d.,' ]+(?:[eE][+-]?\d+)?", re.ASCII)  # a relation, or a formula of one number
PLAIN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
NUMBER = re.compile(PLAIN, re.ASCII)
UNIT = re.compile(rf"({PLAIN})\s*([%°µμÅa-zA-Z][^\d,;]*[\d+-]*)", re.ASCII)
RANGE = re.compile(rf"{PLAIN}\s*(?:-|–|to|±|\+/-|\()\s*{PLAIN}\s*\)?", re.ASCII)
# Hexadecimal and Fortran's numbers, and powers of ten written out
NO_UNIT = re.compile(r"0[xX][0-9a-fA-F]+|\d+[dD]\d+|[\d.+-]+\s*[xX]\s*10\^?[+-]?\d+")
# Units recognized in a single cell; any other text after a number counts as a unit if it occurs more than once
USUAL_UNIT = re.compile(
    r"[%‰°Å]|[gL]/|(?:[fpnuµμm]?M|[fpnuµμmk]?mol|[npuµμmk]g|[nuµμm]L|[kMG]?Da|k?cal|[km]?J|[mk]?eV|mV|ppm|ppb|min|hrs?"
    r"|hours?|days?|log|fold|molar)(?![a-z])"
)
BLANKS = re.compile("[\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}]")  # group digits as a blank does
FORMULA = ("=", "@", "+", "-")
LOST = (
    *("not_a_number", "infinite", "unit", "range", "formula", "spreadsheet_error", "decimal_mark", "word"),
    *("other_class", "censored"),
)


class Number(NamedTuple):
    """A value (NaN if there is none), the state of its cell, and whether it is a bound or an estimate."""

    value: float
    state: str
    qualified: bool = False


def is_missing(cell: object) -> bool:
    """Return whether a cell marks a missing value."""
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING)


def read_number(cell: object, decimal: str = ".", thousands: str | None = None, censored: str = "missing") -> Number:
    """Return the number of a cell.

    Args:
        cell: text, or a number from a typed file (spreadsheet, Parquet), to which the marks do not apply.
        decimal: the decimal mark.
        thousands: mark between groups of three digits, or None.
        censored: what a bound such as `>10` counts as: `missing`, or `value` for the bound itself.
    """
    if is_missing(cell):
        return Number(math.nan, "missing")
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return Number(math.nan, "word")
    if not isinstance(cell, str):
        value = float(cell)
        return Number(value, "present") if math.isfinite(value) else Number(math.nan, "infinite")
    text = cell.strip().replace("\N{MINUS SIGN}", "-")
    if EQUAL.fullmatch(text):
        text = text[1:].lstrip()
    if text.lower() in ERRORS:
        return Number(math.nan, "spreadsheet_error")
    bound = QUALIFIER.match(text)
    bare = text[bound.end() :] if bound else text
    found = unmarked(bare, decimal, thousands)
    value = float(found) if found is not None else math.nan
    if found is None:
        return Number(math.nan, reason_for(bare, decimal), bool(bound))
    if not math.isfinite(value):
        return Number(math.nan, "infinite", bool(bound))
    if bound and censored == "missing":
        return Number(math.nan, "censored", True)
    return Number(value, "present", bool(bound))


def as_bound(number: Number, censored: str = "missing") -> Number:
    """Return a number as a bound or an estimate, as the relation (such as `>`) in a separate column states."""
    if number.state != "present" or number.qualified:
        return number
    return Number(number.value, "present", True) if censored == "value" else Number(math.nan, "censored", True)


def unmarked(text: str, decimal: str, thousands: str | None) -> str | None:
    """Return a number in Python's notation, or None if the text is not a number with these marks."""
    text = BLANKS.sub(" ", text) if thousands == " " else text
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'") if thousands == "'" else text
    if thousands and thousands in text:
        whole, _, rest = text.partition(decimal)
        head = whole.lstrip("+-")
        groups = head.split(thousands)
        well = len(groups[0]) in (1, 2, 3) and all(len(group) == 3 for group in groups[1:])
        if not (well and all(group.isdigit() for group in groups)) or thousands in rest:
            return None
        text = whole.replace(thousands, "") + (decimal + rest if rest else "")
    if decimal != ".":
        if "." in text:
            return None
        text = text.replace(decimal, ".")
    return text if NUMBER.fullmatch(text) or text.lower().strip("+-") in ("inf", "infinity") else None


def reason_for(text: str, decimal: str) -> str:
    """Return the reason why a text is not a number."""
    other = "," if decimal == "." else "."
    if re.fullmatch(PLAIN, text.replace(other, ".", 1), re.ASCII) and other in text:
        return "decimal_mark"
    if RANGE.fullmatch(text.replace(decimal, ".")):
        return "range"
    bare = text.replace(decimal, ".")
    if UNIT.fullmatch(bare) and not NO_UNIT.fullmatch(bare):
        return "unit"
    if text.startswith(FORMULA) and not NUMBER.match(text):
        return "formula"
    return "word" if text.isascii() and text.replace(" ", "").replace("-", "").isalpha() else "not_a_number"


def chance_units(cells: Iterable[object]) -> set[str]:
    """Return the texts after a number that occur in one cell only and are no usual unit: footnotes, not units."""
    found = Counter(unit_of(str(cell)) for cell in cells)
    return {unit for unit, count in found.items() if count == 1 and not USUAL_UNIT.match(unit)}


def unit_of(text: str) -> str:
    """Return the unit after a number."""
    found = UNIT.fullmatch(QUALIFIER.sub("", text.strip().replace("\N{MINUS SIGN}", "-")).replace(",", "."))
    return found.group(2).strip() if found else text
