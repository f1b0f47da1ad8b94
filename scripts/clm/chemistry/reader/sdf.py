"""Structure-data files: the mol block and the data fields of each record, as text."""

import re
from collections.abc import Iterator
from typing import IO

from clm.chemistry.reader.text import Lines

FIELD = re.compile(r"^>.*?<([^>]*)>")
STRUCTURE = "structure"  # the name of the column that holds the mol block
END = "M  END"


def sdf_records(stream: IO[bytes]) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Yield (number of the first line, mol block, data fields) of each record.

    Lines of a value of several lines are joined by a line break. What follows the last `$$$$` is a record of its own
    when it has a mol block.
    """
    lines = Lines(stream)
    first, held = 1, []
    for line in lines:
        if line.rstrip() == b"$$$$":
            yield first, *parts(held)
            first, held = lines.number + 1, []
        else:
            held.append(line.decode("utf-8", "replace"))
    if any(line.startswith(END) for line in held):
        yield first, *parts(held)


def parts(lines: list[str]) -> tuple[str, dict[str, str]]:
    """Return the mol block of a record and its data fields."""
    stop = next((i + 1 for i, line in enumerate(lines) if line.startswith(END)), len(lines))
    fields: dict[str, str] = {}
    name = None
    for line in lines[stop:]:
        header = FIELD.match(line)
        if header:
            name = header.group(1).strip()
            fields[name] = ""
        elif not line.strip():
            name = None
        elif name is not None:
            fields[name] = f"{fields[name]}\n{line}".strip()
    return "\n".join(lines[:stop]), fields


def is_mol_block(text: str) -> bool:
    """Whether a text is a mol block rather than a SMILES."""
    return END in text and "\n" in text
