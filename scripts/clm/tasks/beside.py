"""Other columns that qualify the labels: relations such as `>`, or units.

Databases (ChEMBL, PubChem, company databases) export a bound such as `>10` in two columns and units in a third.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clm.chemistry.reader.messages import printable
from clm.chemistry.reader.numbers import is_missing
from clm.chemistry.reader.tables import Row
from clm.provenance.command import UserError

EXACT = frozenset({"=", "=="})
BOUNDS = frozenset({">", "<", ">=", "<=", "=>", "=<", ">>", "<<", "~", "≥", "≤", "≈", "≫", "≪"})
UNITS = re.compile(r"(?:^|[\s_.-])units?(?:$|[\s_.\-(])|Units?$", re.IGNORECASE)


def relation_of(cell: object) -> str:
    """Return a relation without surrounding blanks and apostrophes; `=` if there is none."""
    text = "" if is_missing(cell) else str(cell).strip().strip("'\"").strip()
    return "=" if not text or text in EXACT else text


def relations(rows: Sequence[Row], column: str | int | None, task: str) -> list[bool]:
    """Return for each row whether its relation makes the label a bound or an estimate.

    Args:
        rows: of the table.
        column: name or position of the column with the relations; None if all labels are exact.
        task: its name, for messages.

    Raises:
        UserError: a cell of the column is not a relation.
    """
    found = ["=" if column is None else relation_of(row.cells[str(column)]) for row in rows]
    for row, relation in zip(rows, found, strict=True):
        if relation != "=" and relation not in BOUNDS:
            raise UserError(
                f"task {task}: '{printable(relation)}' in line {row.line} of column '{column}' is no relation such as "
                f"= or >; check tasks.{task}.relation"
            )
    return [relation != "=" for relation in found]


def warnings_beside(names: Sequence[str], rows: Sequence[Row], settings: Mapping[str, Any]) -> list[str]:
    """Return warnings from columns that no setting names, if they suggest that labels need qualification.

    Args:
        names: columns of the table.
        rows: with a molecule and a label.
        settings: of the task.
    """
    if settings["kind"] != "regression" or not rows:
        return []
    read = {str(settings["smiles"]), str(settings.get("relation")), *map(str, settings["labels"])}
    others = [name for name in dict.fromkeys(names) if name not in read]
    found = [] if "relation" in settings else list(told_bounds(others, rows))
    return found + list(told_units(others, rows))


def told_bounds(names: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """Yield a warning for each column whose cells are all relations, some of them bounds."""
    for name in names:
        bounds: list[tuple[str, int]] = []
        for row in rows:
            relation = relation_of(row.cells.get(name))
            if relation != "=" and relation not in BOUNDS:
                break
            bounds += [(relation, row.line)] if relation != "=" else []
        else:
            if bounds:
                yield (
                    f"column '{printable(name)}' has relations ('{bounds[0][0]}' in line {bounds[0][1]}, {len(bounds)} "
                    f"of {len(rows)} labels are no exact values), but labels are read as exact; if it is about them, "
                    "name it as `relation`"
                )


def told_units(names: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """Yield a warning for each column of units that names more than one."""
    for name in names:
        if UNITS.search(name):
            units = Counter(str(row.cells.get(name)).strip() for row in rows if not is_missing(row.cells.get(name)))
            if len(units) > 1:
                shown = ", ".join(f"{printable(unit)} ({count})" for unit, count in units.most_common(3))
                yield (
                    f"column '{printable(name)}' names {len(units)} units ({shown}), but labels are read as if of one; "
                    "if it is about them, keep the rows of one unit"
                )
