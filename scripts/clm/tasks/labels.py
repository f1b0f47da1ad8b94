"""The labels of a task's table, column by column; each cell is a value or is counted with a reason."""

import logging
import math
from collections.abc import Mapping, Sequence
from itertools import chain
from statistics import median, quantiles
from typing import Any, NamedTuple

from clm.chemistry.reader.labels import Coding, absent, class_coding, read_class
from clm.chemistry.reader.messages import printable
from clm.chemistry.reader.numbers import LOST, Number, as_bound, chance_units, read_number, unit_of
from clm.chemistry.reader.tables import Row
from clm.provenance.command import UserError
from clm.tasks.beside import relations

EXAMPLES, MOST_NAMES = 10, 3
WARN, STOP = 0.02, 0.2
# A value this many interquartile ranges beyond the quartiles is reported as suspect, but not changed
FAR = 10
HINTS = {
    "decimal_mark": "say decimal: ',' when the comma is the decimal mark, thousands: ',' when it groups digits",
    "word": "check `labels` and `kind`",
    "unit": "change the column to numbers of one unit",
    "formula": "change formulas to their values",
}

log = logging.getLogger(__name__)


class Column(NamedTuple):
    """A label: its values in row order (NaN if missing), the states of its cells, and a note for the user."""

    values: list[float]
    states: list[str]
    qualified: int
    note: str | None


def read_labels(rows: Sequence[Row], settings: Mapping[str, Any], task: str) -> dict[str, Column]:
    """Return the labels of all rows, by name.

    Args:
        rows: of the table.
        settings: `labels`, `kind`; for numbers `decimal`, `thousands`, `censored`, `relation`; for classes `positive`,
            `negative`.
        task: its name, for messages.

    Raises:
        UserError: the classes are ambiguous.
    """
    columns = {label: [row.cells.get(label) for row in rows] for label in settings["labels"]}
    if settings["kind"] == "regression":
        bounds = relations(rows, settings.get("relation"), task)
        return {label: numbers(cells, bounds, label, settings) for label, cells in columns.items()}
    said = [as_list(settings.get(key)) for key in ("positive", "negative")]
    names = ", ".join(f"'{label}'" for label in list(columns)[:MOST_NAMES])
    where = f"task {task}: label{'s' * (len(columns) > 1)} {names}{' ...' * (len(columns) > MOST_NAMES)}"
    coding = class_coding(list(chain.from_iterable(columns.values())), *said, where)
    return {label: classes(cells, coding) for label, cells in columns.items()}


def has_label(cell: object, settings: Mapping[str, Any]) -> bool:
    """Return whether a cell holds a label, in a row whose molecule cannot be read."""
    if settings["kind"] == "classification":
        return not absent(cell)
    return read_number(cell, settings.get("decimal", "."), settings.get("thousands")).state in ("present", "censored")


def classes(cells: Sequence[object], coding: Coding) -> Column:
    """Return a column of classes."""
    found = [read_class(cell, coding) for cell in cells]
    return Column([value for value, _ in found], [state for _, state in found], 0, coding.note)


def numbers(cells: Sequence[object], bounds: Sequence[bool], label: str, settings: Mapping[str, Any]) -> Column:
    """Return a column of numbers; `bounds` states which of them are bounds or estimates by another column."""
    marks = (settings.get("decimal", "."), settings.get("thousands"), settings.get("censored", "missing"))
    read: list[Number] = [read_number(cell, *marks) for cell in cells]
    found = [as_bound(number, marks[2]) if bound else number for number, bound in zip(read, bounds, strict=True)]
    chance = chance_units(cell for cell, number in zip(cells, found, strict=True) if number.state == "unit")
    states = [
        "not_a_number" if number.state == "unit" and unit_of(str(cell)) in chance else number.state
        for cell, number in zip(cells, found, strict=True)
    ]
    qualified = sum(number.qualified for number in found)
    note = f"{label}: {qualified} bounds and estimates" if qualified else None
    return Column([number.value for number in found], states, qualified, note)


