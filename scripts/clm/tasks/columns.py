"""The columns that a task reads from its table."""

from collections.abc import Mapping, Sequence
from typing import Any

from clm.chemistry.reader.messages import listed, look_alikes
from clm.chemistry.reader.sdf import STRUCTURE
from clm.provenance.command import UserError
from clm.tasks.labels import as_list
from clm.tasks.table import COLUMNS, ID, TIME


def smiles_column(names: Sequence[str], settings: Mapping[str, Any]) -> str:
    """Return the column of the molecules: in an SDF the structure, unless a data field has the given name."""
    wanted = str(settings["smiles"])
    return STRUCTURE if wanted not in names and STRUCTURE in names else wanted


def carried_columns(settings: Mapping[str, Any]) -> list[str]:
    """Return the columns that are passed through: those of `id`, then that of `time`."""
    return [*map(str, as_list(settings.get("id"))), *as_list(settings.get("time"))]


def wanted_columns(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of all columns that are read, or their numbers if the table has no header."""
    relation = map(str, as_list(settings.get("relation")))
    return [str(settings["smiles"]), *map(str, settings["labels"]), *relation, *carried_columns(settings)]


def check_columns(
    names: Sequence[str], settings: Mapping[str, Any], task: str, member: str | None = None, smiles: str | None = None
) -> None:
    """Raise UserError if a configured column is absent or a label has a reserved name.

    Args:
        names: columns of the table.
        settings: of the task.
        task: its name, for messages.
        member: name in the archive, for messages.
        smiles: the column of the molecules, if it is that of the preceding member.
    """
    wanted = [smiles or smiles_column(names, settings), *wanted_columns(settings)[1:]]
    absent = [column for column in wanted if column not in names]
    if absent:
        place = f", member '{member}'" if member else ""
        foreign = "" if all(map(str.isascii, names)) else " `encoding`,"
        raise UserError(
            f"task {task}{place}: no column {', '.join(map(repr, absent))}; the table has: {listed(names)}"
            f"{look_alikes(absent, names)}; change{foreign} `smiles`, `labels` or `separator`"
        )
    further = as_list(settings.get("id"))[1:]
    ours = (*COLUMNS, ID, TIME) if "time" in settings else (*COLUMNS, ID)
    taken = [name for name in (*settings["labels"], *further) if name in ours]
    taken += [name for name in further if name in settings["labels"]]
    if taken:
        raise UserError(
            f"task {task}: a label, or a column carried through, cannot be called {', '.join(taken)}; rename the "
            "column of the table"
        )