def as_list(value: Any) -> list[Any]:
    """Return the value of a setting, which may be one value, a list or absent, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def examples(rows: Sequence[Row], label: str, states: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return for each state without a usable label its number of cells, first rows and lines, and first text."""
    found: dict[str, dict[str, Any]] = {}
    for row, state in zip(rows, states, strict=True):
        if state in LOST:
            told = found.setdefault(
                state, {"count": 0, "rows": [], "lines": [], "text": str(row.cells.get(label))[:80]}
            )
            told["count"] += 1
            if len(told["rows"]) < EXAMPLES:
                told["rows"].append(row.number)
                told["lines"].append(row.line)
    return found


def described(
    column: Column, rows: Sequence[Row], label: str, kind: str, torn: Sequence[Row], unread: Sequence[Row] = ()
) -> dict[str, Any]:
    """Return range, median, suspect values, qualifiers and losses of a label.

    Args:
        column: the label.
        rows: of the same length.
        label: its name.
        kind: regression or classification.
        torn: rows of the table whose number of fields does not match its header.
        unread: rows with this label whose molecule cannot be read.
    """
    known = [(value, row) for value, row in zip(column.values, rows, strict=True) if not math.isnan(value)]
    values = [value for value, _ in known]
    lost = examples(rows, label, column.states)
    count = len(torn) + len(unread) + sum(told["count"] for told in lost.values())
    told: dict[str, Any] = {"lost": count, "lost_fraction": count / max(count + len(values), 1), "reasons": lost}
    rows_lost = [whole_rows(torn, "that do not fit the header"), whole_rows(unread, "whose molecule cannot be read")]
    told["torn"] = "; ".join(filter(None, rows_lost))
    if values:
        told |= {"minimum": min(values), "median": median(values), "maximum": max(values)}
    strange = suspects(values) if kind == "regression" else set()
    found = [{"row": row.number, "line": row.line, "value": value} for value, row in known if value in strange]
    return told | {"qualifiers": column.qualified, "suspect": len(found), "suspect_values": found[:EXAMPLES]}


def whole_rows(rows: Sequence[Row], why: str) -> str:
    """Return the text about rows that are lost with all their labels."""
    return f"{len(rows)} rows {why}, for example '{printable(rows[0].text)}' in line {rows[0].line}" if rows else ""


def suspects(values: Sequence[float]) -> set[float]:
    """Return values that lie FAR interquartile ranges beyond the quartiles."""
    if len(values) < 4:
        return set()
    low, _, high = quantiles(values, n=4, method="inclusive")
    reach = FAR * (high - low)
    return {value for value in values if reach and not low - reach <= value <= high + reach}


def warnings_of(told: Mapping[str, Any], label: str, total: int, settings: Mapping[str, Any], task: str) -> list[str]:
    """Return the warnings about a label.

    Raises:
        UserError: values have units, or more labels are lost than allowed (`max_lost_labels`, by default 0.2).
    """
    reasons, most = told["reasons"], settings.get("max_lost_labels", STOP)
    shown = "; ".join(
        f"{state} {found['count']}, for example '{printable(found['text'])}' in line {found['lines'][0]}"
        for state, found in sorted(reasons.items(), key=lambda item: -item[1]["count"])
    )
    shown = "; ".join(filter(None, [shown, told["torn"]]))
    unusable = told["lost"] - reasons.get("censored", {}).get("count", 0)
    share = unusable / max(told["lost"] + total, 1)
    text = f"label '{label}': {told['lost']} of {told['lost'] + total} labels are lost ({shown})"
    if "unit" in reasons and most < 1:
        unit = unit_of(reasons["unit"]["text"])
        raise UserError(f"task {task}: {text}; a unit ({printable(unit)}) among numbers: {HINTS['unit']}")
    if share > most:
        hint = next((HINTS[state] for state in HINTS if state in reasons), "mend the table, or check `smiles`")
        raise UserError(
            f"task {task}: {text}, more than tasks.{task}.max_lost_labels ({most:g}) allows; {hint}, or raise it"
        )
    found = [text] if told["lost_fraction"] > settings.get("warn_lost_labels", WARN) else []
    if told["suspect"]:
        first = told["suspect_values"][0]
        found.append(
            f"label '{label}': {told['suspect']} suspect values, the first {first['value']:g} in line {first['line']}, "
            f"where the median is {told['median']:g}"
        )
    return found
